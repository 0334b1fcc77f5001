"""Prompts are files with a version; what never changes stands first, so that servers can reuse its prefix.

A file ``prompts/NAME.txt`` of a package reads::

    NAME/VERSION
    (system text: role, rules, form of the answer)
    ---
    (user text, in which $field stands for a short value)

Values of fields are words of the program (a name, a number, a rubric of a protocol). What comes from files, documents,
tools or other models travels as ``data``.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from string import Template

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import UsageError
from clinigraph.llm.contract import ChatMessage
from clinigraph.models.base import Value

_HEAD = re.compile(r"^(?P<name>[a-z][a-z0-9_-]*)/(?P<version>[1-9][0-9]*)$")


class Prompt(Value):
    """One prompt of one version."""

    name: str
    version: int
    system: str
    """Static part; the same for every call."""
    user: str
    """Template of the part that differs."""
    sha256: str
    """Of the whole file."""

    @property
    def label(self) -> str:
        """For the run record: ``planner/2@1a2b3c4d``, the last part from the file's sha256."""
        return f"{self.name}/{self.version}@{self.sha256[:8]}"

    def messages(
        self, *, data: str = "", images: tuple[NDArray[np.uint8], ...] = (), **fields: str | int | float
    ) -> tuple[ChatMessage, ...]:
        """Return the messages of one call.

        Args:
            data: Quoted to the model as data.
            images: RGB pictures ``(H, W, 3)``.
            fields: A value for each ``$field`` of the user text.

        Raises:
            UsageError: A field is missing or unknown.
        """
        template = Template(self.user)
        wanted = set(template.get_identifiers())
        if wanted != set(fields):
            raise UsageError("A prompt needs exactly its fields", given=f"{self.label}: {', '.join(sorted(fields))}",
                             todo=f"It has: {', '.join(sorted(wanted)) or 'none'}.")  # fmt: skip
        user = template.substitute({k: " ".join(str(v).split()) for k, v in fields.items()})
        return ChatMessage("system", self.system), ChatMessage("user", user, data=data, images=images)


def parse_prompt(text: str) -> Prompt:
    """Read a prompt file.

    Raises:
        UsageError: The text does not have the form above.
    """
    head, _, rest = text.partition("\n")
    match = _HEAD.match(head.strip())
    system, mark, user = rest.partition("\n---\n")
    if match is None or not mark or not system.strip() or not Template(user).is_valid():
        raise UsageError(
            "This is not a prompt file",
            given=head[:60],
            todo="Write NAME/VERSION, the system text, --- and the user text.",
        )
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Prompt(
        name=match["name"], version=int(match["version"]), system=system.strip(), user=user.strip(), sha256=sha256
    )


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """Return the prompt ``prompts/NAME.txt`` of a package.

    Example:
        >>> load_prompt("clinigraph.llm", "repair").name
        'repair'

    Raises:
        UsageError: There is no such prompt, or the file names another one.
    """
    file = files(package) / "prompts" / f"{name}.txt"
    if not file.is_file():
        raise UsageError("There is no such prompt", given=f"{name} in {package}")
    prompt = parse_prompt(file.read_text(encoding="utf-8").replace("\r\n", "\n"))
    if prompt.name != name:
        raise UsageError("A prompt file names another prompt", given=f"{name}: {prompt.name}")
    return prompt
