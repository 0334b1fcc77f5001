"""What a planner is shown, in few tokens: criteria that passages state, and the tools that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from clinigraph.agents.chaining import Chainer, NoChainError, Wanted
from clinigraph.agents.contract import CitedLibrary
from clinigraph.models.base import IndicatorId
from clinigraph.models.codes import Modality
from clinigraph.models.passages import Passage
from clinigraph.models.tooling import ToolSpec, ValueKind

MAX_CALCULATORS = 6
"""Most tools on facts of the record alone that are offered; those whose words fit best."""
_QUOTE = 180
_EVERYWHERE = frozenset(("adults", "children", "patients", "disease", "clinical", "diagnosis", "criteria", "criterion"))
"""Long words that say nothing of a topic."""
_ANSWERS = (ValueKind.MEASUREMENT, ValueKind.EVALUATION)


def criteria_lines(passages: Sequence[Passage], library: CitedLibrary) -> list[str]:
    """Return a line for each passage: id, the rule that it states if it does, and its beginning."""
    lines = []
    for passage in passages:
        stated = library.stated_criterion(passage.id)
        rule = ""
        if stated is not None:
            rule = f"{stated.indicator} {stated.comparator.value} {stated.threshold:g} {stated.unit}; "
        lines.append(f"[{passage.id}] {rule}{' '.join(passage.text.split())[:_QUOTE]}")
    return lines


def tool_lines(specs: Iterable[ToolSpec]) -> list[str]:
    """Return a line for each tool: name, what it does, outputs with their units."""
    lines = []
    for spec in specs:
        outputs = ", ".join(
            f"{name} [{port.unit}]" if port.unit else name
            for name, port in spec.outputs.items()
            if port.kind in _ANSWERS
        )
        lines.append(f"{spec.name}: {spec.description.split('. ')[0][:90]} Outputs: {outputs}")
    return lines


def usable(
    specs: Sequence[ToolSpec], unavailable: Mapping[str, str], modality: Modality, topic: str
) -> tuple[ToolSpec, ...]:
    """Return the tools that a plan for one kind of image may use: those that work here and lead to an answer.

    All of them are kept (a measuring tool needs its segmenter); calculators only where their words fit the topic.

    Args:
        specs: All tools.
        unavailable: Tool name -> why it cannot work here.
        modality: Kind of the image.
        topic: Condition and retrieved passages.
    """
    working = [s for s in specs if not unavailable.get(s.name)]
    fitting = [s for s in working if not s.modalities or modality in s.modalities]
    on_facts = [s for s in fitting if _facts_only(s) and set(s.inputs) != {"fact"}]
    words = _words(topic)
    shared = {s.name: len(_words(f"{s.name} {s.description}") & words) for s in on_facts}
    best = sorted((s for s in on_facts if shared[s.name]), key=lambda s: -shared[s.name])[:MAX_CALCULATORS]
    kept = [s for s in fitting if s not in on_facts or s in best]
    return tuple(s for s in kept if not _answers(s) or _chains(s, kept, modality))


def offers(specs: Iterable[ToolSpec]) -> tuple[ToolSpec, ...]:
    """Return the tools that answer something."""
    return tuple(s for s in specs if _answers(s))


def _answers(spec: ToolSpec) -> bool:
    return any(p.kind in _ANSWERS for p in spec.outputs.values())


def _chains(spec: ToolSpec, specs: Sequence[ToolSpec], modality: Modality) -> bool:
    output = next(n for n, p in spec.outputs.items() if p.kind in _ANSWERS)
    try:
        Chainer(specs, modality).steps([Wanted(indicator=IndicatorId("x"), tool=spec.name, output=output)])
    except NoChainError:
        return False
    return True


def _facts_only(spec: ToolSpec) -> bool:
    return bool(spec.inputs) and all(p.kind is ValueKind.FACT for p in spec.inputs.values())


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{6,}", text.lower().replace("_", " "))) - _EVERYWHERE
