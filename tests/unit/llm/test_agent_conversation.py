from __future__ import annotations

from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.llm.agent_conversation import fitted, latest_exchange


def calls(*ids: str, text: str = "") -> ChatMessage:
    return ChatMessage(role="assistant", content=text, tool_calls=tuple(ToolCall(id=id, name="t", arguments={}) for id in ids))


def result(id: str) -> ChatMessage:
    return ChatMessage(role="tool", content=f"r{id}", tool_call_id=id)


USER = ChatMessage(role="user", content="u")
SYSTEM = ChatMessage(role="system", content="s")


def roles(messages: list[ChatMessage]) -> list[str]:
    return [message.role for message in messages]


class TestPairs:
    def test_results_of_parallel_agents_stand_after_their_own_calls(self) -> None:
        found = fitted([USER, calls("1"), calls("2"), result("2"), result("1")], "any")

        assert found == [USER, calls("1"), result("1"), calls("2"), result("2")]

    def test_calls_that_nobody_answered_are_left_out(self) -> None:
        assert fitted([USER, calls("1", "2"), result("2"), calls("3"), USER], "any") == [USER, calls("2"), result("2"), USER]

    def test_words_of_a_message_without_answered_calls_stay(self) -> None:
        assert fitted([calls("1", text="hm")], "any") == [ChatMessage(role="assistant", content="hm")]

    def test_a_result_without_its_call_is_left_out(self) -> None:
        assert fitted([USER, result("1")], "any") == [USER]


class TestProviders:
    def test_anthropic_is_begun_by_a_user(self) -> None:
        assert roles(fitted([SYSTEM, calls("1", text="hi"), USER], "chatAnthropic")) == ["system", "user", "assistant", "user"]
        assert roles(fitted([SYSTEM, USER], "chatAnthropic")) == ["system", "user"]
        assert roles(fitted([SYSTEM], "chatAnthropic")) == ["system"]

    def test_mistral_hears_the_assistant_between_a_result_and_the_user(self) -> None:
        assert roles(fitted([USER, calls("1"), result("1"), USER], "chatMistralAI")) == ["user", "assistant", "tool", "assistant", "user"]

    def test_others_get_the_messages_as_they_are(self) -> None:
        messages = [calls("1", text="x"), result("1"), USER]

        assert fitted(messages, "chatOpenAI") == messages


def test_the_latest_exchange_reaches_back_to_the_call() -> None:
    assert latest_exchange([USER, calls("1", "2"), result("1"), result("2")]) == [calls("1", "2"), result("1"), result("2")]
    assert latest_exchange([USER, calls("1")]) == [calls("1")]
    assert latest_exchange([]) == []
