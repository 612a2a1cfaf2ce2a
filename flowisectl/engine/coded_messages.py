"""Messages that JavaScript of a flow's author makes, such as worked examples before a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.inputs import text_of
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.message import ChatMessage, Role, ToolCall

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "userMessage": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "apiMessage": "assistant",
    "tool": "tool",
}
# Flows build their messages with the classes of LangChain; here these make plain objects. One line, so that the numbers of
# lines in error texts stay those of the user's code.
MESSAGE_CLASSES = (
    "const require = ((load) => { const message = (role) => function (given) {"
    " return Object.assign(this, typeof given === 'object' && !Array.isArray(given) ? given : { content: given }, { role }); };"
    " const messages = { HumanMessage: message('user'), AIMessage: message('assistant'), SystemMessage: message('system'),"
    " ToolMessage: message('tool') };"
    " return (name) => name.startsWith('@langchain/core/messages') ? messages : load(name); })(globalThis.require); "
)


async def coded_messages(
    code: str, inputs: NodeInputs, context: RunContext, *, flow: Mapping[str, Any], question: str
) -> list[ChatMessage]:
    """What the code returns: `[{role | type, content, tool_calls?, tool_call_id?}]`, or JSON text of that; empty without any code.

    Raises UserFunctionError; InvalidFlow for anything else.
    """
    if not code.strip():
        return []
    result = await call_user_function(
        context, MESSAGE_CLASSES + code, flow=flow, question=question, variables=await variables_of(context, inputs)
    )
    if not isinstance(result, list):
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): the code for its message history must return an array of messages")
    return [_message(item, inputs) for item in result]


def _message(item: Any, inputs: NodeInputs) -> ChatMessage:
    role = _ROLES.get(str(item.get("role") or item.get("type") or "")) if isinstance(item, Mapping) else None
    if role is None:
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): its message history has an entry without a known role")
    content, calls = item.get("content") or "", item.get("tool_calls")
    return ChatMessage(
        role=role,
        content=content if isinstance(content, list) else text_of(content),
        tool_calls=tuple(
            ToolCall(id=str(call.get("id") or ""), name=str(call.get("name") or ""), arguments=call.get("args") or {})
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, Mapping)
        ),
        tool_call_id=str(item.get("tool_call_id") or "") if role == "tool" else None,
    )
