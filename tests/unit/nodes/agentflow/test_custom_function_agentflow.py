from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step

from flowisectl.engine.context import RunContext
from flowisectl.errors import FlowError
from flowisectl.interfaces.javascript import UNDEFINED
from flowisectl.testing import PythonJavaScript, run_context

CODE = "return work()"


def context_for(work: Any) -> RunContext:
    return run_context(javascript=PythonJavaScript({CODE: lambda variables, host: work(variables)}))


async def call(work: Any, context: RunContext | None = None, step: dict[str, Any] | None = None, **inputs: Any) -> Any:
    return await take_step(
        "customFunctionAgentflow", {"customFunctionJavascriptFunction": CODE, **inputs}, context or context_for(work), **(step or {})
    )


async def test_the_function_sees_its_variables_the_flow_and_the_question() -> None:
    seen: dict[str, Any] = {}
    rows = [{"variableName": "who", "variableValue": "Ada"}]

    result = await call(seen.update, customFunctionInputVariables=rows, step={"state": {"k": 1}, "variables": {"v": 2}})

    assert (seen["$who"], seen["$input"], seen["$vars"]) == ("Ada", "Q", {"v": 2})
    assert seen["$flow"]["state"] == {"k": 1}
    assert {"chatflowId", "sessionId", "chatId", "input"} <= set(seen["$flow"])
    assert result.input == {"inputVariables": rows, "code": CODE}


@pytest.mark.parametrize(
    ("returned", "content"),
    [("text", "text"), (5, 5), (True, True), ({"a": 1}, '{\n  "a": 1\n}'), ("[1,2]", "[\n  1,\n  2\n]")],
)
async def test_objects_are_shown_as_text_and_other_values_stay(returned: Any, content: Any) -> None:
    assert (await call(lambda variables: returned)).output == {"content": content}


async def test_a_function_that_gives_nothing_has_no_content_and_takes_its_key_away() -> None:
    context = context_for(lambda variables: UNDEFINED)
    rows = [{"key": "k", "value": "{{ output }}"}, {"key": "text", "value": "is {{ output }}"}]

    result = await call(None, context, customFunctionUpdateState=rows, step={"state": {"k": "v", "other": 1}})

    assert result.output == {}
    assert result.state == {"other": 1, "text": "is undefined"}
    assert context.events.kinds() == []  # type: ignore[attr-defined]


async def test_null_is_shown_as_a_text_but_not_said() -> None:
    context = context_for(lambda variables: None)

    result = await call(None, context, customFunctionUpdateState=[{"key": "k", "value": "{{ output }}"}])

    assert result.output == {"content": "null"}
    assert result.state == {"k": "null"}
    assert context.events.kinds() == []  # type: ignore[attr-defined]


async def test_the_input_variables_are_shown_as_they_were_saved() -> None:
    result = await call(lambda variables: 1, customFunctionInputVariables="")

    assert result.input["inputVariables"] == ""


async def test_the_result_is_said_and_kept_in_the_state() -> None:
    context = context_for(lambda variables: 7)

    result = await call(None, context, customFunctionUpdateState=[{"key": "n", "value": "{{ output }}"}])

    assert result.state == {"n": 7}
    assert context.events.text() == "7"  # type: ignore[attr-defined]


async def test_code_that_fails_says_what_javascript_says() -> None:
    with pytest.raises(FlowError, match=r"^Error: NodeVM Execution Error: ReferenceError: no function"):
        await take_step("customFunctionAgentflow", {"customFunctionJavascriptFunction": "other"}, run_context())
