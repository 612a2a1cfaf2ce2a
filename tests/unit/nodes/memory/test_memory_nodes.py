"""The memory nodes over the server's own messages."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.context import RunRequest
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.memory.buffer_memory import BufferMemory
from flowisectl.nodes.memory.buffer_window_memory import BufferWindowMemory
from flowisectl.nodes.memory.conversation_summary_buffer_memory import ConversationSummaryBufferMemory
from flowisectl.nodes.memory.conversation_summary_memory import ConversationSummaryMemory
from flowisectl.testing import InMemoryHistory, ScriptedChatModel, run_context


def history(exchanges: int) -> InMemoryHistory:
    kept = InMemoryHistory()
    for number in range(exchanges):
        kept.add("flow-1", "session-1", "userMessage", f"q{number}")
        kept.add("flow-1", "session-1", "apiMessage", f"a{number}")
    kept.add("flow-1", "session-2", "userMessage", "somebody else's")
    return kept


async def texts(node: Node, *prepended: str, exchanges: int = 3, session_id: str = "session-1", **inputs: Any) -> list[str]:
    memory = await node.build(NodeInputs(inputs), run_context(history=history(exchanges), session_id=session_id))
    return [message.text for message in await memory.messages([ChatMessage(role="user", content=text) for text in prepended])]


async def test_a_buffer_holds_the_whole_session_after_what_the_request_sent() -> None:
    assert await texts(BufferMemory(), "before", exchanges=2) == ["before", "q0", "a0", "q1", "a1"]


async def test_no_session_means_no_messages() -> None:
    assert await texts(BufferMemory(), "before", session_id="") == ["before"]


@pytest.mark.parametrize(
    ("k", "expected"), [("1", ["q2", "a2"]), (2, ["q1", "a1", "q2", "a2"]), ("0", []), (-1, []), ("", ["q0", "a0", "q1", "a1", "q2", "a2"])]
)
async def test_a_window_holds_the_last_exchanges(k: Any, expected: list[str]) -> None:
    assert await texts(BufferWindowMemory(), k=k) == expected
    assert await texts(BufferWindowMemory(), "before", k=k) == ["before", *expected]


async def test_a_summary_holds_one_message() -> None:
    model = ScriptedChatModel("gist")

    assert await texts(ConversationSummaryMemory(), model=model) == ["gist"]
    assert "Human: q2\nAI: a2" in model.calls[0].messages[0].text


async def test_a_summary_buffer_keeps_what_fits() -> None:
    model = ScriptedChatModel("gist")

    assert await texts(ConversationSummaryBufferMemory(), model=model, maxTokenLimit="4") == ["gist", "q2", "a2"]


async def test_a_memory_knows_the_variable_that_it_fills() -> None:
    context = run_context()

    assert (await BufferMemory().build(NodeInputs({"memoryKey": "diary"}), context)).memory_key == "diary"
    assert (await BufferWindowMemory().build(NodeInputs({"memoryKey": ""}), context)).memory_key == "chat_history"


async def test_adding_to_the_servers_messages_is_left_to_the_server() -> None:
    kept = history(0)
    memory = await BufferMemory().build(NodeInputs({}), run_context(history=kept))

    await memory.add("q", "a")
    await memory.clear()

    assert await memory.messages() == []


def test_messages_of_the_request_are_understood_in_both_spellings() -> None:
    sent: list[dict[str, Any]] = [
        {"role": "apiMessage", "content": "A"},
        {"type": "userMessage", "message": "B"},
        {"role": "user", "content": "C"},
        {"role": "stranger", "content": "D"},
        {"role": "user", "content": ["E"]},
        {"role": "user", "content": ""},
    ]

    found = prepended_messages(run_context(request=RunRequest(history=sent)))

    assert [(message.role, message.text) for message in found] == [("assistant", "A"), ("user", "B"), ("user", "C")]
