from __future__ import annotations

from agentflow_steps import take_step

from flowisectl.testing import run_context


async def test_the_message_is_said_at_once_when_the_node_is_the_last() -> None:
    context = run_context()

    result = await take_step("directReplyAgentflow", {"directReplyMessage": "hello"}, context)

    assert result.output == {"content": "hello"}
    assert (result.input, result.chat_history) == ({}, None)
    assert context.events.text() == "hello"  # type: ignore[attr-defined]


async def test_a_node_that_is_not_the_last_says_nothing() -> None:
    context = run_context()

    await take_step("directReplyAgentflow", {"directReplyMessage": "hello"}, context, is_last=False)

    assert context.events.kinds() == []  # type: ignore[attr-defined]


async def test_a_message_keeps_its_type() -> None:
    assert (await take_step("directReplyAgentflow", {"directReplyMessage": 5})).output == {"content": 5}
    assert (await take_step("directReplyAgentflow", {})).output == {"content": ""}
