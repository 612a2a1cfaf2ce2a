"""A system message and a message of the user, each with variables in single braces."""

from __future__ import annotations

from flowisectl.engine.coded_messages import coded_messages
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.prompt_template import ChatPrompt
from flowisectl.nodes.prompts._values import prompt_values


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
            NodeParam(
                "messageHistory",
                "Messages History",
                "tabs",
                default="messageHistoryCode",
                additional=True,
                description="Messages between the two, such as worked examples",
                tab_identifier="selectedMessagesTab",
                tabs=(NodeParam("messageHistoryCode", "Add Messages (Code)", "code", optional=True, additional=True),),
            ),
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
    flow = {
        "chatflowId": context.flow_id,
        "sessionId": context.session_id,
        "chatId": context.chat_id,
        "input": context.request.question,
    }
    return await coded_messages(inputs.text("messageHistoryCode"), inputs, context, flow=flow, question=context.request.question)
