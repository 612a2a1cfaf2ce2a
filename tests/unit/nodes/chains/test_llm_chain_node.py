"""The LLM Chain node, as the end of a flow and as a part of one."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.context import RunRequest
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.llm_chain import LlmChain
from flowisectl.llm.output_parsing import ListParser
from flowisectl.llm.prompt_template import TextPrompt
from flowisectl.nodes.chains.llm_chain import LlmChainNode
from flowisectl.testing import InMemoryBlobs, RecordingEventSink, ScriptedChatModel, run_context


class Refuses:
    async def check(self, text: str) -> str:
        raise ModerationRefusal("not here")


def inputs(model: ScriptedChatModel, output: str = "llmChain", **more: Any) -> NodeInputs:
    return NodeInputs(
        {"model": model, "prompt": TextPrompt(template="About {topic}"), **more}, node_id="c_0", label="LLM Chain", output=output
    )


async def test_the_answer_is_streamed_to_a_client_that_listens() -> None:
    events = RecordingEventSink()

    answer = await LlmChainNode().run(inputs(ScriptedChatModel("a fine day", piece=5)), run_context(question="May", events=events))

    assert answer == {"text": "a fine day"}
    assert [(event.kind.value, event.data) for event in events.events] == [("start", ""), ("token", "a fin"), ("token", "e day")]


async def test_nobody_listening_means_no_events_and_no_stream() -> None:
    events, model = RecordingEventSink(), ScriptedChatModel("x")

    await LlmChainNode().run(inputs(model), run_context(is_streaming=False, events=events))

    assert events.events == []
    assert not model.calls[0].streamed


async def test_parsed_answers_are_json() -> None:
    answer = await LlmChainNode().run(inputs(ScriptedChatModel("a,b"), outputParser=ListParser()), run_context(is_streaming=False))

    assert answer == {"json": ["a", "b"]}


async def test_its_prediction_is_made_while_building_and_never_streamed() -> None:
    events = RecordingEventSink()

    text = await LlmChainNode().build(inputs(ScriptedChatModel("x"), "outputPrediction"), run_context(events=events))

    assert text == "x"
    assert events.events == []


async def test_as_a_part_it_gives_the_chain_without_asking_the_model() -> None:
    model = ScriptedChatModel()

    chain = await LlmChainNode().build(inputs(model), run_context())

    assert isinstance(chain, LlmChain)
    assert model.calls == []


async def test_a_refused_question_never_reaches_the_model() -> None:
    events, model = RecordingEventSink(), ScriptedChatModel()

    answer = await LlmChainNode().run(inputs(model, inputModeration=[Refuses()]), run_context(events=events))

    assert answer == {"text": "not here"}
    assert events.text() == "not here"
    assert model.calls == []


async def test_files_stand_in_front_of_the_question() -> None:
    model = ScriptedChatModel("x")
    request = RunRequest(question="sum it up", files_text="<doc name='a.txt'>A</doc>")

    await LlmChainNode().run(inputs(model), run_context(request=request))

    assert model.calls[0].messages[0].text == "About <doc name='a.txt'>A</doc>\n\nsum it up"


async def test_a_request_without_a_question_asks_undefined() -> None:
    model = ScriptedChatModel("x")

    await LlmChainNode().run(inputs(model), run_context(request=RunRequest(has_question=False)))

    assert model.calls[0].messages[0].text == "About undefined"


class TestImages:
    UPLOADS = (
        {"type": "stored-file", "name": "a.png", "mime": "image/png"},
        {"type": "url", "data": "https://e.org/b.png", "mime": "image/png"},
        {"type": "stored-file", "name": "notes.txt", "mime": "text/plain"},
    )

    async def ask(self, model: ScriptedChatModel) -> None:
        blobs = InMemoryBlobs()
        blobs.files["flow-1", "chat-1", "a.png"] = b"\x89PNG"
        await LlmChainNode().run(inputs(model), run_context(request=RunRequest(question="q", uploads=self.UPLOADS), blobs=blobs))

    async def test_models_that_take_images_get_them(self) -> None:
        model = ScriptedChatModel("x", allows_images=True)

        await self.ask(model)

        assert model.calls[0].messages[0].content == [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            {"type": "image_url", "image_url": {"url": "https://e.org/b.png"}},
            {"type": "text", "text": "About q"},
        ]

    async def test_other_models_get_the_text_alone(self) -> None:
        model = ScriptedChatModel("x")

        await self.ask(model)

        assert model.calls[0].messages[0].content == "About q"


@pytest.mark.parametrize("missing", ["model", "prompt"])
async def test_a_missing_connection_is_named(missing: str) -> None:
    values = {"model": ScriptedChatModel(), "prompt": TextPrompt(template="{x}")}
    del values[missing]

    with pytest.raises(MissingInput, match=f"'c_0'.*'{missing}'"):
        await LlmChainNode().run(NodeInputs(values, node_id="c_0"), run_context())
