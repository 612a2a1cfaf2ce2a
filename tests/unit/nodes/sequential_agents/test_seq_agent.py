from __future__ import annotations

from typing import Any

import pytest
from sequential_turns import ASKED, Echo, act, part_of, turn_of, wish

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents.seq_agent import SeqAgent
from flowisectl.testing import PythonJavaScript, ScriptedChatModel

USED = {
    "tool": "echo",
    "toolInput": {"input": "hello"},
    "toolOutput": "echo hello",
    "sourceDocuments": [{"pageContent": "d", "metadata": {}}],
}


async def test_it_works_with_its_tools_and_answers_in_its_name() -> None:
    model, tool = ScriptedChatModel(ChatReply(tool_calls=(wish(),)), "done"), Echo()

    update = await act(SeqAgent(), turn_of(model), {"agentName": "My Agent", "tools": [tool], "systemMessagePrompt": "be good"})

    message = update.messages[0]
    assert (message.role, message.text, message.name) == ("user", "done", "my_agent")
    assert message.extra["nodeId"] == "n_0" and message.extra["usedTools"] == [USED]
    assert message.extra["artifacts"] == [{"type": "png"}]
    assert [role for role, _ in model.calls[1].texts] == ["system", "user", "assistant", "tool"]
    assert set(tool.flows[0]) == {"chatflowId", "sessionId", "chatId", "input", "state"}


async def test_its_own_model_goes_before_the_graphs() -> None:
    own = ScriptedChatModel("mine")

    update = await act(SeqAgent(), turn_of(ScriptedChatModel("theirs")), {"model": own})

    assert update.messages[0].text == "mine"


@pytest.mark.parametrize(
    ("selection", "seen"),
    [
        ("all_messages", ["earlier", "question?", "latest"]),
        ("user_question", ["question?"]),
        ("last_message", ["latest"]),
        ("empty", []),
        (None, ["earlier", "question?", "latest"]),
    ],
)
async def test_it_sees_the_chosen_part_of_the_conversation(selection: str | None, seen: list[str]) -> None:
    model = ScriptedChatModel("ok")
    messages = (ChatMessage(role="user", content="earlier"), ASKED, ChatMessage(role="user", content="latest"))

    await act(SeqAgent(), turn_of(model, *messages), {"conversationHistorySelection": selection, "humanMessagePrompt": "now {x}",
                                                      "promptValues": {"x": "$flow.state.messages[-1].content"}})  # fmt: skip

    assert [text for _, text in model.calls[0].texts] == [*seen, "now latest"]


async def test_prompts_take_values_from_other_nodes_state_and_variables() -> None:
    model = ScriptedChatModel("ok")
    said = ChatMessage(role="assistant", content="hello", extra={"nodeId": "other_0"})
    values = '{"node": "{\\"id\\":\\"other_0\\"}", "state": "$flow.state.list[-1]", "nothing": "$flow.state.none", "plain": "$5"}'

    await act(
        SeqAgent(),
        turn_of(model, said, values={"list": [1, 2]}),
        {"systemMessagePrompt": "{node}|{state}|{nothing}|{plain}|{unset}", "promptValues": values},
    )

    assert model.calls[0].texts[0] == ("system", "hello|2||$5|{unset}")


async def test_code_of_the_state_update_sees_the_output() -> None:
    seen: list[Any] = []

    def update(variables: Any, functions: Any) -> Any:
        seen.append(variables["$flow"]["output"])
        return {"info": variables["$flow"]["output"]["usedTools"][0]["toolOutput"]}

    inputs = {"tools": [Echo()], "selectedUpdateStateMemoryTab_n_0": "updateStateMemoryCode", "updateStateMemoryCode": "code"}
    model = ScriptedChatModel(ChatReply(tool_calls=(wish(),)), "done")

    result = await act(SeqAgent(), turn_of(model), inputs, javascript=PythonJavaScript({"code": update}))

    assert result.values == {"info": "echo hello"}
    assert seen[0]["content"] == "done" and len(seen[0]["sourceDocuments"]) == 1


async def test_with_approval_it_hands_its_wishes_on_and_calls_them_later() -> None:
    tool = Echo()
    model = ScriptedChatModel(ChatReply(text="let me see", tool_calls=(wish(),)))
    inputs = {"tools": [tool], "interrupt": "true", "agentName": "A"}

    part = await part_of(SeqAgent(), inputs)
    wanted = await part.act(turn_of(model))
    results = await part.call_tools(turn_of(None, ASKED, *wanted.messages, calls=wanted.calls))

    assert wanted.messages[0].role == "assistant" and wanted.calls == (wish(),)
    assert results.messages[0].tool_call_id == "c1" and results.messages[0].extra["usedTools"] == [USED]
    assert (part.approval.approve, part.approval.reject) == ("Yes", "No")


async def test_with_approval_the_update_knows_the_tools_of_the_turn_before() -> None:
    results = ChatMessage(role="tool", content="r", tool_call_id="c1", extra={"nodeId": "n_0", "usedTools": [USED]})
    asked = ChatMessage(role="assistant", content="", tool_calls=(wish(),), extra={"nodeId": "n_0"})
    rows = '[{"key": "used", "value": "$flow.output.usedTools[0].toolOutput"}]'
    inputs = {"tools": [Echo()], "interrupt": True, "updateStateMemoryUI": rows}

    update = await act(SeqAgent(), turn_of(ScriptedChatModel("done"), ASKED, asked, results), inputs)

    assert update.values == {"used": "echo hello"} and update.messages[0].text == "done"


async def test_approval_without_tools_changes_nothing() -> None:
    part = await part_of(SeqAgent(), {"interrupt": True})

    assert part.approval is None and part.call_tools is None


async def test_prompt_values_that_are_no_object_name_the_node() -> None:
    with pytest.raises(InvalidFlow, match=r"'n_0' .The Node.: promptValues is no JSON object"):
        await act(SeqAgent(), turn_of(), {"promptValues": "[1"})
