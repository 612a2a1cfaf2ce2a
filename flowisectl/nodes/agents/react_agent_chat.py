"""An agent that thinks and acts in lines of text, for models without function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text, tool_flow
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.moderation import moderated
from flowisectl.llm.text_agent import TextAgent, read_react_step, tool_lines, tool_names
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS
from flowisectl.texts.agents import REACT_AGENT
from flowisectl.texts.text import filled


class ReactAgentChat(Node):
    definition = NodeDefinition(
        name="reactAgentChat",
        label="ReAct Agent for Chat Models",
        category="Agents",
        version=4.0,
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="An agent that thinks and acts in lines of text, for models without function calling",
        inputs=(
            NodeParam("tools", "Allowed Tools", "Tool", list=True),
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True, additional=True),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        tools: list[Tool] = inputs.items("tools")
        memory: ChatMemory = inputs.require("memory")
        agent = TextAgent(
            model=inputs.require("model"),
            tools=tools,
            read=read_react_step,
            stop=("\nObservation:",),
            max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS,
        )
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": str(refusal)}
        earlier = await memory.messages(prepended_messages(context))
        history = "\\n".join(message.text for message in earlier)
        prompt = context.texts.of(REACT_AGENT)
        asked = filled(prompt, tools=tool_lines(tools), tool_names=tool_names(tools), chat_history=history, input=question)
        images = await image_parts(context, agent.model)
        content = [{"type": "text", "text": asked}, *images] if images else asked
        answer = await agent.work([ChatMessage(role="user", content=content)], tool_flow(context))
        await memory.add(question, answer.text)
        return {"text": answer.text}
