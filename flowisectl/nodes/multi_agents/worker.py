"""A member of a team: does what the supervisor asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import GraphState, Turn, Update, WorkPart, name_of
from flowisectl.engine.legacy.values import flow_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import image_parts
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.agent_conversation import fitted
from flowisectl.llm.prompt_template import format_template
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, ToolAgent
from flowisectl.texts.agents import TEAMWORK
from flowisectl.texts.text import filled

PROMPT = "You research questions for the team. Look things up with your tools whenever newer or exact information is needed."


class Worker(Node):
    definition = NodeDefinition(
        name="worker",
        label="Worker",
        category="Multi Agents",
        version=2.0,
        base_classes=("Worker",),
        description="A member of a team that a supervisor leads",
        hide_output=True,
        inputs=(
            NodeParam("workerName", "Worker Name", "string", placeholder="Worker"),
            NodeParam("workerPrompt", "Worker Prompt", "string", PROMPT, rows=4),
            NodeParam("tools", "Tools", "Tool", optional=True, list=True),
            NodeParam("supervisor", "Supervisor", "Supervisor"),
            NodeParam("model", "Tool Calling Chat Model", "BaseChatModel", optional=True, description="Instead of the supervisor's model"),
            NodeParam(
                "promptValues",
                "Format Prompt Values",
                "json",
                optional=True,
                list=True,
                accept_variable=True,
                description="Values of the variables in the prompt",
            ),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        inputs.require("supervisor")
        label = inputs.text("workerName", inputs.label)
        tools: list[Tool] = inputs.items("tools")

        async def act(turn: Turn) -> Update:
            model: ChatModel = inputs.get("model") or turn.model
            agent = ToolAgent(model=model, tools=tools, max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS)
            images = await image_parts(context, model)
            messages = [
                ChatMessage(role="system", content=_system(inputs, turn.state, context)),
                *([ChatMessage(role="user", content=images)] if images else []),
                *turn.state.messages,
            ]
            answer = await agent.work(fitted(messages, model.provider), flow_of(context, turn.state))
            found = {name: value for name, value in answer.to_fields().items() if name != "text"}
            extra = {"nodeId": inputs.node_id, "type": "worker", **found}
            return Update(messages=(ChatMessage(role="user", content=answer.text, name=name_of(label), extra=extra),))

        return WorkPart(node_id=inputs.node_id, label=label, act=act)


def _system(inputs: NodeInputs, state: GraphState, context: RunContext) -> str:
    """The worker's prompt, how the team works, and what the supervisor wants of it now."""
    team = str(state.values.get("team_members") or "")
    instructions = str(state.values.get("instructions") or "")
    prompt = inputs.wording("workerPrompt", PROMPT)
    told = format_template(prompt, {"team_members": team, "instructions": instructions, **_values(inputs)})
    told += filled(context.texts.of(TEAMWORK), team_members=team)
    if instructions and "{instructions}" not in prompt:
        told += f"\n\nThe supervisor's instructions for your next step: {instructions}"
    return told


def _values(inputs: NodeInputs) -> dict[str, Any]:
    if inputs.get("promptValues") is None:
        return {}
    data = inputs.json("promptValues")
    if not isinstance(data, Mapping):
        raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): promptValues is no JSON object: {inputs.text('promptValues')[:200]}")
    return dict(data)
