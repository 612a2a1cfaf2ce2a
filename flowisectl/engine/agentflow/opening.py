"""Where a run begins: at the start nodes, or where an earlier run of the session stopped for a human."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from flowisectl.engine.agentflow import schedule
from flowisectl.engine.agentflow.checkpoint import FinishedItems, Keeper, KeptRun, kept_run
from flowisectl.engine.agentflow.messages import parse_form_lines, prepended_messages
from flowisectl.engine.agentflow.plan import START, FlowPlan
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus, executions_of
from flowisectl.engine.agentflow.variables import Scope
from flowisectl.engine.context import RunContext, StoredExecution
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, InvalidRequest

_ENTRANCES = ("chatInput", "formInput", "webhookTrigger", "scheduleInput")
_NEEDS_PREVIOUS = ("formInput", "webhookTrigger")
_FORMS = ("formInput", "scheduleInput")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A run that may begin."""

    state: AgentflowState
    execution_id: str
    is_resumed: bool
    input_type: str
    context: RunContext
    """The context to run in; of a webhook the question has been made from its payload."""
    before: int = 0
    """How many of the executed nodes an earlier request of the session has left."""
    is_continued: bool = False
    """An earlier attempt of the same job has come so far; what follows `before` is its work."""
    items: FinishedItems | None = None
    """What the iteration that runs next has done in that attempt."""


async def open_run(flow: Flow, plan: FlowPlan, context: RunContext) -> Opening:
    """Find the state to begin with and the execution row to keep it in. Raises InvalidFlow, InvalidRequest."""
    prepended_messages(context.request.history)
    start = next((node for node in plan.nodes.values() if node.name == START), None)
    if start is None:
        raise InvalidFlow("Start input type not found")
    inputs = NodeInputs(start.inputs)
    input_type = inputs.text("startInputType")
    _check_entrance(flow, context, input_type)
    if (kept := await kept_run(flow, context)) is not None:
        return _continue(context, inputs, kept)
    human_input = context.request.human_input
    persists = inputs.flag("startPersistState")
    previous = None
    if human_input or persists or input_type in _NEEDS_PREVIOUS:
        previous = await context.executions.latest(context.flow_id, context.session_id)
    if human_input:
        return await _resume(flow, context, previous, human_input, input_type)
    webhook = context.request.webhook if input_type == "webhookTrigger" else None
    state = schedule.begin(
        plan,
        values=_first_values(flow, start, context, previous if persists else None),
        form=_earlier_form(previous) if input_type == "formInput" else None,
        webhook=webhook,
    )
    if webhook is not None:
        context = _with_webhook_question(context, inputs, webhook)
    execution_id = await context.executions.create(context.flow_id, context.session_id)
    return Opening(state=state, execution_id=execution_id, is_resumed=False, input_type=input_type, context=context)


def _continue(context: RunContext, start: NodeInputs, kept: KeptRun) -> Opening:
    webhook = context.request.webhook if kept.input_type == "webhookTrigger" and not kept.is_resumed else None
    if webhook is not None:
        context = _with_webhook_question(context, start, webhook)
    return Opening(
        state=kept.state,
        execution_id=kept.execution_id,
        is_resumed=kept.is_resumed,
        input_type=kept.input_type,
        context=context,
        before=kept.before,
        is_continued=True,
        items=kept.items,
    )


def _check_entrance(flow: Flow, context: RunContext, input_type: str) -> None:
    where = f"flow {flow.id or flow.name}"
    if not input_type:
        raise InvalidFlow("Start input type not found")
    if input_type not in _ENTRANCES:
        raise InvalidFlow(f"{where}: the Start node cannot begin with {input_type!r}; choose one of {', '.join(_ENTRANCES)}")
    request = context.request
    if input_type == "webhookTrigger" and request.webhook is None and not request.human_input:
        raise InvalidRequest(f"This flow is configured as a Webhook Trigger: {where} starts by a webhook; call its webhook address")
    if input_type == "scheduleInput" and not request.is_scheduled and not request.human_input:
        raise InvalidRequest(f"This flow is configured as a Scheduled Trigger: {where} starts by its schedule, and cannot be called")
    if request.question and request.form:
        raise InvalidRequest("Question and form cannot be provided at the same time")


def _first_values(flow: Flow, start: FlowNode, context: RunContext, previous: StoredExecution | None) -> dict[str, Any]:
    """The state kept from the session's last run, and what the request may set on top."""
    values: dict[str, Any] = {}
    if previous:
        kept = (item.data.get("state") for item in reversed(executions_of(previous.data)))
        values.update(next((state for state in kept if isinstance(state, Mapping) and state), {}))
    override = context.request.override_config.get("startState")
    if override and flow.override.allows(start.label, "startState"):
        if isinstance(override, Mapping):
            values.update(override)
        elif isinstance(override, list):
            values.update({str(row["key"]): row.get("value") for row in override if isinstance(row, Mapping) and row.get("key")})
    return values


def _earlier_form(previous: StoredExecution | None) -> Any:
    if previous is None:
        return None
    form = next((item.output["form"] for item in executions_of(previous.data) if item.name == START and item.output.get("form")), None)
    return parse_form_lines(form) if isinstance(form, str) else form


def _with_webhook_question(context: RunContext, inputs: NodeInputs, webhook: Mapping[str, Any]) -> RunContext:
    mode = inputs.text("webhookInputMode", "text")
    if mode == "payload":
        return context
    question = " "
    if mode == "text":
        filled = Scope(webhook=webhook).fill(inputs.text("webhookDefaultInput"))
        question = filled if isinstance(filled, str) and filled else " "
    return replace(context, request=replace(context.request, question=question, has_question=True))


async def _resume(
    flow: Flow, context: RunContext, previous: StoredExecution | None, human_input: Mapping[str, Any], input_type: str
) -> Opening:
    if previous is None:
        raise InvalidRequest(f"No previous execution found for session {context.session_id}")
    executed = _resumable(previous)
    stopped = next((item for item in reversed(executed) if item.status == RunStatus.STOPPED), executed[-1])
    start = str(human_input.get("startNodeId") or stopped.node_id)
    if not any(item.node_id == start for item in executed):
        raise InvalidRequest(
            f"Node {start} not found in previous execution. This could indicate an invalid resume attempt or a modified flow."
        )
    values = executed[-1].data.get("state")
    state = AgentflowState(
        queue=(start,),
        executed=executed,
        values=values if isinstance(values, Mapping) else {},
        form=_earlier_form(previous) if input_type in _FORMS else None,
        webhook=_earlier_webhook(executed),
        human_input={**human_input, "startNodeId": start},
    )
    # The executions of the node that goes on will give way to a new one.
    before = sum(item.node_id != start for item in executed)
    keeper = Keeper(flow, context, execution_id=previous.id, input_type=input_type, is_resumed=True, before=before)
    await keeper.resumed(state)
    await context.executions.save(previous.id, [item.json for item in executed], RunStatus.INPROGRESS)
    return Opening(state=state, execution_id=previous.id, is_resumed=True, input_type=input_type, context=context, before=before)


def _resumable(previous: StoredExecution) -> tuple[NodeExecution, ...]:
    """What was executed before the stop; an error right after it is left out. Raises InvalidRequest."""
    executed: Sequence[NodeExecution] = executions_of(previous.data)
    if previous.state == RunStatus.ERROR and len(executed) > 1:
        before, last = executed[-2:]
        if last.status == RunStatus.ERROR and before.status == RunStatus.STOPPED:
            return tuple(executed[:-1])
    if previous.state != RunStatus.STOPPED or not executed:
        why = f"Cannot resume execution {previous.id} because it is in '{previous.state}' state"
        if previous.state == RunStatus.ERROR:
            raise InvalidRequest(
                f"{why} and the previous item is not in 'STOPPED' state. "
                "Only executions that ended with a STOPPED state (or ERROR after STOPPED) can be resumed."
            )
        raise InvalidRequest(f"{why}. Only executions in 'STOPPED' state (or 'ERROR' after 'STOPPED') can be resumed.")
    return tuple(executed)


def _earlier_webhook(executed: Sequence[NodeExecution]) -> Mapping[str, Any] | None:
    webhook = next((item.output.get("webhook") for item in executed if item.name == START), None)
    if isinstance(webhook, str):
        try:
            webhook = orjson.loads(webhook)
        except ValueError:
            return None
    return webhook if isinstance(webhook, Mapping) else None
