from __future__ import annotations

from typing import Any

import pytest
from sequential_turns import act, part_of, turn_of

from flowisectl.engine.legacy.parts import EndPart
from flowisectl.errors import FlowNotFound, InvalidFlow
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents.seq_execute_flow import SeqExecuteFlow
from flowisectl.testing import InMemoryFlows

SAID = ChatMessage(role="user", content="before", extra={"nodeId": "a_0"})


@pytest.mark.parametrize(
    ("given", "question"),
    [
        ("userQuestion", "question?"),
        (None, "question?"),
        ("a text", "a text"),
        ("$flow.state.k", "v"),
        (EndPart(node_id="a_0", label="any part"), "before"),
    ],
)
async def test_the_other_flow_is_asked_in_the_same_session(given: Any, question: str) -> None:
    flows = InMemoryFlows({"other": {"text": "answer"}})
    inputs = {"selectedFlow": "other", "seqExecuteFlowName": "Other Flow", "seqExecuteFlowInput": given, "overrideConfig": '{"a": 1}'}

    update = await act(SeqExecuteFlow(), turn_of(None, SAID, values={"k": "v"}), inputs, flows=flows)

    flow_id, request, chat_id, _ = flows.calls[0]
    assert (flow_id, request.question, chat_id) == ("other", question, "chat-1")
    assert request.override_config == {"sessionId": "session-1", "a": 1}
    assert [(message.role, message.text, message.name) for message in update.messages] == [("assistant", "answer", "other_flow")]


async def test_a_new_session_for_each_message() -> None:
    flows = InMemoryFlows({"other": {"json": {"k": 1}}})

    update = await act(
        SeqExecuteFlow(), turn_of(), {"selectedFlow": "other", "startNewSession": True, "returnValueAs": "stateObj"}, flows=flows
    )

    _, request, chat_id, _ = flows.calls[0]
    assert chat_id != "chat-1" and request.override_config == {"sessionId": chat_id}
    assert update.values == {"k": 1}


async def test_a_flow_cannot_run_itself() -> None:
    with pytest.raises(InvalidFlow, match="select another one"):
        await part_of(SeqExecuteFlow(), {"selectedFlow": "flow-1"})


async def test_a_flow_that_is_gone_fails_the_node() -> None:
    with pytest.raises(FlowNotFound):
        await act(SeqExecuteFlow(), turn_of(), {"selectedFlow": "gone"})
