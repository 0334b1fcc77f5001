"""Side and anatomy in free wording, and claims about a body part that the images do not show."""

from __future__ import annotations

import re
from functools import lru_cache

from clinigraph.agents.claims.subjects import Hit, Subject
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import SHARE_OF, ProseContext
from clinigraph.agents.verification.side_words import SIDES
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.evidence import FindingNode, ImageNode, LabelMapNode, PassageNode
from clinigraph.models.reporting import ClaimKind

_ORGANS = {
    "eye": r"retinas?|retinal|optic (?:disc|disk|nerve|cup)|macula[er]?|fovea|fundus|cornea|iris|lens|vitreous|"
           r"choroid(?:al)?|"
           r"neuroretinal rim|eyes?|ocular|pupils?|sclera",
    "chest": r"lungs?|pulmonary|pleura[l]?|costophrenic|hil(?:um|ar|a)|mediastin(?:um|al)|diaphragms?|trachea[l]?|"
             r"ribs?|"
             r"clavicles?|thora(?:x|cic)|airspace|bronch(?:us|i|ial)|hemidiaphragm|chest",
    "heart": r"heart|cardiac|ventric(?:le|les|ular)|atri(?:um|al)|myocardi(?:um|al)|aort(?:a|ic)|pericardi(?:um|al)|"
             r"valves?|coronary|septum",
    "brain": r"brain|cerebr(?:al|um)|hippocamp(?:us|al|i)|cortex|cortical|intracranial|cerebell(?:um|ar)|skull",
    "abdomen": r"liver|hepatic|kidneys?|renal|spleen|splenic|pancrea(?:s|tic)|bowel|colon|stomach|gallbladder|bladder|"
               r"abdom(?:en|inal)",
    "skin": r"skin|naev(?:us|i)|nev(?:us|i)|dermal|epiderm(?:is|al)|mole",
    "breast": r"breasts?|mammary|nipple|axilla(?:ry)?",
    "neck": r"thyroid|parathyroid|parotid|larynx|carotids?",
    "fetus": r"fetal|foetal|fetus|foetus|placenta|amniotic|biparietal|femur length",
    "bone": r"hips?|knees?|femur|tibia|spine|vertebra[le]?|humerus|wrist|pelvi[cs]|joints?|fractures?",
}  # fmt: skip
_PATTERNS = {organ: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for organ, words in _ORGANS.items()}
_SHOWS = {
    Modality.FUNDUS: {"eye"}, Modality.CHEST_FILM: {"chest", "heart", "bone"}, Modality.DERMOSCOPY: {"skin"},
}  # fmt: skip
_SITES = re.compile(
    r"(?<![\w-])(?:(?:supero|infero)?(?:superior|inferior|nasal|temporal)(?:ly)?|"
    r"(?:upper|lower)(?! (?:than|limit|normal|bound|reference|end|one|value|number|reading|blood pressure))|"
    r"middle|medial|"
    r"lateral|anterior|posterior|apical|apex|basal|base|proximal|distal|central|peripheral|horizontal(?:ly)?|vertical(?:ly)?|lobe|"
    r"quadrant|sector)\b",
    re.IGNORECASE,
)


def organs(context: ProseContext) -> Outcome | None:
    """Refuse what is said about a body part that the images of the case do not show."""
    kinds = _kinds(context)
    shown = set().union(*(_SHOWS[k] for k in kinds)) if kinds and all(k in _SHOWS for k in kinds) else None
    named = {o for o, pattern in _PATTERNS.items() if _outside(context, pattern)} - _of_the_record(context)
    if shown is not None and named - shown and not named & shown:
        what = ", ".join(sorted(named - shown))
        images = ", ".join(sorted(k.label for k in kinds))
        return contradicted("modality.mismatch", f"The case is a {images}; the sentence speaks of: {what}.")
    other = _other_organ(context, named)
    if other is not None:
        return other
    site = context.find(_SITES)
    if site is not None and _all_named(context):
        site = None
    if site is not None and site.group().lower() in _NAMING and _in_a_name(context, site.group()):
        return unverifiable("anatomy.unread", f'What is meant by "{site.group().lower()}" cannot be told.')
    if site is not None:
        return unsupported("anatomy.unknown", f'The evidence does not single out "{site.group().lower()}".')
    return None


_NAMING = ("vertical", "horizontal")


def _all_named(context: ProseContext) -> bool:
    """Whether the places of a sentence are all those that the name of its subject holds, and no others."""
    said = {m.group().lower() for m in _SITES.finditer(context.text)}
    return any(said == {m.group().lower() for m in _SITES.finditer(s.name)} for s in context.subjects)


def _of_the_record(context: ProseContext) -> set[str]:
    """Return the body parts of what the record says, which no image needs to show."""
    facts = [s.name.lower() for s in context.subjects if s.fact is not None]
    found = {o for o, pattern in _PATTERNS.items() if any(pattern.search(f) for f in facts)}
    return found | ({"eye"} if any("ocular" in f for f in facts) else set())


def _in_a_name(context: ProseContext, word: str) -> bool:
    return any(word.lower() in s.name.lower().split() for s in context.index.subjects)


def _other_organ(context: ProseContext, named: set[str]) -> Outcome | None:
    """Refuse a value of one organ that is told of another, whatever the image shows."""
    if context.claim.kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION) or not context.quantities:
        return None
    own = {o for s in context.subjects for o, pattern in _PATTERNS.items() if pattern.search(s.name)}
    if own and named and not own & named:
        return contradicted("anatomy.other", f"The evidence is of the {' and '.join(sorted(own))}.")
    return None


def _outside(context: ProseContext, pattern: re.Pattern[str]) -> bool:
    return context.find(pattern) is not None


@lru_cache(maxsize=64)
def _label(text: str) -> Modality | None:
    return next((m for m in Modality if m.label in text), None)


def _kinds(context: ProseContext) -> set[Modality]:
    """Return what the images are, by header and by their pixels."""
    nodes = context.index.graph.nodes
    said = {n.value.modality for n in nodes if isinstance(n, ImageNode)} - {Modality.UNKNOWN}
    if not said:
        found = (_label(n.value.text) for n in nodes if isinstance(n, FindingNode) and n.id.startswith("finding-kind-"))
        said = {m for m in found if m is not None}
    return said


def image_kind(context: ProseContext) -> Outcome | None:
    """Check which kind of image a sentence says it is, and what was outlined on it."""
    if context.claim.kind is ClaimKind.RECOMMENDATION:
        return None
    kinds = _kinds(context)
    spans = []
    for modality, pattern in _MODALITIES:
        match = context.find(pattern)
        if match is None:
            continue
        if not kinds:
            return unsupported("modality.unknown", "The evidence does not say what kind of image it is.")
        if match.group().lower().startswith("echocardio") and not _told_of(context, match.group()):
            return contradicted("modality.mismatch", "The evidence speaks of no echocardiogram.")
        if modality not in kinds and not _SAYS_KIND.search(context.text) and _told_of(context, match.group()):
            return unverifiable("modality.told", "A cited source speaks of another kind of examination.")
        if modality not in kinds:
            images = ", ".join(sorted(k.label for k in kinds))
            return contradicted("modality.mismatch", f"The case is a {images}.")
        spans.append(match.span())
        if _seen_by_pixels(context, modality):
            spans += [m.span() for m in _BY_PIXELS.finditer(context.text)]
    spans += [
        m.span() for label in _outlined(context) for m in re.finditer(rf"\b{re.escape(label)}\b", context.text.lower())
    ]
    spans = [(a, b) for a, b in spans if not any(h.start < b and a < h.end for h in context.hits)]
    spans = [(a, b) for a, b in spans if not SHARE_OF.search(context.text[:a])]
    return supported("modality.same", "The kind of image is the evidence's.", *spans) if spans else None


def _seen_by_pixels(context: ProseContext, modality: Modality) -> bool:
    nodes = context.index.graph.nodes
    seen = (n.value.text for n in nodes if isinstance(n, FindingNode) and n.id.startswith("finding-kind-"))
    return any(_label(text) is modality for text in seen)


_BY_PIXELS = re.compile(r"\b(?:by|from|judging by) its pixels\b", re.IGNORECASE)
_SAYS_KIND = re.compile(
    r"\b(?:is|was|on|this|shows?|taken|acquired) (?:an? |the |this )?[\w -]{0,20}"
    r"\b(?:image|picture|case|photograph|film|scan|study|examination)\b|"
    r"\b(?:image|picture|case|this) (?:is|was|shows?)\b",
    re.IGNORECASE,
)
"""Says of which kind the case is."""


def _told_of(context: ProseContext, word: str) -> bool:
    texts = (n.value.text.lower() for n in context.index.graph.nodes if isinstance(n, PassageNode))
    return any(word.lower() in t for t in texts)


def _outlined(context: ProseContext) -> set[str]:
    """Return the parts outlined that may be named: where what is spoken of was measured on them, or nothing was."""
    measured = [s.measurement for s in context.subjects if s.measurement is not None]
    segments = [s for n in context.index.graph.nodes if isinstance(n, LabelMapNode) for s in n.value.segments]
    sites = [m.site.concept for m in measured]
    return {s.label.replace("_", " ") for s in segments if s.pixel_count and (not sites or s.concept in sites)}


_MODALITIES = (
    (Modality.FUNDUS, re.compile(r"\b(?:(?:colou?r )?fundus (?:photograph|photo|image)|retinal photograph)\b", re.I)),
    (Modality.CHEST_FILM, re.compile(r"\b(?:chest (?:film|x-?ray|radiograph)|CXR)\b", re.I)),
    (Modality.CT, re.compile(r"\b(?:[Cc]omputed tomography|CT(?: scan)?)\b")),
    (Modality.MR, re.compile(r"\b(?:[Mm]agnetic resonance|MRI?(?: scan)?)\b")),
    (Modality.ULTRASOUND, re.compile(r"\b(?:ultrasound|sonogra(?:m|phy)|echocardiogra(?:m|phy))\b", re.I)),
    (Modality.DERMOSCOPY, re.compile(r"\bdermoscop(?:y|ic)(?: image)?\b", re.I)),
    (Modality.HISTOLOGY, re.compile(r"\b(?:histolog(?:y|ical)|biopsy)\b", re.I)),
)


_EITHER = re.compile(r"\b(?:left or (?:(?:the|a|your) )?right|right or (?:(?:the|a|your) )?left)\b", re.IGNORECASE)
"""Says which sides there are, not which it is."""


def prose_sides(context: ProseContext) -> Outcome | None:
    """Compare the side that a sentence names with that of its evidence."""
    found = [(side, m) for side, pattern in SIDES for m in pattern.finditer(context.text)]
    either = [m.span() for m in _EITHER.finditer(context.text)]
    found = [(s, m) for s, m in found if not any(h.start <= m.start() < h.end for h in context.hits)]
    found = [(s, m) for s, m in found if not any(a <= m.start() < b for a, b in either)]
    if not found:
        return None
    said: set[Laterality] = set()
    for side, _ in found:
        said |= {Laterality.LEFT, Laterality.RIGHT} if side is Laterality.BILATERAL else {side}
    known = _known_sides(context)
    if known and any(not _sides_of(context, h.subjects) for h in context.hits if _has_a_side(h)):
        return unsupported("side.unknown", "A side is named for several things; it is not known of all of them.")
    if not known and _named_by_side(context):
        return unverifiable("side.unread", "The evidence tells left from right by name; which is meant cannot be told.")
    if not known:
        return unsupported("side.unknown", "The sentence names a side; the evidence does not.")
    if said != known:
        return contradicted("side.mismatch", f"The evidence is of the {' and the '.join(sorted(known))} side.")
    return supported("side.same", "The side is the evidence's.", *(m.span() for _, m in found))


def _named_by_side(context: ProseContext) -> bool:
    """Whether a sentence shares a word with something of the case that is left or right by its name."""
    words = frozenset(re.findall(r"[a-z]{4,}", context.text.lower())) - _NO_PARTS
    measured = (s for s in context.index.subjects if s.measurement is not None)
    names = (frozenset(re.findall(r"[a-z]+", s.name.lower())) for s in measured)
    return any(n & {"left", "right"} and words & n for n in names)


_NO_PARTS = frozenset(("left", "right", "ratio", "index", "with", "from"))


def _has_a_side(hit: Hit) -> bool:
    """Whether a name is of something on one side, and not of the whole patient as age and weight are."""
    return not all(s.fact is not None and s.laterality is Laterality.UNKNOWN for s in hit.subjects)


def _known_sides(context: ProseContext) -> set[Laterality]:
    return _sides_of(context, context.subjects)


def _sides_of(context: ProseContext, subjects: tuple[Subject, ...]) -> set[Laterality]:
    sides: set[Laterality] = set()
    for subject in context.sided(subjects):
        side = subject.laterality if subject.laterality is not Laterality.UNKNOWN else context.index.laterality
        sides |= {Laterality.LEFT, Laterality.RIGHT} if side is Laterality.BILATERAL else {side}
    return sides - {Laterality.UNKNOWN}
