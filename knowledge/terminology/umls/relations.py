"""Relations between UMLS concepts, and paths of them that can be shown as grounds."""

from __future__ import annotations

from clinigraph.models.base import Value


class Relation(Value):
    """One row of MRREL: ``to_cui`` has the relation ``rel`` to ``from_cui`` (PAR: it is its parent)."""

    from_cui: str
    rel: str
    """PAR, CHD, RB, RN, RO, RQ, SY, SIB, AQ, QB or XR."""
    rela: str = ""
    """The source's own name of the relation, for example ``isa`` or ``finding_site_of``."""
    to_cui: str
    source: str
    """SAB of the vocabulary that states it."""


class EvidencePath(Value):
    """A chain of relations from one concept."""

    cui: str
    """Where it begins."""
    steps: tuple[Relation, ...]

    @property
    def end(self) -> str:
        """Where it leads."""
        return self.steps[-1].to_cui if self.steps else self.cui
