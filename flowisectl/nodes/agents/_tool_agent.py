"""How agents answer that call tools by their model's function calling."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flowisectl.engine.answer_events import answer_events, tell_agent_step, tell_extras
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text, tool_flow
from flowisectl.interfaces.chat_model import ChatModel, ToolSpec
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.agent_steps import StepTeller
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.prompt_template import as_text
from flowisectl.llm.query_engine import EngineTool
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, ToolAgent, agent_messages


class EngineCall:
    """A query engine as a tool of an agent."""

    return_direct = False

    def __init__(self, tool: EngineTool) -> None:
        argument = {"type": "string", "description": "The question to answer"}
        parameters = {"type": "object", "properties": {"query": argument}, "required": ["query"]}
        self.spec = ToolSpec(name=tool.name, description=tool.description, parameters=parameters)
        self._engine = tool.engine

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text=await self._engine.answer(as_text(arguments.get("query") or "")))


async def answer_with_tools(inputs: NodeInputs, context: RunContext, *, system: str, may_stream: bool = True) -> Mapping[str, Any]:
    """The answer's text, and what its tools brought. `system` is the node's own system message, for flows that carry none."""
    model: ChatModel = inputs.require("model")
    memory: ChatMemory = inputs.require("memory")
    tools = [EngineCall(tool) if isinstance(tool, EngineTool) else tool for tool in inputs.items("tools")]
    teller = teller_to(answer_events(context)) if may_stream else None
    has_steps = teller is not None and inputs.flag("enableDetailedStreaming")
    agent = ToolAgent(
        model=model,
        tools=tools,
        max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS,
        steps=StepTeller(partial(tell_agent_step, context)) if has_steps else None,
    )
    try:
        question = await moderated(question_text(context), inputs.items("inputModeration"))
    except ModerationRefusal as refusal:
        return {"text": refused(refusal, teller)}
    images = await image_parts(context, model)
    messages = agent_messages(
        inputs.get("chatPromptTemplate"),
        inputs.wording("systemMessage", system),
        await memory.messages(prepended_messages(context)),
        question,
        images,
    )
    answer = await agent.work(messages, tool_flow(context), teller)
    await memory.add(question, answer.text)
    fields = answer.to_fields()
    if "usedTools" in fields:  # the documents of all tools are told beside them
        fields["usedTools"] = [{name: value for name, value in used.items() if name != "sourceDocuments"} for used in answer.used_tools]
    if teller is not None:
        tell_extras(context, fields)
        answer.tell_untold(teller)
    return fields
