"""The evidence as PROV-JSON, and which boxes light up."""

from __future__ import annotations

import json

from clinigraph.export.lighting import Lighting
from clinigraph.export.prov import name, to_prov
from clinigraph.export.svg import evidence_picture, standalone_picture
from clinigraph.models.evidence import ClaimNode, EdgeKind
from clinigraph.models.report import Report


def test_every_node_is_an_entity_and_every_relation_ends_at_one(report: Report) -> None:
    data = json.loads(to_prov(report))
    assert set(data["entity"]) == {name("node", n.id) for n in report.evidence_graph.nodes}
    for relation in data["wasDerivedFrom"].values():
        assert {relation["prov:generatedEntity"], relation["prov:usedEntity"]} <= set(data["entity"])
    for relation in (*data["used"].values(), *data["wasGeneratedBy"].values()):
        assert relation["prov:activity"] in data["activity"]
    for relation in (*data["wasAttributedTo"].values(), *data["wasAssociatedWith"].values()):
        assert relation["prov:agent"] in data["agent"]


def test_no_edge_is_lost(report: Report) -> None:
    data = json.loads(to_prov(report))
    against = sum(1 for e in report.evidence_graph.edges if e.kind is EdgeKind.CONTRADICTS)
    assert len(data["wasInfluencedBy"]) == against
    assert len(data["wasDerivedFrom"]) + against == len(report.evidence_graph.edges)


def test_claims_carry_their_verdicts_and_quotations_their_type(report: Report) -> None:
    data = json.loads(to_prov(report))
    claims = [n for n in report.evidence_graph.nodes if isinstance(n, ClaimNode)]
    assert all(data["entity"][name("node", c.id)]["cg:verdict"] == str(c.value.verdict) for c in claims)
    assert any(r["prov:type"] == "prov:Quotation" for r in data["wasDerivedFrom"].values())


def test_local_names_hold_no_character_that_needs_escaping() -> None:
    assert name("node", "egs-2020#iop") == "cg:node-egs-2020%23iop"
    assert "<" not in name("node", "<script>:/")


def test_a_claim_lights_up_what_it_rests_on_and_nothing_else(report: Report) -> None:
    graph = report.evidence_graph
    light = Lighting(graph)
    claim = next(n for n in graph.nodes if isinstance(n, ClaimNode) and graph.grounds_of(n.id))
    number = light.box(claim.id).split()[0].removeprefix("c")
    lit = {n.id for n in graph.nodes if f"l{number}" in light.box(n.id).split()}
    assert {n.id for n in graph.support(claim.id).nodes} <= lit
    others = {n.id for n in graph.nodes if isinstance(n, ClaimNode)} - {claim.id}
    assert not others & lit
    assert f".c{number}:is(" in light.style


def test_the_picture_is_a_file_of_its_own_without_links(report: Report) -> None:
    text = standalone_picture(report.evidence_graph)
    assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "<a " not in text
    assert "<style>" in text
    assert str(evidence_picture(report.evidence_graph, {})).count("<g") == text.count("<g")
