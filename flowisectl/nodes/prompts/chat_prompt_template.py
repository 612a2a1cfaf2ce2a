"""A system message and a message of the user, each with variables in single braces."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.message import ChatMessage, Role, ToolCall
from flowisectl.llm.prompt_template import ChatPrompt, as_text
from flowisectl.nodes.prompts._values import prompt_values

ROLES: dict[str, Role] = {
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


class ChatPromptTemplate(Node):
    definition = NodeDefinition(
        name="chatPromptTemplate",
        label="Chat Prompt Template",
        category="Prompts",
        version=2.0,
        base_classes=("ChatPromptTemplate", "BaseChatPromptTemplate", "BasePromptTemplate", "Runnable"),
        description="A system message and a message of the user, each with variables in single braces",
        inputs=(
            NodeParam("systemMessagePrompt", "System Message", "string", rows=4),
            NodeParam("humanMessagePrompt", "Human Message", "string", rows=4),
            NodeParam("promptValues", "Format Prompt Values", "json", optional=True, list=True, accept_variable=True),
            NodeParam("messageHistory", "Messages History", "tabs", default="messageHistoryCode", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatPrompt:
        return ChatPrompt(
            system=inputs.text("systemMessagePrompt"),
            history=await _history(inputs, context),
            human=inputs.text("humanMessagePrompt"),
            values=prompt_values(inputs),
        )


async def _history(inputs: NodeInputs, context: RunContext) -> list[ChatMessage]:
    """The messages that the node's code returns: `[{role, content, tool_calls?, tool_call_id?}]`, or JSON text of that."""
    code = inputs.text("messageHistoryCode")
    if not code.strip():
        return []
    flow = {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": context.request.question,
    }
    variables = await variables_of(context, inputs)
    result = await call_user_function(context, MESSAGE_CLASSES + code, flow=flow, question=context.request.question, variables=variables)
    if not isinstance(result, list):
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): the code for its message history must return an array of messages")
    return [_message(item, inputs) for item in result]


def _message(item: Any, inputs: NodeInputs) -> ChatMessage:
    role = ROLES.get(str(item.get("role") or item.get("type") or "")) if isinstance(item, dict) else None
    if role is None:
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): its message history has an entry without a known role")
    calls = tuple(
        ToolCall(id=str(call.get("id") or ""), name=str(call.get("name") or ""), arguments=call.get("args") or {})
        for call in item.get("tool_calls") or ()
        if isinstance(call, dict)
    )
    call_id = str(item.get("tool_call_id") or "") if role == "tool" else None
    return ChatMessage(role=role, content=as_text(item.get("content") or ""), tool_calls=calls, tool_call_id=call_id)
