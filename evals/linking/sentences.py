"""Hand-written sentences with marked targets: what is said of each, and on which side.

A target is written ``[words|assertion]`` or ``[words|assertion|side]``. The half ``blind`` was written before the rules
and never used to change them; ``tuned`` was used to find missing ones.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from clinigraph.evals.linking.counting import Counts
from clinigraph.knowledge.terminology.assertion import default_rules
from clinigraph.knowledge.terminology.contract import Assertion
from clinigraph.knowledge.terminology.laterality import side_of
from clinigraph.knowledge.terminology.tokens import sentences

FILE = Path(__file__).with_name("sentences.yaml")


@cache
def marked_sentences() -> Mapping[str, tuple[str, ...]]:
    """Return the halves with their marked sentences."""
    halves = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {str(name): tuple(lines) for name, lines in halves.items()}


@dataclass(frozen=True, slots=True)
class Target:
    """One marked stretch of a hand-written sentence."""

    start: int
    end: int
    assertion: str
    side: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is due and what was said of one target."""

    due: str
    said: str
    due_side: str
    said_side: str


_MARK = re.compile(r"\[([^\]|]+)\|(\w+)(?:\|(\w+))?\]")


def parse(marked: str) -> tuple[str, list[Target]]:
    """Return the sentence without marks, and its targets.

    Example:
        >>> parse("No [edema|absent] here.")
        ('No edema here.', [Target(start=3, end=8, assertion='absent', side='unknown')])
    """
    text, targets, place = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[place : mark.start()]
        targets.append(Target(len(text), len(text) + len(mark[1]), mark[2], mark[3] or "unknown"))
        text += mark[1]
        place = mark.end()
    return text + marked[place:], targets


def judge(marked: str) -> list[Judged]:
    """Judge the marked targets of one sentence by the rules."""
    rules = default_rules()
    text, targets = parse(marked)
    judged = []
    for target in targets:
        home = next(s for s in sentences(text) if s.start <= target.start < s.end)
        said = rules.judge(target.start, target.end, rules.cues(text, home)).assertion.value
        side = side_of(text, target.start, target.end, home.start, home.end).value
        judged.append(Judged(target.assertion, said, target.side, side))
    return judged


@dataclass
class SentenceScore:
    """Scores of a number of targets."""

    classes: dict[str, Counts] = field(default_factory=lambda: {a.value: Counts() for a in Assertion})
    sides: Counts = field(default_factory=Counts)
    targets: int = 0

    @property
    def f1(self) -> float:
        """Mean of the classes' F1."""
        return statistics.fmean(c.f1 for c in self.classes.values())

    @property
    def hits(self) -> int:
        """Targets judged right."""
        return sum(c.hit for c in self.classes.values())

    @property
    def accuracy(self) -> float:
        """Share of targets judged right; micro-averaged F1, as each target has one class."""
        return self.hits / max(1, self.targets)

    def add(self, judged: Judged) -> None:
        """Count one target."""
        self.targets += 1
        if judged.said == judged.due:
            self.classes[judged.due].hit += 1
        else:
            self.classes[judged.due].missed += 1
            if judged.said in self.classes:
                self.classes[judged.said].extra += 1
        if judged.said_side == judged.due_side:
            self.sides.hit += judged.due_side != "unknown"
        else:
            self.sides.extra += judged.said_side != "unknown"
            self.sides.missed += judged.due_side != "unknown"


def score_sentences(marked: Sequence[str]) -> SentenceScore:
    """Judge the marked targets by the rules and count."""
    score = SentenceScore()
    for line in marked:
        for judged in judge(line):
            score.add(judged)
    return score
