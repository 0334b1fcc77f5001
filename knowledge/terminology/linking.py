"""Text to coded mentions with any lexicon: matches, meanings by context, assertion, side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from clinigraph.errors import InputTooLarge
from clinigraph.knowledge.terminology.assertion import ContextRules, default_rules, in_section, sections
from clinigraph.knowledge.terminology.contract import MAX_CHARACTERS, Candidate, Mention
from clinigraph.knowledge.terminology.laterality import side_of
from clinigraph.knowledge.terminology.lexicon import Lexicon, Meaning
from clinigraph.knowledge.terminology.matching import Match, matches, score_of
from clinigraph.knowledge.terminology.normal import WordCache, fold, normal_name
from clinigraph.knowledge.terminology.tokens import sentences, tokens
from clinigraph.knowledge.terminology.vocabularies import Coded
from clinigraph.models.codes import Concept
from clinigraph.models.passages import Span

MAX_CANDIDATES = 8
ENOUGH = 0.5
"""A meaning of everyday words is taken from here on; see ``data/everyday.tsv``."""
PER_NEIGHBOUR = 0.3
NEIGHBOURHOOD = 300
"""Characters on either side in which context words are looked for."""

_IN_BRACKETS = re.compile(r"\(([A-Z][A-Za-z]{0,6}[A-Z])s?\)")
_WORDS = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class Linker:
    """Links text with one lexicon.

    Args:
        lexicon: Where names are looked up.
        rules: Rules of assertion; the shipped ones when None.
    """

    def __init__(self, lexicon: Lexicon, rules: ContextRules | None = None) -> None:
        self._lexicon = lexicon
        self._rules = rules or default_rules()
        self._cache = WordCache()

    def link(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions of a text in order.

        Raises:
            InputTooLarge: The text is longer than ``MAX_CHARACTERS``.
        """
        if len(text) > MAX_CHARACTERS:
            raise InputTooLarge(
                "The text is too long to link",
                given=f"{len(text):,} characters",
                todo=f"Give at most {MAX_CHARACTERS:,} at a time.",
            )
        stretches = sections(text)
        short = self._defined(text)
        found: list[Mention] = []
        for sentence in sentences(text):
            words = tokens(text, sentence, self._cache)
            here = [(m, c) for m in matches(text, words, self._lexicon) if (c := self._candidates(text, m))]
            here += _uses(text, sentence.start, sentence.end, short, [m for m, _ in here])
            if not here:
                continue
            cues = self._rules.cues(text, sentence)
            for match, candidates in sorted(here, key=lambda pair: (pair[0].start, pair[0].end)):
                judgement = in_section(self._rules.judge(match.start, match.end, cues), match.start, stretches)
                found.append(
                    Mention(
                        text=text[match.start : match.end],
                        span=Span(start=match.start, end=match.end),
                        candidates=candidates,
                        assertion=judgement.assertion,
                        cue=judgement.cue,
                        negated=judgement.negated,
                        laterality=side_of(text, match.start, match.end, sentence.start, sentence.end),
                    )
                )
        return tuple(found)

    def lookup(self, name: str) -> tuple[Candidate, ...]:
        """Return the concepts of a name, best first."""
        key = normal_name(name[:1000], self._cache).key
        rows = self._lexicon.rows([key]).get(key, []) if key else []
        scored = [(r.concept, score_of(r, name, 1.0), r.name) for r in rows]
        scored += [(m.concept, m.prior, m.words) for m in self._lexicon.meanings(key) if m.prior >= ENOUGH]
        return _ranked(scored)

    def _candidates(self, text: str, match: Match) -> tuple[Candidate, ...]:
        surface = text[match.start : match.end]
        meanings = self._lexicon.meanings(match.key)
        by_context = any(m.words == surface and m.words.isupper() for m in meanings)
        rows = [] if by_context else match.rows
        scored = [(r.concept, score_of(r, surface, match.factor), r.name) for r in rows]
        for meaning in meanings:
            score = _meaning_score(meaning, surface, text, match)
            if score >= ENOUGH:
                scored.append((meaning.concept, min(0.95, score) * match.factor, meaning.words))
        return _ranked(scored)

    def _defined(self, text: str) -> Mapping[str, tuple[Candidate, ...]]:
        """Return abbreviations that the text itself explains: ``ductal carcinoma in situ (DCIS)``."""
        found: dict[str, tuple[Candidate, ...]] = {}
        for match in _IN_BRACKETS.finditer(text):
            long = _long_form(text[max(0, match.start() - 120) : match.start()], match.group(1))
            candidates = self.lookup(long) if long else ()
            if candidates:
                found.setdefault(match.group(1), candidates)
        return found


def _uses(
    text: str, start: int, end: int, short: Mapping[str, tuple[Candidate, ...]], taken: Sequence[Match]
) -> list[tuple[Match, tuple[Candidate, ...]]]:
    found = []
    for word, candidates in short.items():
        for use in re.finditer(rf"\b{re.escape(word)}\b", text[start:end]):
            a, b = start + use.start(), start + use.end()
            if all(b <= m.start or a >= m.end for m in taken):
                found.append((Match(a, b, word, (), 1.0, 1), candidates))
    return found


def _long_form(before: str, letters: str) -> str:
    """Return the words before a bracket whose first letters spell the abbreviation, or an empty string.

    The last ``len(letters)`` to ``2 * len(letters)`` words are tried, small words may be passed over (a plain form of
    Schwartz and Hearst 2003, Pac Symp Biocomput 451-462).
    """
    words = [(m.start(), m.group()) for m in _WORDS.finditer(before)]
    wanted = letters.lower()
    for count in range(len(wanted), 2 * len(wanted) + 1):
        tail = words[-count:]
        initials = "".join(w[0].lower() for _, w in tail)
        content = "".join(w[0].lower() for _, w in tail if len(w) > 3 or w[0].lower() in wanted)
        if len(tail) == count and wanted in (initials, content):
            return before[tail[0][0] :].strip()
    return ""


def _meaning_score(meaning: Meaning, surface: str, text: str, match: Match) -> float:
    if meaning.words.isupper() and surface != meaning.words:
        return 0.0
    if not meaning.context:
        return meaning.prior
    around = fold(text[max(0, match.start - NEIGHBOURHOOD) : match.start] + " " + text[match.end :][:NEIGHBOURHOOD])
    near = set(_WORDS.findall(around))
    hits = sum(1 for word in meaning.context if word in near or f"{word}s" in near)
    return meaning.prior + PER_NEIGHBOUR * min(2, hits)


def _ranked(scored: Iterable[tuple[Coded, float, str]]) -> tuple[Candidate, ...]:
    best: dict[tuple[str, str], Candidate] = {}
    for concept, score, name in scored:
        key = (concept.scheme, concept.code)
        if key not in best or best[key].score < score:
            best[key] = Candidate(
                concept=Concept(value=concept.code, scheme=concept.scheme, meaning=concept.meaning),
                cui=concept.cui,
                score=round(score, 4),
                matched=name,
            )
    return tuple(sorted(best.values(), key=lambda c: (-c.score, c.concept.value))[:MAX_CANDIDATES])
