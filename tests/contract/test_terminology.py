"""Every terminology of the house keeps the published contract; so does the tool on phenotypes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.evals.bench.umls_import import write_release
from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
from clinigraph.knowledge.terminology.umls.importer import import_umls
from clinigraph.knowledge.terminology.umls.store import UmlsTerminology
from clinigraph.models.case import Fact
from clinigraph.models.tooling import FactValue, ToolCall
from clinigraph.testing.terminology_suite import TERMINOLOGY_CHECKS, check_name
from clinigraph.testing.tool_suite import ToolSuite
from clinigraph.tools.contract import Tool
from clinigraph.tools.phenotype.differential_tool import PhenotypeDifferential


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedTerminology:
    return EmbeddedTerminology(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def umls_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("umls")
    write_release(folder / "META", 4000)
    import_umls(folder / "META", folder / "umls.sqlite")
    return folder / "umls.sqlite"


@pytest.mark.parametrize("check", TERMINOLOGY_CHECKS, ids=check_name)
@pytest.mark.parametrize("name", ["pneumonia", "pleural effusion", "marfan syndrome"])
def test_embedded_terminology_keeps_the_contract(
    check: Callable[..., None], name: str, embedded: EmbeddedTerminology
) -> None:
    check(lambda: embedded, name)


@pytest.mark.parametrize("check", TERMINOLOGY_CHECKS, ids=check_name)
def test_umls_terminology_keeps_the_contract(check: Callable[..., None], umls_file: Path) -> None:
    terminology = UmlsTerminology(umls_file)
    entry = terminology.describe("C0000003")
    assert entry is not None
    name = entry.concept.meaning.removeprefix("acute ").lower()
    check(lambda: terminology, terminology.lookup(name)[0].matched.lower())


class TestPhenotypeDifferential(ToolSuite):
    def make_tool(self) -> Tool:
        return PhenotypeDifferential()

    def _call(self, text: str) -> ToolCall:
        fact = FactValue(value=Fact(name="findings", value=text))
        return ToolCall(step_id="step", tool="phenotype_differential", inputs={"present": fact})

    def example(self, store: ArtifactStore) -> ToolCall:
        return self._call("Arachnodactyly; Ectopia lentis; HP:0002616")

    def empty_example(self, store: ArtifactStore) -> ToolCall:
        return self._call("nothing that is a finding")
