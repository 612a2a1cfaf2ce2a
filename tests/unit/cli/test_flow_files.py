"""Files of flows: read, changed on the way in, written without secrets."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowisectl.cli.failure import CommandFailed
from flowisectl.cli.flow_file import bind_credential, name_of, read_flow_file, set_input, to_export


def a_flow() -> dict:
    model = {
        "id": "chatOpenAI_0",
        "name": "chatOpenAI",
        "label": "OpenAI",
        "credential": "cred-1",
        "inputParams": [{"name": "basepath", "type": "string"}, {"name": "secretWord", "type": "password"}],
        "inputs": {"modelName": "small", "secretWord": "hunter2"},
    }
    step = {
        "id": "llmAgentflow_0",
        "name": "llmAgentflow",
        "label": "Think",
        "inputs": {"llmModelConfig": {"FLOWISE_CREDENTIAL_ID": "cred-2", "temperature": 1}},
    }
    return {"nodes": [{"id": data["id"], "data": data} for data in (model, step)], "edges": [], "viewport": {"x": 0, "y": 0, "zoom": 1}}


def inputs_of(flow: dict, number: int) -> dict:
    return flow["nodes"][number]["data"]["inputs"]


@pytest.mark.parametrize("node", ["chatOpenAI_0", "OpenAI", "chatOpenAI"])
def test_an_input_is_set_by_the_nodes_id_label_or_type(node: str) -> None:
    flow = a_flow()

    set_input(flow, f"{node}.basepath=http://host:1/v1?a=b")

    assert inputs_of(flow, 0)["basepath"] == "http://host:1/v1?a=b"


def test_an_input_inside_another_is_set() -> None:
    flow = a_flow()

    set_input(flow, "llmAgentflow_0.llmModelConfig.basepath=http://host:1")

    assert inputs_of(flow, 1)["llmModelConfig"] == {"FLOWISE_CREDENTIAL_ID": "cred-2", "temperature": 1, "basepath": "http://host:1"}


@pytest.mark.parametrize(
    ("assignment", "why"),
    [
        ("chatOpenAI_0.basepath", "write NODE.INPUT=VALUE"),
        ("chatOpenAI_0=x", "write NODE.INPUT=VALUE"),
        ("nobody.basepath=x", "has no node nobody; it has chatOpenAI_0, llmAgentflow_0"),
        ("chatOpenAI_0.colour=x", "has no such input; it has basepath"),
    ],
)
def test_an_assignment_that_fits_nothing_is_refused_with_what_would_fit(assignment: str, why: str) -> None:
    with pytest.raises(CommandFailed, match=why):
        set_input(a_flow(), assignment)


def test_a_name_that_two_nodes_share_is_refused() -> None:
    flow = a_flow()
    flow["nodes"][1]["data"]["label"] = "OpenAI"

    with pytest.raises(CommandFailed, match="2 nodes are called OpenAI; give an id"):
        set_input(flow, "OpenAI.basepath=x")


def test_a_credential_goes_to_the_node_or_to_the_model_that_it_names() -> None:
    flow = a_flow()

    bind_credential(flow, "chatOpenAI_0=new")
    bind_credential(flow, "Think=newer")

    assert flow["nodes"][0]["data"]["credential"] == "new"
    assert inputs_of(flow, 1)["llmModelConfig"]["FLOWISE_CREDENTIAL_ID"] == "newer"


def test_an_export_holds_no_credential_and_no_password() -> None:
    flow = a_flow()

    text = json.dumps(to_export(flow))

    assert "hunter2" not in text and "cred-1" not in text and "cred-2" not in text
    assert json.loads(text)["nodes"][0]["data"]["inputs"] == {"modelName": "small"}
    assert inputs_of(flow, 0)["secretWord"] == "hunter2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Support bot Chatflow.json", "Support bot"), ("Team Agents.json", "Team"), ("plain.json", "plain"), ("Chatflow.json", "Chatflow")],
)
def test_a_flow_is_named_after_its_file(name: str, expected: str) -> None:
    assert name_of(Path(name)) == expected


def test_a_row_of_the_api_is_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "row.json"
    file.write_text(json.dumps({"name": "x", "flowData": json.dumps(a_flow())}))

    assert read_flow_file(file) == a_flow()


@pytest.mark.parametrize(
    ("content", "why"),
    [("{", "is not JSON"), ("[]", "no list of nodes"), ('{"nodes": 1}', "no list of nodes"), ('{"flowData": "{"}', "flowData is not JSON")],
)
def test_a_file_that_is_no_flow_is_refused(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "flow.json"
    file.write_text(content)

    with pytest.raises(CommandFailed, match=why):
        read_flow_file(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"none\.json: No such file"):
        read_flow_file(tmp_path / "none.json")


def test_a_flow_comes_from_standard_input(flowisectl: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(a_flow()).encode())))

    imported = flowisectl("flows", "import", "-", "--name", "Piped")
    listed = json.loads(flowisectl("flows", "list", "--json").out)

    assert imported.status == 0, imported.err
    assert [(row["id"], row["name"]) for row in listed] == [(imported.out.strip(), "Piped")]


def test_a_flow_from_standard_input_needs_a_name(flowisectl: Callable[..., Any]) -> None:
    ended = flowisectl("flows", "import", "-")

    assert ended.status == 1
    assert "--name" in ended.err
