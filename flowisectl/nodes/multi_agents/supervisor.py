"""Leads a team of workers: says who works next, and when the work is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.channels import Channel
from flowisectl.engine.legacy.parts import DEFAULT_STEP_LIMIT, FINISH, SupervisorPart, Turn, Update, name_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import image_parts
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions, ToolSpec
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.agent_conversation import fitted
from flowisectl.llm.prompt_template import format_template
from flowisectl.texts.agents import NEXT_WORKER
from flowisectl.texts.text import filled

PROMPT = (
    "You lead a team with these members: {team_members}. Read the user's request and what the team has done so far, and give the next "
    "piece of work to the member who fits it best. Take as few steps as the request allows. When nothing is left to do, say FINISH."
)
_ROUTE = "route"
_KEYS = ("next", "instructions", "team_members", "summarization")


class Supervisor(Node):
    definition = NodeDefinition(
        name="supervisor",
        label="Supervisor",
        category="Multi Agents",
        version=3.0,
        base_classes=("Supervisor",),
        description="Says which worker of a team works next",
        inputs=(
            NodeParam("supervisorName", "Supervisor Name", "string", "Supervisor", placeholder="Supervisor"),
            NodeParam(
                "supervisorPrompt",
                "Supervisor Prompt",
                "string",
                PROMPT,
                rows=4,
                additional=True,
                description="{team_members} in it stands for the names of the workers",
            ),
            NodeParam("model", "Tool Calling Chat Model", "BaseChatModel", description="Must be able to call functions"),
            NodeParam("agentMemory", "Agent Memory", "BaseCheckpointSaver", optional=True, description="Keeps the state of a session"),
            NodeParam(
                "summarization",
                "Summarization",
                "boolean",
                optional=True,
                additional=True,
                description="The supervisor sums the work up; the summary answers when no worker did",
            ),
            NodeParam(
                "recursionLimit",
                "Recursion Limit",
                "number",
                DEFAULT_STEP_LIMIT,
                additional=True,
                description="The most steps of supervisor and workers together",
            ),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> SupervisorPart:
        model: ChatModel = inputs.require("model")

        async def act(turn: Turn) -> Update:
            spec = _route_spec(turn.team, with_summary=inputs.flag("summarization"))
            members = ", ".join(turn.team)
            asked = filled(context.texts.of(NEXT_WORKER), members=", ".join((FINISH, *turn.team)))
            images = await image_parts(context, model)
            messages = [
                ChatMessage(role="system", content=format_template(inputs.wording("supervisorPrompt", PROMPT), {"team_members": members})),
                *([ChatMessage(role="user", content=images)] if images else []),
                *turn.state.messages,
                ChatMessage(role="user", content=asked),
            ]
            reply = await model.invoke(fitted(messages, model.provider), ChatOptions(tools=(spec,), tool_choice=_ROUTE))
            call = next((call for call in reply.tool_calls if call.name == _ROUTE), None)
            values = _decision(call.arguments, turn.team, context) if call else {"next": FINISH, "instructions": reply.text}
            return Update(values={**values, "team_members": members})

        return SupervisorPart(
            node_id=inputs.node_id,
            label=inputs.text("supervisorName", "Supervisor"),
            model=model,
            remembers=inputs.get("agentMemory") is not None,
            moderations=inputs.items("inputModeration"),
            channels={key: Channel() for key in _KEYS},
            step_limit=inputs.integer("recursionLimit") or DEFAULT_STEP_LIMIT,
            act=act,
        )


def _route_spec(team: tuple[str, ...], *, with_summary: bool) -> ToolSpec:
    """The function by which the model says what happens next."""
    properties: dict[str, Any] = {
        "reasoning": {"type": "string", "description": "Why this is the right next step"},
        "next": {"type": "string", "enum": [FINISH, *team], "description": "Who works next"},
        "instructions": {"type": "string", "description": "What exactly this member has to do, or the answer when nobody has to"},
    }
    if with_summary:
        properties["summarization"] = {"type": "string", "description": "What the team has found out or done so far"}
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return ToolSpec(name=_ROUTE, description="Say what happens next", parameters=schema)


def _decision(arguments: Mapping[str, Any], team: tuple[str, ...], context: RunContext) -> dict[str, Any]:
    """Who works next and what for. A name that nobody has ends the work."""
    chosen = name_of(str(arguments.get("next") or FINISH))
    if chosen not in team and chosen != FINISH.lower():
        context.trace.note(f"the supervisor chose {chosen!r}, which is none of {', '.join(team)}: the work ends here")
    decision: dict[str, Any] = {"next": chosen if chosen in team else FINISH, "instructions": str(arguments.get("instructions") or "")}
    if arguments.get("summarization"):
        decision["summarization"] = str(arguments["summarization"])
    return decision
