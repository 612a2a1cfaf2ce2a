from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.tool_loop import ToolLoop, calls_of, unanswered, used_before


class EchoTool:
    """Answers with its arguments."""

    def __init__(self, name: str = "echo", *, return_direct: bool = False) -> None:
        self.spec = ToolSpec(name=name, description="", parameters={})
        self.return_direct = return_direct

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        if "fail" in arguments:
            raise ValueError("broken")
        return ToolOutcome(text=f"{self.spec.name}:{arguments}", artifacts=({"type": "png"},), tool_input={"really": 1})


def wants(*names: str, tokens: int = 0, call_id: str = "c", text: str = "") -> ChatReply:
    calls = tuple(ToolCall(id=call_id and f"{call_id}{number}", name=name, arguments={"n": number}) for number, name in enumerate(names))
    return ChatReply(text=text, tool_calls=calls, usage={"total_tokens": tokens})


def loop(*replies: ChatReply, **fields: Any) -> tuple[ToolLoop, list[list[Mapping[str, Any]]]]:
    """A loop whose model answers with these, and what the model was asked."""
    asked: list[list[Mapping[str, Any]]] = []

    async def ask(messages: Sequence[Mapping[str, Any]]) -> ChatReply:
        asked.append(list(messages))
        return replies[len(asked) - 1]

    values: dict[str, Any] = {"tools": {"echo": EchoTool()}, "ask": ask, "flow": {}, "messages": [{"role": "user", "content": "Q"}]}
    return ToolLoop(**{**values, **fields}), asked


async def test_an_answer_without_calls_is_the_end() -> None:
    found, asked = loop()

    assert (await found.run(ChatReply(text="done"))).text == "done"

    assert (asked, found.tokens, found.messages) == ([], 0, [{"role": "user", "content": "Q"}])


async def test_results_go_back_to_the_model_in_order() -> None:
    found, asked = loop(ChatReply(text="done", usage={"total_tokens": 4}))
    called: list[Any] = []
    found.on_called = called.append

    final = await found.run(wants("echo", "echo", tokens=3, text="let me see"))

    assert final.text == "done"
    assert [message["role"] for message in asked[0]] == ["user", "assistant", "tool", "tool"]
    assert asked[0][1]["content"] == "let me see"
    assert [message["tool_call_id"] for message in asked[0][2:]] == ["c0", "c1"]
    assert called == [[{"tool": "echo", "toolInput": {"n": n}, "toolOutput": ""} for n in (0, 1)]]
    assert [used["toolInput"] for used in found.used_tools] == [{"really": 1}] * 2
    assert len(found.artifacts) == 2
    assert found.tokens == 7


async def test_an_answer_between_two_turns_counts_for_both() -> None:
    found, _ = loop(wants("echo", tokens=10), ChatReply(text="done", usage={"total_tokens": 100}))

    await found.run(wants("echo", tokens=1))

    assert found.tokens == 1 + 10 + 10 + 100


async def test_a_tool_that_nobody_has_is_passed_over() -> None:
    found, asked = loop(ChatReply(text="done"))

    await found.run(wants("other"))

    assert [message["role"] for message in asked[0]] == ["user", "assistant"]
    assert found.used_tools == []


async def test_a_call_without_an_id_is_noted_but_not_made() -> None:
    found, asked = loop(ChatReply(text="done"))

    await found.run(wants("echo", call_id=""))

    assert [message["role"] for message in asked[0]] == ["user", "assistant"]
    assert found.used_tools == [{"tool": "echo", "toolInput": {"n": 0}, "toolOutput": ""}]


async def test_the_result_of_a_direct_tool_is_the_answer() -> None:
    said: list[str] = []
    found, asked = loop(tools={"echo": EchoTool(return_direct=True)}, on_text=said.append)

    final = await found.run(wants("echo"))

    assert final.text == "echo:{'n': 0}"
    assert (said, asked) == ([final.text], [])


async def test_of_several_calls_none_is_the_answer() -> None:
    found, asked = loop(ChatReply(text="done"), tools={"echo": EchoTool(return_direct=True)})

    assert (await found.run(wants("echo", "echo"))).text == "done"
    assert len(asked) == 1


async def test_a_failing_tool_is_reported_and_raises() -> None:
    reported: list[list[dict[str, Any]]] = []
    found, _ = loop(on_used=lambda used: reported.append(list(used)))
    reply = ChatReply(tool_calls=(ToolCall(id="c", name="echo", arguments={"fail": 1}),))

    with pytest.raises(ValueError, match="broken"):
        await found.run(reply)

    assert reported == [[{"tool": "echo", "toolInput": {"fail": 1}, "toolOutput": "", "error": "broken"}]]


async def test_a_tool_that_needs_approval_holds_the_loop() -> None:
    said: list[str] = []
    found, asked = loop(needs_approval=frozenset({"echo"}), on_held=said.append)

    final = await found.run(wants("echo", text="I need it."))

    assert found.waits
    assert final.text.startswith("I need it.\nAttempting to use tool:\n```json\n")
    assert '"name": "echo"' in final.text
    assert said == [final.text.removeprefix("I need it.")]
    assert found.messages[-1]["content"] == final.text
    assert (asked, found.used_tools) == ([], [])
    assert calls_of(found.messages[-1]) == final.tool_calls


async def test_calls_before_the_one_that_waits_are_made_at_once() -> None:
    tools = {"free": EchoTool("free", return_direct=True), "held": EchoTool("held"), "late": EchoTool("late")}
    found, asked = loop(tools=tools, needs_approval=frozenset({"held"}))

    final = await found.run(wants("free", "held", "late", text="Both."))

    assert found.waits
    assert '"name": "held"' in final.text
    assert [message["role"] for message in found.messages] == ["user", "assistant", "tool"]
    assert (found.messages[1]["content"], found.messages[2]["content"]) == (final.text, "free:{'n': 0}")
    assert [used["tool"] for used in found.used_tools] == ["free"]
    assert asked == []


async def test_what_waits_is_known_from_the_messages() -> None:
    tools = {"free": EchoTool("free"), "held": EchoTool("held"), "late": EchoTool("late")}
    found, _ = loop(tools=tools, needs_approval=frozenset({"held"}))
    await found.run(wants("free", "held", "late"))

    position, calls = unanswered(found.messages)

    assert position == 1
    assert [call.name for call in calls] == ["held", "late"]
    assert used_before(found.messages) == [{"tool": "free", "toolInput": {"n": 0}, "toolOutput": "free:{'n': 0}"}]


@pytest.mark.parametrize("messages", [[], [{"role": "user", "content": "Q"}], [{"role": "tool", "content": "lost", "tool_call_id": "c"}]])
def test_messages_without_calls_wait_for_nothing(messages: list[Mapping[str, Any]]) -> None:
    assert unanswered(messages) == (-1, ())
    assert used_before(messages) == []


async def test_approved_calls_are_made_and_the_loop_goes_on() -> None:
    found, asked = loop(ChatReply(text="done"), needs_approval=frozenset({"echo"}))
    calls = wants("echo").tool_calls

    final = await found.resume(calls)

    assert final.text == "done"
    assert asked[0][-1]["content"] == "echo:{'n': 0}"


async def test_a_tool_that_was_taken_away_asks_for_no_approval() -> None:
    found, _ = loop(ChatReply(text="done"), tools={}, needs_approval=frozenset({"echo"}))

    assert (await found.run(wants("echo"))).text == "done"
    assert not found.waits
