"""Functions, branches and variables of a flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowisectl.engine.branch import Branch
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import UserFunctionError, lenient_json
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.nodes.utilities.custom_function import CustomFunction
from flowisectl.nodes.utilities.get_variable import GetVariable
from flowisectl.nodes.utilities.if_else_function import IfElseFunction
from flowisectl.nodes.utilities.set_variable import SetVariable
from flowisectl.testing import InMemoryVariables, PythonJavaScript, run_context


class Doubles:
    """User code by its text; the code that the nodes put in front of it is looked past."""

    def __init__(self, **functions: Any) -> None:
        self.functions = functions
        self.codes: list[str] = []

    async def run(self, code: str, variables: Mapping[str, Any], *, host_functions: Any = None, **bounds: Any) -> Any:
        self.codes.append(code)
        name = code.rpartition(" ")[2]
        value = self.functions[name](variables, host_functions)
        return await value if hasattr(value, "__await__") else value


class TestCustomFunction:
    async def test_it_sees_the_run_its_variables_and_its_inputs(self) -> None:
        code = Doubles(look=lambda names, host: names)
        inputs = NodeInputs(
            {"javascriptFunction": "look", "functionInputVariables": '{"a": "1", "o": "{\\"b\\": 2}"}', "vars": {"city": "Oslo"}}
        )

        names = await CustomFunction().build(
            inputs, run_context(javascript=code, question="q", variables=InMemoryVariables({"city": "Rome", "x": 1}))
        )

        assert (names["$a"], names["$o"], names["$input"]) == ("1", {"b": 2}, "q")
        assert names["$vars"] == {"city": "Oslo", "x": 1}
        assert names["$flow"]["chatId"] == "chat-1"
        assert names["$flow"]["sessionId"] == "session-1"
        assert names["$flow"].keys() == {
            "chatflowId", "sessionId", "chatId", "rawOutput", "chatHistory", "sourceDocuments", "usedTools", "artifacts",
            "fileAnnotations", "input",
        }  # fmt: skip

    @pytest.mark.parametrize(("result", "expected"), [("text", "text"), ('{"a": 1}', {"a": 1}), (5, 5), (None, None)])
    async def test_its_result_goes_on_as_data(self, result: Any, expected: Any) -> None:
        inputs = NodeInputs({"javascriptFunction": "give"})

        assert await CustomFunction().build(inputs, run_context(javascript=Doubles(give=lambda n, h: result))) == expected

    async def test_at_the_end_of_a_flow_the_session_is_undefined(self) -> None:
        code = Doubles(give=lambda n, h: "x")

        await CustomFunction().run(NodeInputs({"javascriptFunction": "give"}), run_context(javascript=code))

        assert len(code.codes) == 1
        assert code.codes[0].startswith("$flow.sessionId = ")

    async def test_errors_are_told_as_clients_know_them(self) -> None:
        inputs = NodeInputs({"javascriptFunction": "boom"})

        with pytest.raises(UserFunctionError, match=r"^Error: NodeVM Execution Error: ReferenceError"):
            await CustomFunction().build(inputs, run_context(javascript=PythonJavaScript()))
        with pytest.raises(UserFunctionError, match=r"^Error: NodeVM Execution Error: ReferenceError"):
            await CustomFunction().run(inputs, run_context(javascript=PythonJavaScript()))

    @pytest.mark.parametrize("given", ["no json", "[1]"])
    async def test_input_variables_must_be_an_object(self, given: str) -> None:
        with pytest.raises(InvalidFlow, match="Input Variables"):
            await CustomFunction().build(NodeInputs({"javascriptFunction": "x", "functionInputVariables": given}), run_context())

    async def test_its_tools_can_be_called(self) -> None:
        class Adds:
            spec = ToolSpec(name="adds", description="", parameters={})
            return_direct = False

            async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
                return ToolOutcome(text=f"{arguments} {flow['chatId']}")

        async def use(names: Mapping[str, Any], host: Any) -> Any:
            return [await host["$callTool"]({"name": "adds", "args": args}) for args in ({"a": 1}, "plain")]

        code = Doubles(use=use)

        result = await CustomFunction().build(NodeInputs({"javascriptFunction": "use", "tools": [Adds()]}), run_context(javascript=code))

        assert result == ["{'a': 1} chat-1", "{'input': 'plain'} chat-1"]
        assert '["adds"]' in code.codes[0]


class TestIfElseFunction:
    @pytest.mark.parametrize("value", ["text", 1, [0], {"a": 1}, True])
    async def test_a_true_result_takes_the_first_branch(self, value: Any) -> None:
        inputs = NodeInputs({"ifFunction": "first", "elseFunction": "second"})

        branch = await IfElseFunction().build(inputs, run_context(javascript=Doubles(first=lambda n, h: value)))

        assert branch == Branch(value=value, dead_output="returnFalse")

    @pytest.mark.parametrize("value", ["", 0, False, None])
    async def test_a_false_result_takes_the_second_branch_with_its_value(self, value: Any) -> None:
        code = Doubles(first=lambda n, h: value, second=lambda n, h: "else")

        branch = await IfElseFunction().build(NodeInputs({"ifFunction": "first", "elseFunction": "second"}), run_context(javascript=code))

        assert branch == Branch(value="else", dead_output="returnTrue")


class TestVariables:
    @pytest.mark.parametrize(("given", "expected"), [(["x"], "x"), (["x", "y"], ["x", "y"]), ([], ""), ("", ""), ([{"a": 1}], {"a": 1})])
    async def test_what_is_set_can_be_got(self, given: Any, expected: Any) -> None:
        context = run_context()

        kept = await SetVariable().build(NodeInputs({"input": given, "variableName": "v"}), context)

        assert kept == expected
        assert await GetVariable().build(NodeInputs({"variableName": "v"}), context) == expected

    async def test_what_was_never_set_is_empty(self) -> None:
        assert await GetVariable().build(NodeInputs({"variableName": "v"}), run_context()) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", [1, 2]),
        ("{a: 'b',}", {"a": "b"}),
        ("{broken", "{broken"),
        ("{broken}", "{broken}"),
        ("5", "5"),
        ("", ""),
        ("[" * 3000 + "]" * 3000, "[" * 3000 + "]" * 3000),
        ("{" + "x" * 30_000 + "}", "{" + "x" * 30_000 + "}"),
    ],
)
def test_texts_that_look_like_json_become_data(text: str, value: Any) -> None:
    assert lenient_json(text) == value
