"""An agent that asks for its tools in XML, for models without function calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import history_lines, prepended_messages
from flowisectl.engine.user_input import question_text, tool_flow
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.moderation import moderated
from flowisectl.llm.prompt_template import format_template
from flowisectl.llm.text_agent import TextAgent, tool_lines
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS
from flowisectl.llm.xml_agent import STOP, XML_FORMAT, read_xml_step


class XMLAgent(Node):
    definition = NodeDefinition(
        name="xmlAgent",
        label="XML Agent",
        category="Agents",
        version=2.0,
        base_classes=("XMLAgent", "BaseChain", "Runnable"),
        description="An agent that asks for its tools in XML, for models without function calling",
        inputs=(
            NodeParam("tools", "Tools", "Tool", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("systemMessage", "System Message", "string", default=XML_FORMAT, rows=4, additional=True),
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
            read=read_xml_step,
            stop=STOP,
            max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS,
        )
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": str(refusal)}
        history = history_lines(await memory.messages(prepended_messages(context)))
        values = {"tools": tool_lines(tools), "chat_history": history, "question": question, "input": question, "agent_scratchpad": ""}
        prompt = format_template(inputs.wording("systemMessage", XML_FORMAT), values)
        answer = await agent.work([ChatMessage(role="user", content=prompt)], tool_flow(context))
        await memory.add(question, answer.text)
        return answer.to_fields()
