"""An agent that asks for its tools in JSON, for models without function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text, tool_flow
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.moderation import moderated
from flowisectl.llm.text_agent import TextAgent, read_json_step, tool_lines, tool_names
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, agent_messages
from flowisectl.texts.agents import JSON_AGENT_FORMAT, JSON_AGENT_OBSERVATION, JSON_AGENT_QUESTION, JSON_AGENT_REMINDER
from flowisectl.texts.text import filled

SYSTEM = "You are an assistant that helps with all kinds of tasks, from simple questions to long discussions, and that may use tools."


class ConversationalAgent(Node):
    definition = NodeDefinition(
        name="conversationalAgent",
        label="Conversational Agent",
        category="Agents",
        version=3.0,
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="An agent that asks for its tools in JSON, for models without function calling",
        inputs=(
            NodeParam("tools", "Allowed Tools", "Tool", list=True),
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("systemMessage", "System Message", "string", default=SYSTEM, optional=True, rows=4, additional=True),
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
            read=read_json_step,
            stop=("\nObservation",),
            max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS,
            observation=context.texts.of(JSON_AGENT_OBSERVATION),
        )
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": str(refusal)}
        form = filled(context.texts.of(JSON_AGENT_FORMAT), tool_names=tool_names(tools))
        prompt = context.texts.of(JSON_AGENT_QUESTION)
        asked = filled(prompt, tools=tool_lines(tools), format_instructions=form, input=question)
        messages = agent_messages(
            None,
            inputs.wording("systemMessage", SYSTEM) + context.texts.template(JSON_AGENT_REMINDER),
            await memory.messages(prepended_messages(context)),
            asked,
            await image_parts(context, agent.model),
        )
        answer = await agent.work(messages, tool_flow(context))
        await memory.add(question, answer.text)
        return answer.to_fields()
