"""The prompt nodes."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.coded_messages import MESSAGE_CLASSES
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.llm.prompt_template import TextPrompt
from flowisectl.nodes.prompts.chat_prompt_template import ChatPromptTemplate
from flowisectl.nodes.prompts.few_shot_prompt_template import FewShotPromptTemplate
from flowisectl.nodes.prompts.prompt_template import PromptTemplate
from flowisectl.testing import PythonJavaScript, run_context


class TestPromptTemplate:
    @pytest.mark.parametrize(
        ("given", "values"),
        [("", {}), (None, {}), ("{}", {}), ('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("{a: 'lenient',}", {"a": "lenient"})],
    )
    async def test_values_may_be_an_object_or_json_text(self, given: Any, values: dict[str, Any]) -> None:
        prompt = await PromptTemplate().build(NodeInputs({"template": "{a}", "promptValues": given}), run_context())

        assert prompt == TextPrompt(template="{a}", values=values)

    @pytest.mark.parametrize("given", ["no json", "[1]", "5"])
    async def test_values_that_are_no_object_are_refused(self, given: str) -> None:
        with pytest.raises(InvalidFlow, match="Invalid JSON"):
            await PromptTemplate().build(NodeInputs({"template": "{a}", "promptValues": given}), run_context())


class TestChatPromptTemplate:
    def inputs(self, **more: Any) -> NodeInputs:
        return NodeInputs({"systemMessagePrompt": "S", "humanMessagePrompt": "H {x}", **more}, node_id="p_0", label="Chat Prompt Template")

    async def build(self, result: Any, **more: Any) -> Any:
        javascript = PythonJavaScript({MESSAGE_CLASSES + "code": lambda names, host: result})
        return await ChatPromptTemplate().build(self.inputs(messageHistoryCode="code", **more), run_context(javascript=javascript))

    async def test_it_has_a_system_and_a_user_message(self) -> None:
        prompt = await ChatPromptTemplate().build(self.inputs(promptValues='{"x": 1}'), run_context())

        assert [(message.role, message.text) for message in prompt.messages(prompt.values)] == [("system", "S"), ("user", "H 1")]

    @pytest.mark.parametrize(
        "result",
        [
            [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
            '[{"role": "human", "content": "hi"}, {"type": "ai", "content": "hello"}]',
        ],
    )
    async def test_messages_of_its_code_stand_in_the_middle(self, result: Any) -> None:
        prompt = await self.build(result)

        assert [(message.role, message.text) for message in prompt.messages({})[1:3]] == [("user", "hi"), ("assistant", "hello")]

    async def test_tool_messages_keep_their_calls(self) -> None:
        prompt = await self.build(
            [
                {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "name": "add", "args": {"a": 1}}]},
                {"role": "tool", "content": "2", "tool_call_id": "1"},
            ]
        )

        assert prompt.history[0].tool_calls[0].arguments == {"a": 1}
        assert prompt.history[1].tool_call_id == "1"

    @pytest.mark.parametrize("result", ["text", {"role": "user"}, [{"content": "x"}], ["x"], None])
    async def test_other_results_are_refused_with_the_nodes_name(self, result: Any) -> None:
        with pytest.raises(InvalidFlow, match=r"'p_0'.*message"):
            await self.build(result)


class TestFewShotPromptTemplate:
    async def build(self, **more: Any) -> Any:
        values = {
            "examples": '[{"a": 1}]',
            "examplePrompt": TextPrompt(template="{a}"),
            "prefix": "P",
            "suffix": "{q}",
            "exampleSeparator": "-",
            **more,
        }
        return await FewShotPromptTemplate().build(NodeInputs(values), run_context())

    async def test_examples_are_formatted(self) -> None:
        assert (await self.build()).messages({"q": "?"})[0].text == "P-1-?"

    async def test_jinja_templates_have_double_braces(self) -> None:
        prompt = await self.build(templateFormat="jinja-2", suffix="{{ q }}")

        assert prompt.variables == ("q",)

    @pytest.mark.parametrize("examples", ["no json", '{"a": 1}', "[1]"])
    async def test_examples_that_are_no_list_of_objects_are_refused(self, examples: str) -> None:
        with pytest.raises(InvalidFlow, match="examples"):
            await self.build(examples=examples)

    async def test_the_example_prompt_must_be_a_text(self) -> None:
        with pytest.raises(InvalidFlow, match="example prompt"):
            await self.build(examplePrompt=object())
        with pytest.raises(MissingInput, match="examplePrompt"):
            await self.build(examplePrompt="")
