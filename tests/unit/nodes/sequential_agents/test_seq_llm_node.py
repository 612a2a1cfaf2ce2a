from __future__ import annotations

import pytest
from sequential_turns import ASKED, Echo, act, turn_of, wish

from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents.seq_llm_node import SeqLlmNode
from flowisectl.testing import ScriptedChatModel


async def test_it_says_what_the_model_says() -> None:
    model = ScriptedChatModel("fine")

    update = await act(
        SeqLlmNode(), turn_of(model), {"llmNodeName": "My LLM", "updateStateMemoryUI": '[{"key": "k", "value": "$flow.output.content"}]'}
    )

    assert update.messages == (ChatMessage(role="assistant", content="fine", name="my_llm", extra={"nodeId": "n_0"}),)
    assert update.values == {"k": "fine"}
    assert model.calls[0].options.tools == ()


async def test_it_may_ask_for_the_tools_of_its_tool_node() -> None:
    model, tool = ScriptedChatModel(ChatReply(tool_calls=(wish(),))), Echo()

    update = await act(SeqLlmNode(), turn_of(model, tools=(tool,)))

    assert update.calls == (wish(),)
    assert model.calls[0].options.tools == (tool.spec,)


async def test_structured_output_is_json_and_its_members_are_the_output() -> None:
    rows = (
        '[{"key": "next", "type": "Enum", "enumValues": "a, b"}, {"key": "n", "type": "Number"}, {"key": "tags", "type": "String Array"}]'
    )
    model = ScriptedChatModel('```json\n{"next": "a", "n": 1, "tags": []}\n```')
    inputs = {"llmStructuredOutput": rows, "updateStateMemoryUI": '[{"key": "next", "value": "$flow.output.next"}]'}

    update = await act(SeqLlmNode(), turn_of(model, tools=(Echo(),)), inputs)

    assert update.messages[0].text == '{"next":"a","n":1,"tags":[]}'
    assert update.values == {"next": "a"}
    options = model.calls[0].options
    assert options.json_schema is not None and options.json_schema["properties"] == {
        "next": {"type": "string", "enum": ["a", "b"]},
        "n": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
    }


@pytest.mark.parametrize("selection", ["user_question", "empty", "last_message"])
async def test_results_of_its_tools_are_seen_whatever_was_chosen(selection: str) -> None:
    asked = ChatMessage(role="assistant", content="", tool_calls=(wish(),))
    result = ChatMessage(role="tool", content="r", tool_call_id="c1")
    model = ScriptedChatModel("ok")

    await act(SeqLlmNode(), turn_of(model, ASKED, asked, result), {"conversationHistorySelection": selection})

    assert [role for role, _ in model.calls[0].texts][-2:] == ["assistant", "tool"]


async def test_images_of_the_request_come_after_the_system_prompt() -> None:
    from flowisectl.engine.context import RunRequest

    model = ScriptedChatModel("ok", allows_images=True)
    request = RunRequest(
        question="what is it?", uploads=[{"type": "url", "name": "p", "mime": "image/png", "data": "https://x.example/p.png"}]
    )

    await act(SeqLlmNode(), turn_of(model), {"systemMessagePrompt": "s"}, request=request)

    second = model.calls[0].messages[1]
    assert second.content == [{"type": "image_url", "image_url": {"url": "https://x.example/p.png"}}]
