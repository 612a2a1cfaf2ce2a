"""What a request may change of a flow's inputs."""

from __future__ import annotations

from typing import Any

import pytest
from chatflow_building import FlowBuilder, permissions

from flowisectl.engine.overrides import overridden_inputs, overridden_variables

ALLOWED = permissions({"Model": ["temperature", "tags", "options", "name"]}, ["city"])


def after(override: dict[str, Any], api_config: str = ALLOWED, **inputs: Any) -> dict[str, Any]:
    flow = FlowBuilder().node("chat_0", "chat", "Chat Models", label="Model", **inputs).flow(api_config=api_config)
    return dict(overridden_inputs(flow, flow.node("chat_0"), override))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"temperature": 0.1}, {"temperature": 0.1}),
        ({"temperature": 0}, {"temperature": 0.5}),
        ({"temperature": False}, {"temperature": 0.5}),
        ({"temperature": ""}, {"temperature": 0.5}),
        ({"temperature": "false"}, {"temperature": False}),
        ({"temperature": "true"}, {"temperature": True}),
        ({"temperature": {"chat_0": 0.9}}, {"temperature": 0.9}),
        ({"temperature": {"chat_1": 0.9}}, {"temperature": 0.5}),
        ({"forbidden": 1}, {"temperature": 0.5}),
        ({"forbidden": [1]}, {"temperature": 0.5}),
        ({"forbidden": {"chat_0": 1}}, {"temperature": 0.5}),
        ({"forbidden": {"free": 1}}, {"temperature": 0.5, "forbidden": {"free": 1}}),
        ({"analytics": {"a": 1}}, {"temperature": 0.5, "analytics": {"a": 1}}),
        ({"vars": {"city": "Oslo", "country": "NO"}}, {"temperature": 0.5, "vars": {"city": "Oslo"}}),
        ({"sessionId": "s"}, {"temperature": 0.5}),
    ],
)
def test_scalars_and_objects_follow_the_permissions(override: dict[str, Any], expected: dict[str, Any]) -> None:
    assert after(override, temperature=0.5) == expected


def test_uploaded_files_go_to_whichever_input_when_files_are_allowed() -> None:
    stored, allowed = {"pdfFile": 'FILE-STORAGE::["a.pdf"]', "other": "text"}, permissions({"Model": ["files"]})

    assert after(stored, api_config=allowed) == {"pdfFile": 'FILE-STORAGE::["a.pdf"]'}
    assert after(stored) == {}


def test_lists_are_united() -> None:
    assert after({"tags": ["b", "c"]}, tags=["a", "b"]) == {"tags": ["a", "b", "c"]}
    assert after({"tags": ["b"]}, tags="") == {"tags": ["b"]}


def test_objects_are_laid_over_objects_and_over_json_text() -> None:
    assert after({"options": {"b": 2}}, options={"a": 1}) == {"options": {"a": 1, "b": 2}}
    assert after({"options": {"b": 2}}, options='{"a": 1}') == {"options": {"a": 1, "b": 2}}
    assert after({"options": {"b": 2}}, options="{broken") == {"options": {"b": 2}}
    assert after({"options": {"chat_0": {"b": 2}}}, options='{"a": 1}') == {"options": {"a": 1, "b": 2}}


def test_nothing_changes_while_the_switch_is_off() -> None:
    config = permissions({"Model": ["temperature"]}, ["city"], status=False)

    assert after({"temperature": 0.1, "free": {"a": 1}, "vars": {"city": "x"}}, config, temperature=0.5) == {"temperature": 0.5}


def test_an_unchanged_node_keeps_its_own_mapping() -> None:
    flow = FlowBuilder().node("chat_0", "chat", "Chat Models", label="Model", temperature=1).flow(api_config=ALLOWED)
    node = flow.node("chat_0")

    assert overridden_inputs(flow, node, {"other": 1}) is node.inputs


def test_the_flows_own_inputs_are_never_written_to() -> None:
    flow = FlowBuilder().node("chat_0", "chat", "Chat Models", label="Model", options={"a": 1}, tags=["a"]).flow(api_config=ALLOWED)

    overridden_inputs(flow, flow.node("chat_0"), {"options": {"b": 2}, "tags": ["b"]})

    assert flow.node("chat_0").inputs == {"options": {"a": 1}, "tags": ["a"]}


def test_variables_are_filtered_by_name() -> None:
    flow = FlowBuilder().node("chat_0", "chat", "Chat Models").flow(api_config=ALLOWED)

    assert overridden_variables(flow, {"vars": {"city": "Oslo", "other": 1}}) == {"city": "Oslo"}
    assert overridden_variables(flow, {"vars": "no object"}) == {}
