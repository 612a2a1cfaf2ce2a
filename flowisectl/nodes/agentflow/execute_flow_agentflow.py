"""Runs another flow and goes on with its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.js_values import pretty_json
from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Message, Step, StepResult
from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.events import EventKind
from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.other_flows import ask_flow
from flowisectl.errors import FlowCircle, FlowError, FlowNotFound, ProviderError, RunStopped, Unavailable
from flowisectl.nodes.agentflow._conversation import reply_message
from flowisectl.nodes.agentflow._params import CATEGORY, response_role_param, update_state_param
from flowisectl.nodes.agentflow._speech import say, tell

_PREFIX = "executeFlow"
_EXTRAS = (
    ("sourceDocuments", EventKind.SOURCE_DOCUMENTS),
    ("usedTools", EventKind.USED_TOOLS),
    ("artifacts", EventKind.ARTIFACTS),
    ("fileAnnotations", EventKind.FILE_ANNOTATIONS),
)


class ExecuteFlowAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="executeFlowAgentflow",
        label="Execute Flow",
        category=CATEGORY,
        version=1.2,
        base_classes=("ExecuteFlow",),
        description="Runs another flow",
        color="#a3b18a",
        credential=CredentialParam(("chatflowApi",), optional=True),
        inputs=(
            NodeParam("executeFlowSelectedFlow", "Select Flow", "asyncOptions", load_method="listFlows"),
            NodeParam("executeFlowInput", "Input", "string", accept_variable=True, rows=4),
            NodeParam(
                "executeFlowOverrideConfig",
                "Override Config",
                "json",
                optional=True,
                accept_variable=True,
                description="overrideConfig of the call",
            ),
            NodeParam(
                "executeFlowBaseURL",
                "Base URL",
                "string",
                optional=True,
                placeholder="http://localhost:3000",
                description="The server that has the flow, when it is another one",
            ),
            response_role_param(_PREFIX),
            update_state_param(_PREFIX),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        flow_id = str(inputs.require("executeFlowSelectedFlow"))
        if flow_id == context.flow_id:
            raise FlowError("Cannot call the same agentflow! Choose another flow in the Execute Flow node")
        question = inputs.text("executeFlowInput")
        body = await self._call(flow_id, question, inputs, context)
        content = _text_of(body)
        extras = {name: body[name] for name, _ in _EXTRAS if body.get(name)}
        say(context, step, content)
        for name, kind in _EXTRAS:
            found = extras.get(name)
            tell(context, step, kind, found if isinstance(found, list) else [])
        asked: Message = {"role": "user", "content": question}
        reply = reply_message(inputs, step, _PREFIX, content, {})
        return StepResult(
            input={"messages": [asked]},
            output={"content": content, **extras},
            state=updated_state(step.state, inputs.rows("executeFlowUpdateState"), content),
            chat_history=[asked, reply] if step.is_first else [reply],
        )

    async def _call(self, flow_id: str, question: str, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        """The other flow's response, from this process or from the server that the node names."""
        overrides = _overrides_of(inputs)
        api_key = str(inputs.credential.get("chatflowApiKey") or "")
        base_url = inputs.text("executeFlowBaseURL").rstrip("/")
        if base_url and base_url != context.base_url.rstrip("/"):
            return await self._post(base_url, flow_id, question, overrides, api_key, context)
        request = RunRequest(question=question, override_config=overrides)
        try:
            return await context.flows.run(flow_id, request, context, chat_id=context.chat_id, api_key=api_key)
        except (FlowError, FlowNotFound, ProviderError) as error:
            if _ends_everything(error):
                raise
            context.trace.note(f"flow {flow_id} failed, and its error goes on as its answer: {error}")
            return _refusal(error)

    async def _post(
        self, base_url: str, flow_id: str, question: str, overrides: Mapping[str, Any], api_key: str, context: RunContext
    ) -> Mapping[str, Any]:
        answer = await ask_flow(
            context.http, base_url, flow_id, question=question, chat_id=context.chat_id, overrides=overrides, api_key=api_key
        )
        data = answer.data
        if isinstance(data, dict):
            if not answer.is_success:
                context.trace.note(f"flow {flow_id} at {base_url} answered {answer.status}, and its error goes on as its answer")
            return data
        if not answer.is_success:
            raise FlowError(f"flow {flow_id} at {base_url} answered {answer.status}: {data}")
        return {"text": data if isinstance(data, str) else pretty_json(data)}


def _refusal(error: Exception) -> dict[str, Any]:
    """The answer of a flow that failed, as its caller would have it over HTTP: existing flows go on with it, and may look into it."""
    is_missing = isinstance(error, FlowNotFound)
    message = str(error) if is_missing else f"Error: predictionsServices.buildChatflow - {error}"
    return {"statusCode": 404 if is_missing else 500, "success": False, "message": message, "stack": {}}


def _ends_everything(error: BaseException | None) -> bool:
    """Whether the outer flow has to end with the inner one: what a circle of flows, a stop or an outage did is no answer of a flow."""
    while error is not None:
        if isinstance(error, FlowCircle | RunStopped | Unavailable):
            return True
        error = error.__cause__
    return False


def _overrides_of(inputs: NodeInputs) -> Mapping[str, Any]:
    """Raises FlowError for text that means to be an object: to run the other flow without what was asked for would be worse."""
    overrides = inputs.json("executeFlowOverrideConfig")
    if isinstance(overrides, Mapping):
        return overrides
    if inputs.text("executeFlowOverrideConfig").strip().startswith("{"):
        raise FlowError(f"the override config of node {inputs.node_id!r} ({inputs.label}) is not valid JSON: correct it, or its variables")
    return {}


def _text_of(body: Mapping[str, Any]) -> str:
    text = body.get("text")
    if text:
        return str(text)
    if body.get("json"):
        return f"```json\n{pretty_json(body['json'])}\n```"
    return pretty_json(dict(body))
