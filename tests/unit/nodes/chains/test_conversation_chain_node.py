"""The Conversation Chain node."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.context import RunRequest, StoredMessage
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.errors import MissingInput
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.prompt_template import ChatPrompt
from flowisectl.nodes.chains.conversation_chain import ConversationChain
from flowisectl.testing import InMemoryBlobs, InMemoryHistory, RecordingEventSink, ScriptedChatModel, run_context

RED = {"type": "stored-file", "name": "red.png", "mime": "image/png"}


async def ask(model: ScriptedChatModel, *, inputs: dict[str, Any] | None = None, **context: Any) -> Any:
    run = run_context(**context)
    values = {"model": model, "memory": StoredMemory(run), "systemMessagePrompt": "Be kind.", **(inputs or {})}
    return await ConversationChain().run(NodeInputs(values, node_id="c_0"), run)


async def test_the_session_stands_between_system_message_and_question() -> None:
    model = ScriptedChatModel("hello Ann")
    history = InMemoryHistory(StoredMessage(role="userMessage", content="I am Ann"), StoredMessage(role="apiMessage", content="hi"))
    request = RunRequest(question="who am I?", history=[{"type": "userMessage", "message": "before"}])

    answer = await ask(model, history=history, request=request)

    assert answer == "hello Ann"
    assert model.calls[0].texts == [
        ("system", "Be kind."),
        ("user", "before"),
        ("user", "I am Ann"),
        ("assistant", "hi"),
        ("user", "who am I?"),
    ]


async def test_the_answer_is_streamed() -> None:
    events = RecordingEventSink()

    await ask(ScriptedChatModel("one two"), events=events)

    assert events.kinds()[0] == "start"
    assert events.text() == "one two"


async def test_a_connected_prompt_gives_first_and_last_message() -> None:
    model = ScriptedChatModel("x")

    await ask(model, inputs={"chatPromptTemplate": ChatPrompt(system="S {tone}", human="[{input}]", values={"tone": "low"})}, question="q")

    assert model.calls[0].texts == [("system", "S low"), ("user", "[q]")]


async def test_images_of_this_and_of_earlier_questions_are_shown() -> None:
    model = ScriptedChatModel("x", provider="chatOpenAI", allows_images=True)
    blobs = InMemoryBlobs()
    blobs.files["flow-1", "chat-1", "red.png"] = b"red"
    history = InMemoryHistory(StoredMessage(role="userMessage", content="look", file_uploads=[RED]))

    await ask(model, history=history, blobs=blobs, request=RunRequest(question="again", uploads=[RED]))

    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,cmVk"}}
    assert [message.content for message in model.calls[0].messages[1:]] == [[{"type": "text", "text": "look"}, image], "again", [image]]


async def test_an_earlier_image_that_is_gone_leaves_the_text() -> None:
    model = ScriptedChatModel("x")
    history = InMemoryHistory(StoredMessage(role="userMessage", content="look", file_uploads=[RED]))

    await ask(model, history=history)

    assert model.calls[0].messages[1].content == "look"


async def test_texts_of_earlier_files_stand_in_front_of_their_question() -> None:
    model = ScriptedChatModel("x")
    blobs = InMemoryBlobs()
    blobs.files["flow-1", "chat-1", "a.txt"] = "früh".encode()
    upload = {"type": "stored-file:full", "name": "a.txt", "mime": "text/plain"}

    await ask(model, blobs=blobs, history=InMemoryHistory(StoredMessage(role="userMessage", content="read", file_uploads=[upload])))

    assert model.calls[0].messages[1].content == [{"type": "text", "text": "<doc name='a.txt'>früh\n</doc>\n\n\n\nread"}]


async def test_an_earlier_file_that_is_no_text_leaves_the_question() -> None:
    model = ScriptedChatModel("x")
    blobs = InMemoryBlobs()
    blobs.files["flow-1", "chat-1", "a.pdf"] = b"%PDF-1.4 \xff"
    upload = {"type": "stored-file:full", "name": "a.pdf", "mime": "application/pdf"}

    await ask(model, blobs=blobs, history=InMemoryHistory(StoredMessage(role="userMessage", content="read", file_uploads=[upload])))

    assert model.calls[0].messages[1].content == "read"


async def test_a_refused_question_never_reaches_the_model() -> None:
    class Refuses:
        async def check(self, text: str) -> str:
            raise ModerationRefusal("no")

    model = ScriptedChatModel()

    assert await ask(model, inputs={"inputModeration": [Refuses()]}) == "no"
    assert model.calls == []


async def test_a_missing_memory_is_named() -> None:
    with pytest.raises(MissingInput, match="'memory'"):
        await ask(ScriptedChatModel(), inputs={"memory": ""})
