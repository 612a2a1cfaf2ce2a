"""An agent that calls tools by its model's function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events, tell_extras
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text, tool_flow
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, ToolAgent, agent_messages

SYSTEM = "You are a helpful AI assistant."


class ToolAgentNode(Node):
    definition = NodeDefinition(
        name="toolAgent",
        label="Tool Agent",
        category="Agents",
        version=2.0,
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="An agent that calls tools by its model's function calling",
        inputs=(
            NodeParam("tools", "Tools", "Tool", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "Tool Calling Chat Model", "BaseChatModel"),
            NodeParam("chatPromptTemplate", "Chat Prompt Template", "ChatPromptTemplate", optional=True),
            NodeParam("systemMessage", "System Message", "string", default=SYSTEM, optional=True, rows=4, additional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True, additional=True),
            NodeParam("enableDetailedStreaming", "Enable Detailed Streaming", "boolean", default=False, optional=True, additional=True),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        model: ChatModel = inputs.require("model")
        memory: ChatMemory = inputs.require("memory")
        agent = ToolAgent(
            model=model, tools=inputs.items("tools"), max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS
        )
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        images = await image_parts(context, model)
        messages = agent_messages(
            inputs.get("chatPromptTemplate"),
            inputs.text("systemMessage", SYSTEM),
            await memory.messages(prepended_messages(context)),
            question,
            images,
        )
        answer = await agent.work(messages, tool_flow(context), teller)
        await memory.add(question, answer.text)
        fields = answer.to_fields()
        if teller is not None:
            tell_extras(context, fields)
        return fields
