"""Inputs that MedCalc-Bench (Khandekar et al. 2024) states in another form than the project's calculators take them.

Each rule is that of the set's own calculators: which weight goes into Cockcroft-Gault, what counts as a risk factor of
the HEART score, from which value a number becomes a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from clinigraph.evals.agenteval.medcalc_units import fact_of
from clinigraph.models.case import Fact
from clinigraph.tools.calculators.contract import CalculatorRefusal, Quantity

Entities = Mapping[str, JsonValue]
"""Name in lower case -> value."""
_HEART_FACTORS = (
    "hypertension history",
    "hypercholesterolemia",
    "diabetes mellitus",
    "obesity",
    "smoking",
    "parent or sibling with cardiovascular disease before age 65",
    "atherosclerotic disease",
)
_WEIGHT = Quantity("weight", "kg", 20, 400)
_HEIGHT = Quantity("height", "cm", 80, 250)
_CREATININE = Quantity("creatinine", "mg/dL", 0.1, 30, molar_mass=113.12)


def heart_factors(entities: Entities) -> dict[str, Fact]:
    """Return the number of risk factors; atherosclerotic disease is one of them, as the set counts."""
    count = sum(entities.get(name) is True for name in _HEART_FACTORS)
    return {
        "number_of_risk_factors": Fact(name="number_of_risk_factors", value=float(count), unit="1"),
        "atherosclerotic_disease": Fact(name="atherosclerotic_disease", value=False),
    }


def no_cough(entities: Entities) -> dict[str, Fact]:
    """Return whether there is a cough; where the set does not state its absence, there is one."""
    return {"cough": Fact(name="cough", value=entities.get("cough absent") is not True)}


def high_creatinine(entities: Entities) -> dict[str, Fact]:
    """Return whether the creatinine before the operation is above 2 mg/dL."""
    given = entities.get("pre-operative creatinine")
    over = given is not None and _in_unit(_CREATININE, given) > 2
    return {"creatinine_over_2_mg_dl": Fact(name="creatinine_over_2_mg_dl", value=over)}


def many_drinks(entities: Entities) -> dict[str, Fact]:
    """Return whether eight drinks a week or more are taken (HAS-BLED; Pisters 2010)."""
    given = entities.get("number of alcoholic drinks per week")
    number = given[0] if isinstance(given, list) and given else given
    try:
        value = float(str(number or 0)) >= 8
    except ValueError as error:
        raise CalculatorRefusal("the number of drinks cannot be read") from error
    return {"alcohol_excess": Fact(name="alcohol_excess", value=value)}


def dosing_weight(entities: Entities) -> dict[str, Fact]:
    """Return the weight for Cockcroft-Gault as the set chooses it.

    Below a body mass index of 18.5 the weight itself, up to 24.9 the smaller of ideal (Devine 1974) and actual weight,
    above that the ideal weight and 40 % of the excess.
    """
    weight, height = _in_unit(_WEIGHT, entities.get("weight")), _in_unit(_HEIGHT, entities.get("height"))
    index = round(weight / (height / 100) ** 2, 3)
    ideal = (50.0 if str(entities.get("sex")).casefold() == "male" else 45.5) + 2.3 * (height / 2.54 - 60)
    chosen = weight if index < 18.5 else min(ideal, weight) if index <= 24.9 else ideal + 0.4 * (weight - ideal)
    return {"weight": Fact(name="weight", value=chosen, unit="kg")}


def steroids(entities: Entities) -> dict[str, Fact]:
    """Return drugs and dose; the set writes drug, dose and unit in one list and the route behind the name."""
    given = entities.get("input steroid")
    if not isinstance(given, list) or len(given) != 3:
        raise CalculatorRefusal("the steroid is not given as drug, dose and unit")
    dose = fact_of(Quantity("steroid_dose", "mg", 0.01, 5000), [given[1], given[2]], {})
    return {
        "steroid_dose": dose,
        "steroid_from": Fact(name="steroid_from", value=_drug(given[0])),
        "steroid_to": Fact(name="steroid_to", value=_drug(entities.get("target steroid"))),
    }


def _drug(name: JsonValue) -> str:
    return str(name).casefold().rsplit(" ", 1)[0] if str(name).endswith((" PO", " IV")) else str(name).casefold()


def _in_unit(target: Quantity, value: JsonValue) -> float:
    """Return a value in the unit of a calculator's input."""
    from clinigraph.intake.units import WrongDimensionError, convert

    fact = fact_of(target, value, {})
    number, unit = float(str(fact.value)), str(fact.unit)
    try:
        return (
            number if unit == target.unit else float(convert(number, unit, target.unit, molar_mass=target.molar_mass))
        )
    except WrongDimensionError as error:
        raise CalculatorRefusal(f"{target.name} cannot be converted") from error


DERIVED: Mapping[str, Callable[[Entities], dict[str, Fact]]] = {
    "heart_factors": heart_factors,
    "no_cough": no_cough,
    "high_creatinine": high_creatinine,
    "many_drinks": many_drinks,
    "dosing_weight": dosing_weight,
    "steroids": steroids,
}
"""Name in ``medcalc.yaml`` -> rule."""
