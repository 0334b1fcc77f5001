"""The evidence of a report as W3C PROV-JSON (https://www.w3.org/submissions/prov-json/, PROV-DM for the terms).

Every node is an entity, the run an activity, every tool an agent. ``derived_from``, ``applies``, ``cites`` and
``supports`` become ``wasDerivedFrom`` of the dependent from its ground, with the kind as ``prov:type`` (a quotation for
``cites``); ``contradicts`` becomes ``wasInfluencedBy``, because a contradicted claim does not derive from what speaks
against it.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from clinigraph.export.chain import node_title
from clinigraph.export.words import KINDS
from clinigraph.models.evidence import (
    ClaimNode,
    EdgeKind,
    EvaluationNode,
    EvidenceNode,
    ImageNode,
    LabelMapNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.report import Report

NAMESPACE = "urn:clinigraph:"

Attributes = dict[str, object]


def to_prov(report: Report) -> str:
    """Return the evidence of a report as PROV-JSON, indented, ending in a line break."""
    run = name("run", report.run.run_id)
    graph = report.evidence_graph
    software = [f"clinigraph {report.run.code.clinigraph}", *(f"{a.name} {a.version}" for a in report.run.algorithms)]
    agents = {name("agent", s): {"prov:type": "prov:SoftwareAgent", "prov:label": s} for s in software}
    own = name("agent", software[0])
    document: dict[str, object] = {
        "prefix": {"cg": NAMESPACE, "prov": "http://www.w3.org/ns/prov#"},
        "entity": {name("node", n.id): _entity(n) for n in graph.nodes},
        "activity": {run: {"prov:label": f"run {report.run.run_id} of case {report.case_id}"}},
        "agent": agents,
        "wasAssociatedWith": {"_:a0": {"prov:activity": run, "prov:agent": own}},
        **_relations(report, run, set(agents)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def name(kind: str, value: str) -> str:
    """Return a qualified name; characters that a local name may not hold are percent-encoded.

    Example:
        >>> name("node", "egs-2020#iop")
        'cg:node-egs-2020%23iop'
    """
    return f"cg:{kind}-{quote(value, safe='')}"


def _entity(node: EvidenceNode) -> Attributes:
    found: Attributes = {"prov:type": f"cg:{node.kind.value}", "prov:label": f"{KINDS[node.kind]}: {node_title(node)}"}
    if isinstance(node, ClaimNode):
        found["cg:verdict"] = node.value.verdict.value if node.value.verdict else "none"
        found["cg:reason"] = node.value.reason_code
    if isinstance(node, PassageNode):
        found["cg:sha256"] = node.value.sha256
    if isinstance(node, ImageNode | LabelMapNode):
        found["cg:artifact"] = node.value.artifact_id
    return found


def _relations(report: Report, run: str, agents: set[str]) -> dict[str, object]:
    derived: Attributes = {}
    influenced: Attributes = {}
    for edge in report.evidence_graph.edges:
        ends = (name("node", edge.dependent), name("node", edge.ground))
        if edge.kind is EdgeKind.CONTRADICTS:
            influenced[f"_:i{len(influenced)}"] = {
                "prov:influencee": ends[0], "prov:influencer": ends[1], "prov:type": "cg:contradicts",
            }  # fmt: skip
            continue
        kind = "prov:Quotation" if edge.kind is EdgeKind.CITES else f"cg:{edge.kind.value}"
        derived[f"_:d{len(derived)}"] = {
            "prov:generatedEntity": ends[0], "prov:usedEntity": ends[1], "prov:type": kind,
        }  # fmt: skip
    return {
        **_use(report, run),
        "wasDerivedFrom": derived,
        "wasInfluencedBy": influenced,
        **_attributed(report, agents),
    }


def _use(report: Report, run: str) -> dict[str, object]:
    given = ("image", "fact", "passage")
    nodes = [(name("node", n.id), n.kind.value) for n in report.evidence_graph.nodes]
    used = {f"_:u{i}": {"prov:activity": run, "prov:entity": n} for i, (n, kind) in enumerate(nodes) if kind in given}
    made = {
        f"_:g{i}": {"prov:activity": run, "prov:entity": n} for i, (n, kind) in enumerate(nodes) if kind not in given
    }
    return {"used": used, "wasGeneratedBy": made}


def _attributed(report: Report, agents: set[str]) -> dict[str, object]:
    found: Attributes = {}
    for node in report.evidence_graph.nodes:
        if isinstance(node, MeasurementNode | EvaluationNode | LabelMapNode):
            agent = name("agent", node.value.algorithm)
            if agent in agents:
                found[f"_:t{len(found)}"] = {"prov:entity": name("node", node.id), "prov:agent": agent}
    return {"wasAttributedTo": found}
