"""Choices and yes or no, taken from what a model wrote; never a letter guessed from a word.

A letter counts where it is declared (JSON, a LaTeX box, "the answer is", "so C", "C is correct"), where it labels the
start of the answer ("C. Aspirin"), where one option's own words stand alone, or where exactly one option is spoken of.
The article "a", "vitamin D", "hepatitis B" and "E. coli" are words. Numbers are read by ``clinigraph.evals.numbers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from clinigraph.evals.answertext import (
    ABSTAINED,
    NONE,
    Extracted,
    abstains,
    answered,
    cleaned,
    slots,
    squeezed,
    unreadable,
)

_SEVERAL = "several"
_SPECIES = (
    "coli|difficile|diff|aureus|pylori|epidermidis|pneumoniae|influenzae|burgdorferi|trachomatis|gonorrhoeae|jejuni|"
    "meningitidis|albicans|neoformans|jirovecii|cereus|botulinum|tetani|perfringens|histolytica|lamblia|henselae|"
    "pertussis|anthracis|fragilis|faecalis|faecium|viridans|pyogenes|agalactiae|typhi|cholerae|vulnificus|pestis|"
    "burnetii|rickettsii|falciparum|vivax|gondii|dermatitidis|immitis|capsulatum|fumigatus|vaginalis|leprae|"
    "tuberculosis|israelii|catarrhalis|mirabilis|aeruginosa|marcescens|psittaci|pallidum|saprophyticus|bovis"
)
_LABEL = re.compile(
    r"^[\s\"'“(\[{<$:\-–]*(?:(?:the\s+)?(?:option|choice|letter|answer)\b[\s:(\[\"']*)?"
    r"(?P<letter>[A-Za-z])(?!\w|['’]\w)(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_MORE = re.compile(
    r"^[\s)\]}.\"']*(?:,|/|&|\+|\band\b|\bor\b)\s*(?:and\s+|or\s+|maybe\s+)?(?:option\s+)?[(\[]?(?P<next>[A-Z])(?![\w'’-])"
)
_ENDS = re.compile(r"^\s*[)\]}>\"'”$]*\s*(?:$|\n|[.,;:!)\]}<]|\?(?!\s*\w{1,2}\b)|[-–—]\s|[–—]|/\s*[a-z])")
_JOINS = re.compile(
    r"^[)\]}\"'”]*\s+(?:because|since|as|for|due|which|is|was|based|given|but|in|on|with|would|seems|here|overall|if|not|"
    r"rather|this|\(|=|fits|best|explains|matches|accounts)"
)
_COMMIT = re.compile(
    r"(?i:\b(?:so|thus|therefore|hence|leaving|leaves|left with|must be|has to be|it is|it's|that's|choose|pick|select|"
    r"go with|going with|lean(?:ing)? towards?|(?:that|it) would be|guess(?:ing)?(?: would be| is)?|"
    r"chose|prefer|selected|opt for|settle on|stick with|say|only)\b[\s:,]*(?:(?:it|this)(?:'s| is| must be)\s+)?"
    r"(?:only\s+|with\s+|the\s+)?)(?=(?:option\s+|choice\s+|answer\s+|letter\s+)?[(\[\"']?[A-Z](?![\w'’]))"
)
_PRAISED = re.compile(
    r"(?<![\w'’])(?P<letter>[A-Z])[)\].\"']*\s*(?:(?:is|seems|looks|appears|would be|must be|:|=|-)\s*)"
    r"(?:(?:to be|clearly|probably|most likely|indeed|therefore|thus|definitely)\s+)*(?:the\s+)?(?:single\s+|only\s+)?"
    r"(?:most\s+)?(?:\b(?:correct|right|best|answer|appropriate|likely|one)\b)"
    r"|(?<![\w'’])(?P<fitting>[A-Z])[)\].\"']*\s+(?:best\s+(?:fits|explains|matches|describes|answers|suits|accounts)\b"
    r"|(?:fits|explains|matches|suits|describes)\b[^.\n]{0,40}\bbest\b|it is\b)",
)
_NAMED = re.compile(
    r"(?:hepatitis|vitamins?|group|type|class|factor|stage|grade|influenza|cell|protein|complement|immunoglobulin|strain|"
    r"serogroup|serotype|child-pugh|lead|haemophilia|hemophilia|vaccine|blood|coenzyme|cyclin|vasculitis|botulinum|toxin|"
    r"section|figure|table|part|panel|image|patient|case|arm)[\s-]+$",
    re.IGNORECASE,
)
"""Nouns that make a letter behind them a name."""
_OPEN_PRAISE = re.compile(r"\b(?:if|whether|that|neither|and|or)\s+$")
_NONE = re.compile(
    r"\bnone of (?:the (?:above|options|choices|answers|given|listed|four|five)|these|them)\b"
    r"|\bno option (?:is|fits)\b",
    re.I,
)
_BLAMED = re.compile(
    r"^\s*[)\].:]*\s*(?:is|was|are|seems|looks)?\s*(?:\w+\s+)?(?:wrong|incorrect|not|false|excluded|unlikely|ruled)",
    re.I,
)
_MENTION = re.compile(
    r"(?<!not )(?<!than )(?<!unlike )\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+[(\[\"']?([A-Z])(?![\w'’-])(?P<rest>.{0,40})"
    r"|(?<!\w)\(([A-Z])\)(?P<rest2>.{0,40})"
)
_BEFORE_BLAMED = re.compile(
    r"(?:not|n't|rules? out|ruled out|exclude[sd]?|eliminate[sd]?|reject(?:ed)?|unlike|than|except)\W+(?:\w+\W+)?$",
    re.I,
)


def choice(text: str, letters: Sequence[str], options: Mapping[str, str] | None = None) -> Extracted:
    """Return the letter that an answer chooses.

    Args:
        text: What the model wrote.
        letters: Letters of the options, in upper case.
        options: Their texts by letter; an answer may give the text alone.

    Example:
        >>> choice("B is wrong, so C", "ABCD").text
        'C'
    """
    body, known, texts = cleaned(text), tuple(letters), dict(options or {})
    for found in (*_declared(body, known, texts), *_committed(body, known, texts)):
        if found is not None:
            return found
    label = _judged(body, known) or _labelled(body, known, texts)
    if label is not None:
        return label
    if _NONE.search(body) or squeezed(body) in ("none", "neither"):
        return _none(texts)
    if abstains(body):
        return ABSTAINED
    return _by_text(body, texts) or _mentioned(body, known)


def _declared(body: str, letters: tuple[str, ...], options: Mapping[str, str]) -> Iterator[Extracted | None]:
    for slot in slots(body):
        yield _slot(slot, letters, options)


def _slot(slot: str, letters: tuple[str, ...], options: Mapping[str, str]) -> Extracted | None:
    found = _letter_at(slot, letters, options)
    if found == _SEVERAL:
        return unreadable("several letters")
    if found:
        return answered(found)
    head = re.split(r"[\n;]|\.\s|\.$", slot.strip(), maxsplit=1)[0]
    if not head:
        return None
    if _NONE.match(head) or head.casefold().strip(" .\"'") in ("none", "neither"):
        return _none(options)
    if abstains(head):
        return ABSTAINED
    return _by_text(head, options)


def _letter_at(slot: str, letters: tuple[str, ...], options: Mapping[str, str]) -> str:
    """Return the letter at the start of a slot, ``several``, or nothing."""
    slot = re.sub(r"^\s*(?:both|either)\s+", "", slot, flags=re.IGNORECASE)
    match = _LABEL.match(slot)
    if match is None or match["letter"].upper() not in letters:
        return ""
    raw, rest = match["letter"], match["rest"]
    word = raw.islower() and not re.match(r"^\s*[)\]}.\"'$]*\s*(?:$|\n|[)\]]\s)", rest)
    blamed = _BLAMED.match(rest) and not re.match(r"^\s*[,;]?\s*not\b", rest)
    if word or blamed or re.match(rf"^\.?\s*(?:{_SPECIES})\b", rest):
        return ""
    more = _MORE.match(rest)
    if more and more["next"] in letters and more["next"] != raw.upper():
        return _SEVERAL
    own = squeezed(options.get(raw.upper(), ""))
    closed = _ENDS.match(rest) or _JOINS.match(rest) or (own and squeezed(rest).startswith(own))
    return raw.upper() if closed else ""


def _none(options: Mapping[str, str]) -> Extracted:
    """Return the option that says "none of the above", where there is one."""
    said = [letter for letter, text in options.items() if _NONE.search(text) or squeezed(text) == "none"]
    return answered(said[0]) if len(said) == 1 else NONE


def _committed(body: str, letters: tuple[str, ...], options: Mapping[str, str]) -> Iterator[Extracted | None]:
    claims: list[tuple[int, str]] = []
    for match in _COMMIT.finditer(body):
        found = _letter_at(body[match.end() :], letters, options)
        if found and not re.search(
            r"(?:not|n't|never)\s+(?:\w+\s+)?$", body[max(0, match.start() - 16) : match.start()]
        ):
            claims.append((match.end(), found))
    for match in _PRAISED.finditer(body):
        before, letter = body[: match.start()], match["letter"] or match["fitting"]
        if letter in letters and not _OPEN_PRAISE.search(before) and not _NAMED.search(before):
            claims.append((match.start(), letter))
    if claims:
        last = max(claims)[1]
        yield unreadable("several letters") if last == _SEVERAL else answered(last)


def _labelled(body: str, letters: tuple[str, ...], options: Mapping[str, str]) -> Extracted | None:
    """Return the one label at the start of a line; a list of all options labels nothing."""
    found = {_letter_at(line, letters, options) for line in body.splitlines() if line.strip()} - {""}
    first = next((line for line in body.splitlines() if line.strip()), "")
    if _letter_at(first, letters, options) == _SEVERAL or len(found) > 1:
        return unreadable("several letters")
    return answered(found.pop()) if found and _SEVERAL not in found else None


_VERDICT = re.compile(
    r"^\W*(?:option\s+)?(?P<letter>[A-Za-z])[).:\]]*\s*(?:[-–—:=]\s*)?(?P<word>yes|no|true|false|correct|incorrect|right|wrong)\b[.!]?\s*$",
    re.IGNORECASE,
)


def _judged(body: str, letters: tuple[str, ...]) -> Extracted | None:
    """Return the one option that a list calls right, where each line judges one option."""
    found = [m for line in body.splitlines() if (m := _VERDICT.match(line)) and m["letter"].upper() in letters]
    if len(found) < 2:
        return None
    right = [m["letter"].upper() for m in found if m["word"].lower() in ("yes", "true", "correct", "right")]
    return answered(right[0]) if len(right) == 1 else unreadable("several letters")


def _by_text(body: str, options: Mapping[str, str]) -> Extracted | None:
    """Return the option whose own words stand in the answer, if it is the only one; longer texts hide shorter ones."""
    rest = f" {squeezed(body)} "
    found: list[str] = []
    for letter, text in sorted(options.items(), key=lambda item: -len(item[1])):
        words = f" {re.sub(r'^(?:an?|the) ', '', squeezed(text))} "
        at = rest.find(words) if words.strip() else -1
        if at >= 0:
            if not re.search(
                r"\b(?:not|no|never|neither|nor|without|rather than|instead of|unlike|excludes?|rules? out|ruled out|"
                r"avoid|stop|withhold|discontinue|against)(?: \w+)? ?$",
                rest[: at + 1],
            ):
                found.append(letter)
            rest = rest.replace(words, "  ")
    if len(found) > 1:
        return unreadable("several options")
    return answered(found[0]) if found else None


def _mentioned(body: str, letters: tuple[str, ...]) -> Extracted:
    spoken: set[str] = set()
    for match in _MENTION.finditer(body):
        letter, rest = match[1] or match[3], match["rest"] or match["rest2"] or ""
        blamed = _BLAMED.match(rest) or _BEFORE_BLAMED.search(body[: match.start()])
        if letter in letters and not blamed:
            spoken.add(letter)
    if len(spoken) == 1:
        return answered(spoken.pop())
    return unreadable("several letters" if spoken else "no letter was chosen")


_SURELY = (
    r"(?:(?:absolutely|definitely|certainly|clearly|probably|(?:most |very )?likely|almost certainly|i think|i believe|"
    r"i(?:'d| would) say|surely|of course|well|hmm|so)[\s,]+(?:it is\s+)?)?"
)
_WORD = re.compile(
    r"^[\s\"'“(\[{$:\-–]*" + _SURELY + r"(?P<word>yes|yeah|yep|yup|no|nope|nah|maybe|true|false)(?![\w-])"
    r"(?=[\s)\]}\"'”]*(?:$|[.,;:!?)\]}\n–—-]|(?:it|there|this|the|they|he|she|we|i|that|because|since|as|but|based|these|"
    r"not)\b))",
    re.IGNORECASE,
)
_BOTH = re.compile(r"^\W*(?:yes\s*(?:/|and|or)\s*no|no\s*(?:/|and|or)\s*yes)\b", re.IGNORECASE)
_NOT = re.compile(r"^\W*(?:absolutely|definitely|certainly|clearly|probably|surely|of course) not\W*$", re.IGNORECASE)
_AT_END = re.compile(r"[:–—]\s*(?P<word>yes|no)\W*$", re.IGNORECASE)
_SAID = {"true": "yes", "false": "no", "yeah": "yes", "yep": "yes", "yup": "yes", "nope": "no", "nah": "no"}


def yes_no(text: str, *, maybe: bool = False) -> Extracted:
    """Return yes, no or (where it is an option) maybe; a "no" inside a sentence is a word, not an answer.

    Args:
        text: What the model wrote.
        maybe: Whether maybe is an answer; where it is not, it is an abstention.

    Example:
        >>> yes_no("There is no doubt. Answer: yes").text
        'yes'
    """
    body = cleaned(text)
    lines = [line for line in body.splitlines() if line.strip()]
    for slot in (*slots(body), *lines[:1], *lines[-1:]):
        found = _word_at(slot, maybe=maybe)
        if found is not None:
            return found
    if abstains(body):
        return ABSTAINED
    return unreadable("neither yes nor no")


def _word_at(slot: str, *, maybe: bool) -> Extracted | None:
    if _BOTH.match(slot):
        return unreadable("both yes and no")
    match = _WORD.match(slot)
    if match is None and _NOT.match(slot.split("\n", 1)[0]):
        return answered("no")
    match = match or _AT_END.search(slot.split("\n", 1)[0])
    if match is None:
        return ABSTAINED if abstains(slot.split("\n", 1)[0][:60]) else None
    word = _SAID.get(match["word"].lower(), match["word"].lower())
    if word == "maybe" and not maybe:
        return ABSTAINED
    return answered(word)
