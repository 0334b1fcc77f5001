"""Seeded instances of a JSON schema, filled with words of the prompt: the answer of a model that knows nothing."""

from __future__ import annotations

import re
from random import Random

from clinigraph.llm.dialogue import Request

Json = dict[str, object]
_DEEPEST = 8
_ID_LIKE = re.compile(r"(?<![\w./-])[A-Za-z][\w.-]*(?:[#_:-][\w.-]*\w)+")
_ID_FIELD = re.compile(r"(?:^|_)(?:ids?|tools?|passages?|indicators?|evidence|protocols?|codes?)$")
_NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?:\.\d{1,4})?(?![\w.])")
_FALLBACKS = ("x", "a", "1", "size", "2026-01-01", "nothing to note", "A1")


class Material:
    """What a prompt offers to fill an answer with.

    Args:
        request: The call.
    """

    def __init__(self, request: Request) -> None:
        text = "\n".join(f"{m.text}\n{m.data}" for m in request.messages)
        self.ids = sorted(set(_ID_LIKE.findall(text)))
        self.sentences = [s.strip() for s in re.split(r"[.\n]", text) if 3 < len(s.strip()) < 200] or ["nothing"]
        self.numbers = [float(n) for n in _NUMBER.findall(text)]


def instance(schema: Json, material: Material, rng: Random) -> Json:
    """Return an object of a schema; limits of length and range are kept, patterns where a word of the prompt fits.

    Args:
        schema: JSON schema of an object, with ``$defs``.
        material: Words to fill it with.
        rng: Source of every choice.
    """
    made = _Maker(schema, material, rng).node(schema, "", 0)
    if not isinstance(made, dict):
        raise TypeError("the schema is not one of an object")
    return made


class _Maker:
    def __init__(self, schema: Json, material: Material, rng: Random) -> None:
        defs = schema.get("$defs", {})
        self._defs: Json = defs if isinstance(defs, dict) else {}
        self._material = material
        self._rng = rng

    def node(self, schema: object, name: str, depth: int) -> object:
        if not isinstance(schema, dict):
            return None
        if "$ref" in schema:
            return self.node(self._defs[str(schema["$ref"]).rsplit("/", 1)[-1]], name, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._rng.choice(list(schema["enum"]))
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.node(self._option(schema[choice], depth), name, depth)
        return self._typed(schema, name, depth)

    def _option(self, options: list[object], depth: int) -> object:
        null = {"type": "null"}
        if depth > _DEEPEST and null in options:
            return null
        return self._rng.choice(options)

    def _typed(self, schema: Json, name: str, depth: int) -> object:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            properties = schema.get("properties", {})
            fields = properties if isinstance(properties, dict) else {}
            return {k: self.node(v, str(k), depth + 1) for k, v in fields.items()}
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "boolean":
            return self._rng.random() < 0.5
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        return self._string(schema, name) if kind == "string" else None

    def _array(self, schema: Json, name: str, depth: int) -> list[object]:
        if isinstance(schema.get("prefixItems"), list):
            return [self.node(s, name, depth + 1) for s in _list(schema["prefixItems"])]
        least = _int(schema.get("minItems"), 0)
        most = _int(schema.get("maxItems"), max(least, 3))
        size = least if depth > _DEEPEST else self._rng.randint(least, max(least, min(most, least + 3)))
        return [self.node(schema.get("items", {}), name, depth + 1) for _ in range(size)]

    def _number(self, schema: Json, *, whole: bool) -> float | int:
        low = _float(schema.get("minimum", schema.get("exclusiveMinimum")), 0.0)
        high = _float(schema.get("maximum", schema.get("exclusiveMaximum")), low + 100.0)
        fitting = [n for n in self._material.numbers if low < n < high and (not whole or n.is_integer())]
        if fitting and self._rng.random() < 0.5:
            value = self._rng.choice(fitting)
            return int(value) if whole else value
        return self._rng.randint(int(low), int(high)) if whole else self._rng.uniform(low, high)

    def _string(self, schema: Json, name: str) -> str:
        pattern = str(schema.get("pattern", ""))
        least, most = _int(schema.get("minLength"), 0), _int(schema.get("maxLength"), 200)
        wanted = self._material.ids if _ID_FIELD.search(name) and self._material.ids else self._material.sentences
        candidates = [self._rng.choice(wanted)] if not pattern else [*wanted, *self._material.ids, *_FALLBACKS]
        fitting = [c for c in candidates if not pattern or re.search(pattern, c)]
        text: str = self._rng.choice(fitting or candidates)[:most]
        return text if len(text) >= least else (text + "x" * least)[: max(least, 1)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _int(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _float(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
