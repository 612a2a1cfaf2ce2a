"""Which session a request belongs to."""

from __future__ import annotations

from typing import Any

import pytest
from chatflow_building import FlowBuilder, instance

from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.engine.session import memory_type_of, session_id_of
from flowisectl.errors import InvalidRequest


def flow(own: str = "") -> Flow:
    builder = FlowBuilder().node("x_0", "bufferMemory", "Memory", label="Unconnected", sessionId="lost")
    builder.node("m_0", "bufferMemory", "Memory", label="Diary", sessionId=own)
    return builder.node("e_0", "conversationChain", "Chains", memory=instance("m_0")).flow()


@pytest.mark.parametrize(
    ("body", "is_internal", "own", "expected"),
    [
        ({}, False, "", "chat"),
        ({"chatId": "chat"}, False, "own", "chat"),
        ({"chatId": "chat", "overrideConfig": {"sessionId": "s"}}, False, "own", "s"),
        ({"chatId": 7}, False, "own", "7"),
        ({"chatId": "chat", "overrideConfig": {"sessionId": 12}}, False, "own", "12"),
        ({"overrideConfig": {"sessionId": ""}}, False, "own", "own"),
        ({"overrideConfig": "nonsense"}, False, "own", "own"),
        ({"chatId": "chat", "overrideConfig": {"sessionId": "s"}}, True, "own", "own"),
        ({"chatId": "chat", "overrideConfig": {"sessionId": "s"}}, True, "", "chat"),
    ],
)
def test_the_client_then_the_memory_then_the_chat_decide(body: dict[str, Any], is_internal: bool, own: str, expected: str) -> None:
    assert session_id_of(flow(own), body, is_internal, "chat") == expected


def test_agentflows_take_the_override_for_internal_calls_too() -> None:
    agentflow = parse_flow({"nodes": [], "edges": []}, kind="AGENTFLOW")

    assert session_id_of(agentflow, {"overrideConfig": {"sessionId": "s"}}, True, "chat") == "s"
    assert session_id_of(agentflow, {"chatId": "other"}, False, "chat") == "chat"


@pytest.mark.parametrize(("body", "name"), [({"overrideConfig": {"sessionId": [5]}}, "sessionId"), ({"chatId": ["x"]}, "chatId")])
def test_ids_that_are_no_text_are_refused(body: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^Invalid {name}: must be a string$"):
        session_id_of(flow(), body, False, "chat")


def test_the_memory_type_is_the_label_of_the_connected_memory() -> None:
    assert memory_type_of(flow()) == "Diary"
    assert memory_type_of(FlowBuilder().node("e_0", "llmChain", "Chains").flow()) == ""
