"""What user code of these nodes sees: `$flow`, `$vars`, `$input`, the node's own input variables and its tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import UserFunctionError, call_user_function, input_variables, variables_of
from flowisectl.interfaces.javascript import HostFunction
from flowisectl.interfaces.tool import Tool

_ANSWER_PARTS = ("sourceDocuments", "usedTools", "artifacts", "fileAnnotations")
"""Names of `$flow` without a value: there is no answer yet that they could belong to."""
_NO_ANSWER = "".join(f"$flow.{name} = " for name in _ANSWER_PARTS) + "undefined; "


async def call_function(inputs: NodeInputs, context: RunContext, code: str, *, has_session: bool = True) -> Any:
    """Run the node's code. Raises UserFunctionError, InvalidFlow.

    At the end of a flow `$flow.sessionId` has no value (`has_session` is false): existing functions and recorded answers
    rely on it.
    """
    flow: dict[str, Any] = {
        "input": context.request.final_question,
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "rawOutput": "",
        "chatHistory": [],
        **dict.fromkeys(_ANSWER_PARTS),
    }
    tools: list[Tool] = inputs.items("tools")
    head = (_NO_ANSWER if has_session else f"$flow.sessionId = {_NO_ANSWER}") + _tools_head(tools)
    try:
        return await call_user_function(
            context,
            head + code,
            flow=flow,
            question=context.request.final_question,
            variables=await variables_of(context, inputs),
            extra=input_variables(inputs),
            host_functions={"$callTool": _tool_caller(tools, flow)} if tools else None,
        )
    except UserFunctionError as error:
        raise UserFunctionError(f"Error: {error}") from error


def _tools_head(tools: list[Tool]) -> str:
    """`$tools`: name → object with an async `_call`, as code of existing flows uses it. On one line with the user's first."""
    if not tools:
        return ""
    names = orjson.dumps([tool.spec.name for tool in tools]).decode()
    return (
        f"const $tools = Object.fromEntries({names}.map((name) => {{ const call = (args) => $callTool({{ name, args }});"
        " return [name, { name, _call: call, call, invoke: call }]; })); "
    )


def _tool_caller(tools: list[Tool], flow: Mapping[str, Any]) -> HostFunction:
    by_name = {tool.spec.name: tool for tool in tools}

    async def call(request: Any) -> Any:
        arguments = request.get("args")
        outcome = await by_name[request["name"]].call(arguments if isinstance(arguments, Mapping) else {"input": arguments}, flow)
        return outcome.text

    return call
