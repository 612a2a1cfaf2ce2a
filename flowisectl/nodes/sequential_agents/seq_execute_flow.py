"""Another flow as a step of sequential agents."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import MISSING, text_of
from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.legacy.parts import GraphState, Part, Turn, Update, WorkPart
from flowisectl.engine.legacy.values import flow_of, resolved
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.other_flows import answer_of_flow
from flowisectl.engine.user_function import variables_of
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.sequential_agents._params import CATEGORY, previous_param, return_value_param
from flowisectl.nodes.sequential_agents._prompt import spoken
from flowisectl.nodes.sequential_agents._returned import returned

_QUESTION = "userQuestion"


class SeqExecuteFlow(Node):
    definition = NodeDefinition(
        name="seqExecuteFlow",
        label="Execute Flow",
        category=CATEGORY,
        version=1.0,
        base_classes=("ExecuteFlow",),
        description="Runs another flow and goes on with its answer",
        credential=CredentialParam(("chatflowApi",), optional=True),
        inputs=(
            previous_param(),
            NodeParam("seqExecuteFlowName", "Name", "string"),
            NodeParam("selectedFlow", "Select Flow", "asyncOptions", load_method="listFlows"),
            NodeParam(
                "seqExecuteFlowInput",
                "Input",
                "options",
                options=(Option("{{ question }}", _QUESTION, "The user's question"),),
                free_solo=True,
                description="The user's question, what an earlier node has said, or a text",
            ),
            NodeParam("overrideConfig", "Override Config", "json", optional=True, additional=True),
            NodeParam(
                "baseURL",
                "Base URL",
                "string",
                optional=True,
                additional=True,
                placeholder="https://flows.example",
                description="The server that has the flow, when this one does not",
            ),
            NodeParam("startNewSession", "Start new session per message", "boolean", default=False, optional=True, additional=True),
            return_value_param(),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        flow_id = str(inputs.require("selectedFlow"))
        if flow_id == context.flow_id:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) would run the flow that it belongs to: select another one")
        label = inputs.text("seqExecuteFlowName", inputs.label)

        async def act(turn: Turn) -> Update:
            overrides = inputs.json("overrideConfig")
            starts_anew = inputs.flag("startNewSession")
            chat_id = str(uuid.uuid4()) if starts_anew else context.chat_id
            session_id = chat_id if starts_anew else context.session_id
            request = RunRequest(
                question=await _question(inputs, context, turn.state),
                override_config={"sessionId": session_id, **(overrides if isinstance(overrides, Mapping) else {})},
            )
            answer = await answer_of_flow(
                flow_id,
                request,
                context,
                chat_id=chat_id,
                base_url=inputs.text("baseURL").strip(),
                api_key=inputs.secret("chatflowApiKey"),
            )
            return returned(inputs, label, answer.get("text") or answer.get("json") or "")

        return WorkPart(node_id=inputs.node_id, label=label, act=act)


async def _question(inputs: NodeInputs, context: RunContext, state: GraphState) -> str:
    """What the other flow is asked."""
    value: Any = inputs.get("seqExecuteFlowInput", _QUESTION)
    if value == _QUESTION:
        return context.request.final_question
    if isinstance(value, Part):
        value = value.to_json()
    found = resolved(spoken(value, state), flow_of(context, state), await variables_of(context, inputs), state)
    return "" if found is MISSING or found is None else text_of(found)
