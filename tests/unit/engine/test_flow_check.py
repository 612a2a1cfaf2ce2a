"""The verdict on every node of a flow."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import parse_flow
from flowisectl.engine.flow_check import FlowVerdict, Verdict, check_flow
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeParam


def component(name: str, **fields: Any) -> type[Node]:
    definition = NodeDefinition(name=name, label=name.title(), category="Tools", version=1.0, base_classes=("Tool",), **fields)
    return type(name, (Node,), {"definition": definition})


TOOL = NodeParam("tool", "Tool", "asyncOptions", load_config=True)
KINDS = [
    component("plain"),
    component("keyed", credential=CredentialParam(("aApi", "bApi"))),
    component("maybe_keyed", credential=CredentialParam(("aApi",), optional=True)),
    component("heavy", extra="big"),
    component("agent", inputs=(TOOL, NodeParam("tools", "Tools", "array", array=(TOOL,)))),
]
CATALOGUE = NodeCatalogue({kind.definition.name.replace("_", ""): kind for kind in KINDS})


def check(*nodes: tuple[str, dict[str, Any]], extra: bool = False, credentials: set[str] | None = None) -> FlowVerdict:
    data = [
        {"id": f"{name}_{place}", "data": {"name": name, "label": name, "inputs": {}, **more}} for place, (name, more) in enumerate(nodes)
    ]
    flow = parse_flow({"nodes": data, "edges": []})
    return check_flow(flow, CATALOGUE, has_extra=lambda _: extra, secret_fields={"bApi": ["bKey"]}, credential_ids=credentials)


def verdicts(verdict: FlowVerdict) -> list[Verdict]:
    return [node.verdict for node in verdict.nodes]


def test_a_node_that_has_all_it_needs_runs() -> None:
    verdict = check(("plain", {}), ("keyed", {"credential": "c1"}), ("maybe_keyed", {}), ("heavy", {}), extra=True)

    assert verdict.runs and verdict.is_complete
    assert verdict.to_json()["nodes"][0] == {"id": "plain_0", "name": "plain", "label": "plain", "verdict": "runs"}


def test_an_unknown_node_is_not_supported() -> None:
    verdict = check(("plain", {}), ("teleporter", {}))

    assert verdicts(verdict) == [Verdict.RUNS, Verdict.NOT_SUPPORTED]
    assert not verdict.runs and not verdict.is_complete
    assert "nodes list" in verdict.nodes[1].remedy


def test_a_node_that_flowise_has_dropped_is_told_with_what_took_its_place() -> None:
    verdict = check(("pineconeUpsert", {}), ("writeFile", {}))

    assert verdicts(verdict) == [Verdict.NOT_SUPPORTED, Verdict.NOT_SUPPORTED]
    assert verdict.nodes[0].remedy == "Flowise no longer has it either: replace it by pinecone"
    assert verdict.nodes[1].remedy == "Flowise no longer has it either: remove it, or replace it"


def test_a_missing_extra_is_told_with_the_line_for_pip() -> None:
    verdict = check(("heavy", {}))

    assert verdict.nodes[0].remedy == "pip install 'flowisectl[big]'"
    assert not verdict.is_complete and not verdict.runs


def test_a_missing_credential_is_told_with_the_types_that_would_do() -> None:
    verdict = check(("keyed", {}))

    assert verdict.is_complete and not verdict.runs
    assert verdict.to_json()["nodes"][0] == {
        "id": "keyed_0",
        "name": "keyed",
        "label": "keyed",
        "verdict": "needs credential",
        "credentials": ["aApi", "bApi"],
        "remedy": "choose a credential: aApi or bApi",
    }


def test_a_key_among_the_inputs_does_as_well_as_a_credential() -> None:
    inside = {"inputs": {"tool": "keyed", "toolConfig": {"bKey": "k"}}}

    assert check(("keyed", {"inputs": {"bKey": "k"}}), ("agent", inside)).runs
    assert verdicts(check(("keyed", {"inputs": {"bKey": "", "cKey": "k"}}))) == [Verdict.NEEDS_CREDENTIAL]


def test_a_credential_that_does_not_exist_counts_as_missing() -> None:
    node = ("keyed", {"credential": "c1"})

    assert verdicts(check(node, credentials={"c2"})) == [Verdict.NEEDS_CREDENTIAL]
    assert verdicts(check(node, credentials={"c1"})) == [Verdict.RUNS]


def test_components_that_a_node_names_have_their_own_verdicts() -> None:
    inputs = {
        "tool": "keyed",
        "toolConfig": {"FLOWISE_CREDENTIAL_ID": "c1"},
        "tools": [{"tool": "keyed", "toolConfig": {}}, {"tool": "teleporter"}, {"tool": ""}, "broken"],
    }

    verdict = check(("agent", {"inputs": inputs}))

    assert [(node.name, node.within, node.verdict) for node in verdict.nodes] == [
        ("agent", "", Verdict.RUNS),
        ("keyed", "tool", Verdict.RUNS),
        ("keyed", "tool", Verdict.NEEDS_CREDENTIAL),
        ("teleporter", "tool", Verdict.NOT_SUPPORTED),
    ]
