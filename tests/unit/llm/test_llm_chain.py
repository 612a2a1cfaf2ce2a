"""One prompt, one model, one answer."""

from __future__ import annotations

import pytest

from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.llm_chain import LlmChain, filled_values, with_images
from flowisectl.llm.output_parsing import ListParser
from flowisectl.llm.prompt_template import ChatPrompt, TextPrompt
from flowisectl.testing import ScriptedChatModel

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


class TestFillingVariables:
    def test_the_question_fills_the_only_variable(self) -> None:
        assert filled_values(TextPrompt(template="{anything}"), "q") == {"anything": "q"}

    def test_the_question_fills_the_one_that_has_no_value(self) -> None:
        prompt = TextPrompt(template="{a} {b}", values={"a": "A", "b": None})

        assert filled_values(prompt, "q") == {"a": "A", "b": "q"}

    def test_an_empty_text_is_a_value(self) -> None:
        prompt = TextPrompt(template="{a} {b}", values={"a": "", "b": ""})

        assert filled_values(prompt, "q") == {"a": "", "b": ""}

    def test_the_question_is_not_used_when_all_have_values(self) -> None:
        assert filled_values(TextPrompt(template="{a}", values={"a": "A"}), "q") == {"a": "A"}

    def test_several_without_a_value_are_listed(self) -> None:
        with pytest.raises(MissingInput, match=r"^Please provide Prompt Values for: a, c$"):
            filled_values(TextPrompt(template="{a} {b} {c}", values={"b": 1}), "q")

    def test_a_prompt_without_variables_is_asked_as_it_is(self) -> None:
        assert filled_values(TextPrompt(template="Tell a joke"), "q") == {}


async def test_the_answer_is_the_models_text() -> None:
    model = ScriptedChatModel("forty-two")

    answer = await LlmChain(model=model, prompt=TextPrompt(template="What is {x}?")).predict("it")

    assert answer == "forty-two"
    assert model.calls[0].texts == [("user", "What is it?")]
    assert not model.calls[0].streamed


async def test_a_refusal_of_the_provider_is_handed_on() -> None:
    model = ScriptedChatModel(ProviderError("429 slow down", provider="p", status=429))

    with pytest.raises(ProviderError, match="429"):
        await LlmChain(model=model, prompt=TextPrompt(template="{x}")).predict("q")


class TestParsers:
    async def test_the_prompt_may_name_the_place_of_the_form(self) -> None:
        model = ScriptedChatModel("a, b")
        prompt = TextPrompt(template="{x}: {format_instructions}")

        answer = await LlmChain(model=model, prompt=prompt, parser=ListParser()).predict("Colours")

        form = ListParser().format_instructions
        assert answer == ["a", "b"]
        assert model.calls[0].texts == [("user", f"Colours: {form}\n{form}")]

    def chain(self, model: ScriptedChatModel, *, auto_fix: bool) -> LlmChain:
        return LlmChain(model=model, prompt=TextPrompt(template="{x}"), parser=ListParser(length=2, auto_fix=auto_fix))

    async def test_the_answer_is_data_and_the_model_was_told_the_form(self) -> None:
        model = ScriptedChatModel("a, b")

        assert await self.chain(model, auto_fix=False).predict("q") == ["a", "b"]
        assert "2 items" in model.calls[0].messages[0].text

    async def test_a_wrong_answer_is_an_error(self) -> None:
        with pytest.raises(ValueError, match=r"^Incorrect number of items"):
            await self.chain(ScriptedChatModel("a"), auto_fix=False).predict("q")

    async def test_a_wrong_answer_is_repaired_once_when_wanted(self) -> None:
        model = ScriptedChatModel("a", "a,b")

        assert await self.chain(model, auto_fix=True).predict("q") == ["a", "b"]
        assert "Expected 2, got 1." in model.calls[1].messages[0].text

    async def test_a_repair_that_fails_is_an_error(self) -> None:
        with pytest.raises(ValueError, match=r"^Incorrect number of items"):
            await self.chain(ScriptedChatModel("a", ChatReply(text="b")), auto_fix=True).predict("q")

    async def test_tools_get_data_as_json(self) -> None:
        assert await self.chain(ScriptedChatModel("a,b"), auto_fix=False).answer("q") == '["a","b"]'


def test_images_stand_in_front_of_the_last_question() -> None:
    prompt = ChatPrompt(system="s", human="h")

    messages = with_images(prompt.messages({}), [IMAGE])

    assert messages[1].content == [IMAGE, {"type": "text", "text": "h"}]


def test_images_without_a_question_are_a_message_of_their_own() -> None:
    assert with_images([ChatMessage(role="system", content="s")], [IMAGE])[-1] == ChatMessage(role="user", content=[IMAGE])
