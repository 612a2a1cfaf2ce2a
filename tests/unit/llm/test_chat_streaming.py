"""What a client hears of an answer while it comes."""

from __future__ import annotations

import pytest

from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.cached_model import CachedChatModel
from flowisectl.llm.chat_streaming import AnswerTeller, ask, teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.testing import InMemoryTextCache, ScriptedChatModel

QUESTION = [ChatMessage(role="user", content="q")]


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def start(self, text: str) -> None:
        self.heard.append(("start", text))

    def token(self, text: str) -> None:
        self.heard.append(("token", text))


async def test_an_answer_starts_with_an_empty_piece_and_goes_on_in_tokens() -> None:
    ear = Ear()

    reply = await AnswerTeller(ear).ask(ScriptedChatModel("one two", piece=4), QUESTION)

    assert reply.text == "one two"
    assert ear.heard == [("start", ""), ("token", "one "), ("token", "two")]


async def test_a_teller_that_waits_starts_with_the_first_text() -> None:
    ear = Ear()

    await AnswerTeller(ear, waits_for_text=True).ask(ScriptedChatModel("one two", piece=4), QUESTION)

    assert ear.heard == [("start", "one "), ("token", "one "), ("token", "two")]


async def test_there_is_one_start_for_several_calls_and_tool_calls_are_silent() -> None:
    ear = Ear()
    teller = AnswerTeller(ear)
    model = ScriptedChatModel(ChatReply(tool_calls=(ToolCall(id="1", name="t", arguments={}),)), "done")

    await teller.ask(model, QUESTION)
    await teller.ask(model, QUESTION)

    assert ear.heard == [("start", ""), ("token", "done")]


async def test_a_model_that_fails_at_once_starts_nothing() -> None:
    ear = Ear()

    with pytest.raises(ProviderError):
        await AnswerTeller(ear).ask(ScriptedChatModel(ProviderError("500 no", provider="p")), QUESTION)

    assert ear.heard == []


async def test_nobody_listening_means_no_stream() -> None:
    model = ScriptedChatModel("x")

    await ask(model, QUESTION, teller_to(None))

    assert not model.calls[0].streamed


def test_an_answer_that_no_model_wrote_is_told_word_by_word() -> None:
    ear = Ear()

    assert refused(ModerationRefusal("not  that"), AnswerTeller(ear)) == "not  that"
    assert ear.heard == [("start", "not"), ("token", "not"), ("token", "  "), ("token", "that")]


class TestCachedModel:
    async def test_an_equal_question_is_asked_once_and_then_told_in_one_piece(self) -> None:
        ear, model = Ear(), ScriptedChatModel("the answer", piece=3)
        cached = CachedChatModel(model, InMemoryTextCache())

        first = await cached.invoke(QUESTION)
        second = await AnswerTeller(ear).ask(cached, QUESTION)

        assert first.text == second.text == "the answer"
        assert len(model.calls) == 1
        assert ear.heard == [("start", "the answer"), ("token", "the answer")]

    async def test_a_streamed_answer_is_kept(self) -> None:
        model = ScriptedChatModel("kept")
        cached = CachedChatModel(model, InMemoryTextCache())

        await AnswerTeller(Ear()).ask(cached, QUESTION)

        assert (await cached.invoke(QUESTION)).text == "kept"
        assert len(model.calls) == 1

    async def test_other_questions_and_other_models_are_asked_anew(self) -> None:
        cache, model = InMemoryTextCache(), ScriptedChatModel("a", "b")
        other = ScriptedChatModel("c", model="other")

        answers = [
            (await CachedChatModel(model, cache).invoke(QUESTION)).text,
            (await CachedChatModel(model, cache).invoke([ChatMessage(role="user", content="p")])).text,
            (await CachedChatModel(other, cache).invoke(QUESTION)).text,
        ]

        assert answers == ["a", "b", "c"]

    async def test_an_answer_with_tool_calls_is_not_kept(self) -> None:
        model = ScriptedChatModel(ChatReply(tool_calls=(ToolCall(id="1", name="t", arguments={}),)), "second")
        cached = CachedChatModel(model, InMemoryTextCache())

        await cached.invoke(QUESTION)

        assert (await cached.invoke(QUESTION)).text == "second"

    async def test_questions_with_images_are_told_apart(self) -> None:
        model = ScriptedChatModel("a", "b")
        cached = CachedChatModel(model, InMemoryTextCache())
        one, two = ([ChatMessage(role="user", content=[{"type": "image_url", "image_url": {"url": url}}])] for url in ("x", "y"))

        assert [(await cached.invoke(one)).text, (await cached.invoke(two)).text] == ["a", "b"]


async def test_moderations_look_in_turn_and_may_change_the_question() -> None:
    class Adds:
        def __init__(self, text: str) -> None:
            self.text = text

        async def check(self, text: str) -> str:
            return text + self.text

    assert await moderated("q", [Adds("1"), Adds("2")]) == "q12"
