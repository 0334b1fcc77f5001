"""Ordinary wording of true things is not convicted, and the same wording of false things does not pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import ImageNode
from clinigraph.models.imaging import ImageRole
from clinigraph.testing.world import World

S, C, OPEN = "SUPPORTED", "CONTRADICTED", "UNVERIFIABLE"


@pytest.fixture(scope="module")
def record(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    facts = (
        Fact(name="pressure", value=25.0, unit="mm[Hg]", laterality=Laterality.LEFT),
        Fact(name="age", value=61.0, unit="a"), Fact(name="sex", value="female"), Fact(name="smoker", value=True),
        Fact(name="fever", value=False), Fact(name="finding_chest_pain", value=False),
        Fact(name="finding_progressive_weakness", value=True), Fact(name="family_history_glaucoma", value=True),
        Fact(name="creatinine", value=1.1, unit="mg/dL"), Fact(name="weight", value=80.0, unit="kg"),
        Fact(name="height", value=180.0, unit="cm"),
        Fact(name="systolic_blood_pressure", value=128.0, unit="mm[Hg]"),
        Fact(name="diastolic_blood_pressure", value=76.0, unit="mm[Hg]"),
    )  # fmt: skip
    made = type(bench)(World(Path(tmp_path_factory.mktemp("record")), facts=facts))
    return made, made.case()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Blood pressure is 128/76 mmHg.", S), ("BP 128/76.", S), ("BP: 128/76 mm Hg", S),
        ("Blood pressure is 128/67 mmHg.", C), ("BP 76/128.", C), ("BP 128/76 kPa.", C),
        ("The patient weighs 80 kg.", S), ("The patient weighs 80 pounds.", C), ("The patient weighs 88 kg.", C),
        ("The patient is 1.80 m tall.", S), ("The patient is 1.60 m tall.", C),
        ("Creatinine is 97 µmol/L.", S), ("Creatinine is 110 µmol/L.", C), ("Creatinine is 1.1 mmol/L.", C),
        ("Creatinine is above 80 µmol/L.", S), ("Creatinine is above 120 µmol/L.", C),
        ("The patient smokes.", S), ("The patient does not smoke.", C), ("The patient is a non-smoker.", C),
        ("Afebrile.", S), ("The patient has fever.", C), ("There is no chest pain.", S), ("Chest pain is present.", C),
        ("There is a family history of glaucoma.", S), ("There is no family history of glaucoma.", C),
        ("Family history is positive for glaucoma.", S), ("He weighs 80 kg and is 180 cm tall.", C),
        ("She weighs 80 kg and is 180 cm tall.", S), ("She weighs 180 kg and is 80 cm tall.", C),
        ("A 61-year-old female smoker.", S), ("A 61-year-old female non-smoker.", C),
        ("Systolic blood pressure 128 mmHg, diastolic 76 mmHg.", S),
        ("Systolic blood pressure 76 mmHg, diastolic 128 mmHg.", C),
        ("She has no fever and no chest pain.", S), ("Neither fever nor chest pain is present.", S),
        ("Neither fever nor progressive weakness is present.", C),
        ("Progressive weakness is present.", S), ("There is no progressive weakness.", C),
    ],
)  # fmt: skip
def test_the_record_is_told_in_plain_words(record: Any, text: str, verdict: str) -> None:
    bench, case = record
    assert {v for v, _ in bench.codes(case, text)} == {verdict}, [c.explanation for c in bench.read(case, text)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The pressure is 25 mmHg.", S), ("The pressure in the left eye is 25 mmHg.", S),
        ("The pressure in the right eye is 25 mmHg.", C), ("The blood pressure is 25 mmHg.", OPEN),
        ("The vitreous pressure is 25 mmHg.", OPEN),
        ("The upper limit of normal pressure is 21 mmHg.", S), ("The upper limit of normal pressure is 24 mmHg.", C),
        ("The lower limit of normal pressure is 21 mmHg.", C),
        ("The weighted score is 0.75, above the threshold of 0.4.", None),
        ("Both the size of the thing and the pressure meet their criteria.", S),
        ("Neither the size of the thing nor the pressure meets its criterion.", C),
        ("Both the size of the thing and the pressure are high.", S),
        ("The size of the thing and the pressure are high.", S),
        ("Neither the size of the thing nor the pressure is high.", C),
        ("High pressure and large size of the thing.", S), ("High pressure and normal size of the thing.", C),
        ("The size of the thing does not reach 0.95.", S), ("The size of the thing does not reach 0.7.", C),
        ("The pressure of 25 mmHg (normal up to 21 mmHg) is raised.", S),
        ("The pressure of 25 mmHg (normal up to 24 mmHg) is raised.", C),
        ("The pressure of 25 mmHg (normal above 21 mmHg) is raised.", C),
        ("The patient is 61.", S), ("The patient is 16.", C), ("The patient is 61 mmHg.", "UNSUPPORTED"),
        ("Thingness is likely.", OPEN), ("There are signs of thingness.", S), ("There are no signs of thingness.", C),
        ("No criterion was met.", C), ("One indicator could not be assessed.", S),
        ("Two indicators could not be assessed.", C),
        ("No earlier photograph is available for comparison.", S),
        ("Something else was not assessed.", OPEN),
    ],
)  # fmt: skip
def test_the_case_is_told_in_plain_words(bench: Any, text: str, verdict: str | None) -> None:
    found = {v for v, _ in bench.codes(bench.case(), text)}
    assert found == {verdict} if verdict else found, [c.explanation for c in bench.read(bench.case(), text)]


@pytest.fixture(scope="module")
def followed(bench: Any) -> Any:
    image = bench.node("img-1").value
    old = image.replace(id=EvidenceId("img-0"), role=ImageRole.PRIOR)
    then = bench.measured(0.7, node_id="measurement-size-then", image_id="img-0")
    now = bench.measured(0.9, image_id="img-1")
    return bench.case(ImageNode(id=old.id, value=old), then, now)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The size of the thing has increased from 0.70 to 0.90.", S),
        ("The size of the thing has increased since the prior examination.", S),
        ("The size of the thing was 0.70 at the prior examination.", S),
        ("Compared with the prior image, the size of the thing is larger.", S),
        ("The size of the thing grew by 0.2.", S),
        ("The size of the thing has decreased from 0.90 to 0.70.", C),
        ("The size of the thing increased from 0.60 to 0.90.", C),
        ("The size of the thing increased from 0.70 to 0.80.", C),
        ("The size of the thing was 0.90 at the prior examination.", C),
        ("Compared with the prior image, the size of the thing is smaller.", C),
        ("The size of the thing grew by 0.3.", C),
        ("The size of the thing grew by 29 %.", S),
        ("The size of the thing grew by 20 %.", C),
        ("The previous size of the thing was 0.70.", S),
        ("The previous size of the thing was 0.90.", C),
        ("The size of the thing is now 0.90, previously 0.70.", S),
        ("The size of the thing is now 0.70, previously 0.90.", C),
        ("The size of the thing is larger than on the previous image.", S),
        ("The size of the thing is smaller than on the previous image.", C),
        ("No earlier photograph is available.", C),
    ],
)
def test_then_and_now_are_told_apart(bench: Any, followed: Any, text: str, verdict: str) -> None:
    assert {v for v, _ in bench.codes(followed, text)} == {verdict}, [c.explanation for c in bench.read(followed, text)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("By the Clinigraph guideline the size of the thing is large.", C),
        ("By the Clinigraph guideline a size of the thing of at least 0.7 is large.", S),
        ("By the Clinigraph guideline a size of the thing of at least 0.8 is large.", C),
    ],
)
def test_a_source_makes_no_patient_s_value_high(bench: Any, text: str, verdict: str) -> None:
    case = bench.case(bench.measured(0.5))
    assert verdict in {v for v, _ in bench.codes(case, text)}, [c.explanation for c in bench.read(case, text)]
