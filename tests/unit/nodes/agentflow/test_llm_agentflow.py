from __future__ import annotations

import base64
from typing import Any

import pytest
from agentflow_steps import take_step, with_model

from flowisectl.engine.context import RunRequest
from flowisectl.errors import FlowError, RunStopped, UnknownNode
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.testing import ScriptedChatModel, run_context

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
MODEL = {"llmModel": "chatScripted", "llmEnableMemory": True}


async def test_the_model_is_built_with_the_node_s_inputs_under_its_config() -> None:
    context = with_model(ScriptedChatModel("a"))
    config = {"modelName": "m", "temperature": 0, "FLOWISE_CREDENTIAL_ID": "cred-1"}

    await take_step("llmAgentflow", {**MODEL, "temperature": 1, "llmModelConfig": config}, context)

    name, values, node_id, credential_id = context.nodes.built[0]  # type: ignore[attr-defined]
    assert (name, node_id, credential_id) == ("chatScripted", "llmAgentflow_0", "cred-1")
    assert (values["modelName"], values["temperature"]) == ("m", 0)


async def test_the_answer_comes_with_what_the_model_told() -> None:
    metadata = {"finish_reason": "stop", "model_name": "m"}
    reply = ChatReply(text="answer", reasoning="because", usage=USAGE, response_metadata=metadata)
    context = with_model(ScriptedChatModel(reply))

    result = await take_step("llmAgentflow", MODEL, context)

    output = dict(result.output)
    times = output.pop("timeMetadata")
    assert times["delta"] == times["end"] - times["start"] >= 0
    assert output == {
        "content": "answer",
        "calledTools": [],
        "usageMetadata": USAGE,
        "responseMetadata": metadata,
        "reasonContent": {"thinking": "because", "thinkingDuration": output["reasonContent"]["thinkingDuration"]},
    }
    kinds = context.events.kinds()  # type: ignore[attr-defined]
    assert kinds == ["thinking", "thinking", "token", "token", "calledTools", "usageMetadata"]
    assert context.events.events[1].duration is not None  # type: ignore[attr-defined]


async def test_a_model_that_does_not_stream_says_its_answer_at_once() -> None:
    context = with_model(ScriptedChatModel(ChatReply(text="answer", usage=USAGE), streaming=False))

    await take_step("llmAgentflow", MODEL, context)

    assert [(event.kind.value, event.data) for event in context.events.events] == [("token", "answer")]  # type: ignore[attr-defined]


async def test_a_node_in_the_middle_asks_without_streaming() -> None:
    model = ScriptedChatModel("answer")
    context = with_model(model)

    await take_step("llmAgentflow", MODEL, context, is_last=False)

    assert [call.streamed for call in model.calls] == [False]
    assert context.events.kinds() == []  # type: ignore[attr-defined]


async def test_structured_output_is_the_answer_and_its_members() -> None:
    model = ScriptedChatModel('{"n": 5, "list": ["a"]}')
    rows = [{"key": "n", "type": "number"}, {"key": "list", "type": "stringArray"}]
    context = with_model(model)
    updates = [{"key": "k", "value": "{{ output.list[0] }}"}]

    result = await take_step("llmAgentflow", {**MODEL, "llmStructuredOutput": rows, "llmUpdateState": updates}, context)

    text = '{\n  "n": 5,\n  "list": [\n    "a"\n  ]\n}'
    assert (result.output["content"], result.output["n"], result.output["list"]) == (text, 5, ["a"])
    assert "calledTools" not in result.output
    assert result.state == {"k": "a"}
    schema = model.calls[0].options.json_schema
    assert schema is not None
    assert list(schema["properties"]) == ["n", "list"]
    assert context.events.of("token") == [text]  # type: ignore[attr-defined]


async def test_a_member_named_content_is_the_content() -> None:
    rows = [{"key": "content", "type": "string"}]

    result = await take_step("llmAgentflow", {**MODEL, "llmStructuredOutput": rows}, with_model(ScriptedChatModel('{"content": "own"}')))

    assert result.output["content"] == "own"


async def test_an_answer_without_the_data_fails_the_node() -> None:
    rows = [{"key": "n", "type": "number"}]

    with pytest.raises(FlowError, match=r"^Error in LLM node: the model did not answer with a JSON object"):
        await take_step("llmAgentflow", {**MODEL, "llmStructuredOutput": rows}, with_model(ScriptedChatModel("sorry")))


async def test_the_input_shows_the_messages_and_every_input_that_is_not_empty() -> None:
    inputs = {**MODEL, "llmMessages": [{"role": "system", "content": "S"}], "llmUserMessage": "", "llmMemoryWindowSize": "20"}

    result = await take_step("llmAgentflow", inputs, with_model(ScriptedChatModel("a")))

    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]
    assert result.input == {"messages": messages, **MODEL, "llmMemoryWindowSize": "20"}


@pytest.mark.parametrize(("value", "role"), [("userMessage", "user"), ("", "user"), ("assistantMessage", "assistant")])
async def test_the_answer_is_remembered_as_the_node_says(value: str, role: str) -> None:
    result = await take_step("llmAgentflow", {**MODEL, "llmReturnResponseAs": value}, with_model(ScriptedChatModel("a")), label=" My  LLM ")

    assert result.chat_history == [{"role": "user", "content": "Q"}, {"role": role, "content": "a", "name": "my_llm"}]


async def test_without_memory_the_node_s_own_user_message_stands_for_the_input() -> None:
    model = ScriptedChatModel("a", "b")
    context = with_model(model)
    own = [{"role": "user", "content": "own"}]

    with_own = await take_step("llmAgentflow", {**MODEL, "llmEnableMemory": False, "llmMessages": own}, context)
    without = await take_step("llmAgentflow", {**MODEL, "llmEnableMemory": ""}, context)

    assert model.calls[0].texts == [("user", "own")]
    assert model.calls[1].texts == [("user", "Q")]
    assert with_own.chat_history is not None and without.chat_history is not None
    assert (with_own.chat_history[0]["content"], without.chat_history[0]["content"]) == ("own", "Q")


async def test_uploaded_images_go_to_a_model_that_takes_them() -> None:
    model = ScriptedChatModel("a", allows_images=True)
    upload = {"type": "stored-file", "name": "red.png", "mime": "image/png"}
    context = with_model(
        model, request=RunRequest(question="Q", uploads=[upload, {"type": "stored-file", "name": "a.txt", "mime": "text/plain"}])
    )
    await context.blobs.write("flow-1", "chat-1", "red.png", b"png", "image/png")

    result = await take_step("llmAgentflow", MODEL, context)

    image = {"role": "user", "content": [upload]}
    assert result.input["messages"] == [image, {"role": "user", "content": "Q"}]
    assert result.chat_history is not None
    assert result.chat_history[:2] == [image, {"role": "user", "content": "Q"}]
    url = "data:image/png;base64," + base64.b64encode(b"png").decode()
    assert model.calls[0].messages[0].content == [{"type": "image_url", "image_url": {"url": url}}]


async def test_an_image_that_lies_elsewhere_is_for_the_first_node_alone() -> None:
    model = ScriptedChatModel("a", allows_images=True)
    upload = {"type": "url", "name": "a.png", "mime": "image/png", "data": "https://e.org/a.png"}

    result = await take_step("llmAgentflow", MODEL, with_model(model, request=RunRequest(question="Q", uploads=[upload])))

    shown = [{"type": "image_url", "image_url": {"url": "https://e.org/a.png"}}]
    assert result.input["messages"] == [{"role": "user", "content": shown}, {"role": "user", "content": "Q"}]
    assert model.calls[0].messages[0].content == shown
    assert result.chat_history is not None
    assert result.chat_history[0] == {"role": "user", "content": "Q"}


async def test_earlier_images_are_shown_again_and_lost_ones_left_out() -> None:
    model = ScriptedChatModel("a", allows_images=True)
    context = with_model(model)
    await context.blobs.write("flow-1", "chat-1", "red.png", b"png", "image/png")
    uploads = [{"type": "stored-file", "name": name, "mime": "image/png"} for name in ("red.png", "gone.png")]
    past = [
        {"role": "user", "content": "look", "additional_kwargs": {"fileUploads": uploads}},
        {"role": "assistant", "content": "made", "additional_kwargs": {"artifacts": [{"type": "png", "data": "FILE-STORAGE::red.png"}]}},
    ]

    result = await take_step("llmAgentflow", MODEL, context, past=past)

    sent = [(message.role, "image" if isinstance(message.content, list) else message.content) for message in model.calls[0].messages]
    assert sent == [("user", "image"), ("user", "look"), ("assistant", "made"), ("user", "image"), ("user", "Q")]
    assert len(model.calls[0].messages[0].content) == 1
    assert [message["role"] for message in result.input["messages"]] == ["user", "user", "assistant", "user"]


async def test_a_model_without_images_gets_none() -> None:
    model = ScriptedChatModel("a")
    past = [
        {
            "role": "user",
            "content": "look",
            "additional_kwargs": {"fileUploads": [{"type": "url", "data": "http://x", "mime": "image/png"}]},
        }
    ]

    await take_step("llmAgentflow", MODEL, with_model(model), past=past)

    assert model.calls[0].texts == [("user", "look"), ("user", "Q")]


@pytest.mark.parametrize("inputs", [{}, {"llmModel": ""}])
async def test_a_node_without_a_model_says_so(inputs: dict[str, Any]) -> None:
    with pytest.raises(FlowError, match=r"^Error in LLM node: Model is required$"):
        await take_step("llmAgentflow", inputs)


async def test_a_model_that_does_not_exist_is_named() -> None:
    with pytest.raises(FlowError, match="'chatNowhere'") as caught:
        await take_step("llmAgentflow", {"llmModel": "chatNowhere"}, run_context())

    assert isinstance(caught.value.__cause__, UnknownNode)


async def test_a_stop_is_not_an_error_of_the_node() -> None:
    with pytest.raises(RunStopped):
        await take_step("llmAgentflow", MODEL, with_model(ScriptedChatModel(RunStopped())))


@pytest.mark.parametrize(("provider", "first"), [("chatAnthropic", "user"), ("chatOpenAI", "assistant")])
async def test_a_window_that_begins_with_the_assistant_is_made_fit_for_who_wants_a_user_first(provider: str, first: str) -> None:
    model = ScriptedChatModel("a", provider=provider)
    inputs = {**MODEL, "llmMemoryType": "windowSize", "llmMemoryWindowSize": "1"}
    past = [{"role": "user", "content": "p1"}, {"role": "assistant", "content": "p2"}]

    await take_step("llmAgentflow", inputs, with_model(model), past=past)

    assert model.calls[0].messages[0].role == first
    assert model.calls[0].texts[-2:] == [("assistant", "p2"), ("user", "Q")]


async def test_an_image_that_the_model_made_is_stored_and_told() -> None:
    context = with_model(ScriptedChatModel(ChatReply(text="see", images=("data:image/png;base64,aW1hZ2U=",))))

    result = await take_step("llmAgentflow", MODEL, context)

    [artifact] = result.output["artifacts"]
    assert artifact["type"] == "png" and artifact["data"].startswith("FILE-STORAGE::")
    assert [*context.blobs.files.values()] == [b"image"]  # type: ignore[attr-defined]
    assert result.chat_history[-1]["additional_kwargs"] == {"artifacts": [artifact]}
    assert context.events.kinds() == ["token", "artifacts", "calledTools"]  # type: ignore[attr-defined]
