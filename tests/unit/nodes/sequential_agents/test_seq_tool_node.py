from __future__ import annotations

from sequential_turns import Echo, act, part_of, turn_of, wish

from flowisectl.nodes.sequential_agents.seq_tool_node import SeqToolNode
from flowisectl.testing import ScriptedChatModel


async def test_it_calls_every_tool_that_was_asked_for() -> None:
    calls = (wish("a", call_id="1"), wish("b", "ECHO", "2"), wish("c", "nobody", "3"))
    inputs = {"tools": [Echo()], "updateStateMemoryUI": '[{"key": "first", "value": "$flow.output[0].toolOutput"}]'}

    update = await act(SeqToolNode(), turn_of(None, calls=calls), inputs)

    assert [(message.role, message.tool_call_id, message.text) for message in update.messages] == [
        ("tool", "1", "echo a"),
        ("tool", "2", "echo b"),
        ("tool", "3", "nobody is not a valid tool, try another one."),
    ]
    assert update.values == {"first": "echo a"}
    assert update.messages[0].extra["sourceDocuments"] == [{"pageContent": "d", "metadata": {}}]


async def test_a_tool_that_fails_tells_the_model_so() -> None:
    update = await act(SeqToolNode(), turn_of(None, calls=(wish(),)), {"tools": [Echo(fails=True)]})

    assert update.messages[0].text == "no luck"
    assert update.messages[0].extra["usedTools"][0]["error"] == "no luck"


async def test_it_offers_its_tools_and_may_ask_first() -> None:
    tool = Echo()
    part = await part_of(SeqToolNode(), {"tools": [tool], "toolNodeName": "T", "interrupt": True, "approvalPrompt": "ok {tools}?"})
    model = ScriptedChatModel("may I?")

    question = await part.approval.ask(turn_of(model), (wish(),))

    assert part.tools == (tool,) and part.label == "T"
    assert question == "may I?"
    assert model.calls[0].texts == [("user", 'ok [{"tool":"echo","toolInput":{"input":"hello"}}]?')]
