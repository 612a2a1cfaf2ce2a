"""Long conversations, summed up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.conversation import DEFAULT_SYSTEM, Conversation, conversation_prompt, question_messages
from flowisectl.llm.prompt_template import ChatPrompt
from flowisectl.llm.summary_memory import SummaryBufferMemory, SummaryMemory, fold_old_messages, summarise
from flowisectl.llm.token_count import estimate_tokens
from flowisectl.testing import ScriptedChatModel

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


def said(*texts: str) -> list[ChatMessage]:
    return [ChatMessage(role="user" if index % 2 == 0 else "assistant", content=text) for index, text in enumerate(texts)]


class Kept:
    """A memory that holds messages and notes what is added."""

    memory_key = "chat_history"

    def __init__(self, *messages: ChatMessage) -> None:
        self.kept = list(messages)
        self.added: list[tuple[str, str]] = []
        self.is_cleared = False

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        return [*prepended, *self.kept]

    async def add(self, question: str, answer: str) -> None:
        self.added.append((question, answer))

    async def clear(self) -> None:
        self.is_cleared = True


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_make_a_token(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


async def test_a_summary_goes_on_from_the_one_before() -> None:
    model = ScriptedChatModel("short")

    summary = await summarise(model, said("Hi {x}", "Hello"), "They met {lines}.")

    assert summary == "short"
    request = model.calls[0].messages[0].text
    assert "Summary so far:\nThey met {lines}.\n" in request
    assert "What was said since:\nHuman: Hi {x}\nAI: Hello\n" in request


class TestFolding:
    def test_everything_fits(self) -> None:
        assert fold_old_messages(said("a", "b"), 100) == ([], said("a", "b"))

    def test_the_oldest_are_folded_until_the_rest_fits(self) -> None:
        messages = said("x" * 80, "y" * 40, "z" * 40)

        old, newest = fold_old_messages(messages, 25)

        assert (old, newest) == (messages[:1], messages[1:])

    def test_nothing_fits(self) -> None:
        assert fold_old_messages(said("x" * 80), 1) == (said("x" * 80), [])

    def test_nothing_was_said(self) -> None:
        assert fold_old_messages([], 10) == ([], [])


class TestSummaryBufferMemory:
    async def test_old_messages_become_a_system_message(self) -> None:
        model = ScriptedChatModel("the gist")
        memory = SummaryBufferMemory(Kept(*said("x" * 80, "newest")), model, 10)

        messages = await memory.messages()

        assert [(message.role, message.text) for message in messages] == [("system", "the gist"), ("assistant", "newest")]

    async def test_short_conversations_need_no_summary(self) -> None:
        model = ScriptedChatModel()

        assert await SummaryBufferMemory(Kept(*said("a", "b")), model, 100).messages() == said("a", "b")
        assert model.calls == []

    async def test_anthropics_models_get_the_summary_from_the_user(self) -> None:
        memory = SummaryBufferMemory(Kept(*said("x" * 80)), ScriptedChatModel("gist", provider="chatAnthropic"), 1)

        assert (await memory.messages())[0].role == "user"

    async def test_adding_and_clearing_reach_the_memory_behind_it(self) -> None:
        stored = Kept()
        memory = SummaryBufferMemory(stored, ScriptedChatModel(), 10)

        await memory.add("q", "a")
        await memory.clear()

        assert stored.added == [("q", "a")]
        assert stored.is_cleared


class TestSummaryMemory:
    async def test_only_the_last_exchange_is_summed_up(self) -> None:
        model = ScriptedChatModel("gist")

        messages = await SummaryMemory(Kept(*said("first", "answer", "second", "reply")), model).messages()

        assert [message.text for message in messages] == ["gist"]
        assert "first" not in model.calls[0].messages[0].text
        assert "Human: second\nAI: reply" in model.calls[0].messages[0].text

    async def test_a_new_session_has_an_empty_summary(self) -> None:
        model = ScriptedChatModel()

        assert await SummaryMemory(Kept(), model).messages() == [ChatMessage(role="system", content="")]
        assert model.calls == []

    async def test_a_model_that_gets_it_as_the_users_message_gets_no_empty_one(self) -> None:
        assert await SummaryMemory(Kept(), ScriptedChatModel(provider="chatAnthropic")).messages() == []


class TestConversation:
    async def test_the_memory_stands_between_system_message_and_question(self) -> None:
        memory, model = Kept(*said("before", "yes")), ScriptedChatModel("fine")

        answer = await Conversation(model=model, memory=memory, system='Answer {"as": "json"}, {input}').say("how?")

        assert answer == "fine"
        assert model.calls[0].texts == [
            ("system", 'Answer {"as": "json"}, how?'),
            ("user", "before"),
            ("assistant", "yes"),
            ("user", "how?"),
        ]
        assert memory.added == [("how?", "fine")]

    async def test_without_a_system_message_there_is_a_friendly_one(self) -> None:
        model = ScriptedChatModel("x")

        await Conversation(model=model, memory=Kept()).answer("q")

        assert model.calls[0].messages[0].text == DEFAULT_SYSTEM

    def test_a_connected_prompt_replaces_system_message_and_question(self) -> None:
        prompt = ChatPrompt(system="S", human="H {input}", values={"a": 1})

        assert conversation_prompt(prompt, "own") == ("S", "H {input}", {"a": 1})
        assert conversation_prompt(None, "own") == ("own", "{input}", {})

    def test_openais_models_get_images_as_a_message_of_their_own(self) -> None:
        assert [message.content for message in question_messages("q", [IMAGE], "chatOpenAI")] == ["q", [IMAGE]]
        assert [message.content for message in question_messages("q", [IMAGE], "chatOllama")] == [[{"type": "text", "text": "q"}, IMAGE]]
