"""Runs a graph of agents for one request: opens its state, walks it, answers, and keeps what the session must remember."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from flowisectl.engine.building import ChatflowRun
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.legacy.messages import call_json
from flowisectl.engine.legacy.opening import Opening, checkpoint_of, open_graph, waiting_of
from flowisectl.engine.legacy.parts import HeadPart
from flowisectl.engine.legacy.plan import GraphPlan, graph_plan_of
from flowisectl.engine.legacy.report import GraphReport, unique
from flowisectl.engine.legacy.walk import Ended, GraphWalk
from flowisectl.engine.result import FlowResult
from flowisectl.engine.session import memory_type_of
from flowisectl.errors import InvalidFlow, NodeError, ProviderError, RunStopped, Unavailable
from flowisectl.interfaces.moderation import ModerationRefusal

STOPPED = "aborted"
"""The argument of the CancelledError of a run that somebody asked to stop (`worker.running.StopReason.ABORTED`)."""

_PROCEED = "Do you want to proceed?"


async def run_agent_graph(flow: Flow, context: RunContext, built: ChatflowRun) -> FlowResult:
    """Run the parts that a chatflow has built to their end, or until a human must be asked.

    A run that somebody stops ends with an empty answer, as clients know it; its session begins anew. Raises InvalidFlow,
    NodeError, FlowError when there is no end to the steps, Unavailable.
    """
    plan = graph_plan_of(flow)
    head = built.instances.get(plan.head)
    if not isinstance(head, HeadPart):
        raise InvalidFlow(f"node {plan.head!r} is not connected to the agents: connect the first of them to it")
    report = GraphReport(context)
    try:
        question = await _moderated(head, context)
        opening = await open_graph(plan, head, context, question)
        walk = GraphWalk(flow, plan, head, built, report, context.texts)
        ended = await walk.run(opening)
        if ended.held:
            answer = await _question(walk, context, report, ended)
        else:
            answer = await _answer(plan, head, context, report, opening, ended)
        report.end()
    except ModerationRefusal as refusal:
        report.answer(str(refusal))
        answer = {"text": str(refusal)}
    except (asyncio.CancelledError, RunStopped) as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError):
            if task is None or error.args[:1] != (STOPPED,):
                raise
            task.uncancel()
        await _forget(head, context)
        report.abort()
        answer = {"text": ""}
    except Exception as error:
        if _spoils_memory(error):
            await _forget(head, context)
        if isinstance(error, NodeError):
            text = f"Error buildAgentGraph - Error: {error}"
            raise NodeError(text, node_id=error.node_id, node_name=error.node_name) from error
        raise
    if report.reasoning:
        answer["agentReasoning"] = report.reasoning
    return FlowResult(
        text=answer["text"],
        fields=answer,
        user_content=context.request.question if context.request.has_question else "",
        stored={
            **{name: unique(items) for name, items in report.extras.items() if items},
            **{name: answer[name] for name in ("agentReasoning", "action") if answer.get(name)},
        },
        memory_type=memory_type_of(flow),
        flow_variables=built.flow_variables,
    )


async def _moderated(head: HeadPart, context: RunContext) -> str:
    question = context.request.final_question
    for moderation in head.moderations:
        question = await moderation.check(question)
    return question


async def _forget(head: HeadPart, context: RunContext) -> None:
    if head.remembers:
        await context.agent_states.forget(context.flow_id, context.session_id)


def _spoils_memory(error: BaseException | None) -> bool:
    """Whether the session's state may be what made a run fail: then it must not fail for ever. Outages leave the state alone."""
    while error is not None:
        if isinstance(error, Unavailable):
            return False
        if isinstance(error, ProviderError):
            return 400 <= error.status < 500 and error.status not in (401, 403, 408, 409, 429)
        error = error.__cause__
    return True


async def _answer(
    plan: GraphPlan, head: HeadPart, context: RunContext, report: GraphReport, opening: Opening, ended: Ended
) -> dict[str, Any]:
    """The members of the response of a run that came to its end; the state is kept when the graph has a memory."""
    if plan.is_sequential:
        said = [entry["messages"] for entry in report.reasoning if entry["messages"]]
        text = str(said[-1][-1]) if said else ""
    else:
        values = ended.state.values
        text = ended.worker_text or str(values.get("summarization") or values.get("instructions") or "")
    if head.remembers:
        await context.agent_states.save(context.flow_id, context.session_id, checkpoint_of(ended.state))
    elif opening.was_waiting:
        await context.agent_states.forget(context.flow_id, context.session_id)
    report.answer(text)
    return {"text": text}


async def _question(walk: GraphWalk, context: RunContext, report: GraphReport, ended: Ended) -> dict[str, Any]:
    """The question to the human; the run is kept until the answer comes."""
    turns = [walk.turn(part_id, ended.state) for part_id in ended.held]
    calls = tuple(call for turn in turns for call in turn.calls)
    approval = next(found for part_id in ended.held if (found := walk.approval(part_id)))
    text = await approval.ask(turns[0], calls) or _PROCEED
    report.extras["usedTools"] += [{"tool": call.name, "toolInput": dict(call.arguments), "toolOutput": ""} for call in calls]
    action = {
        "id": str(uuid.uuid4()),
        "mapping": {"approve": approval.approve, "reject": approval.reject, "toolCalls": [call_json(call) for call in calls]},
        "elements": [{"type": "approve-button", "label": approval.approve}, {"type": "reject-button", "label": approval.reject}],
    }
    waiting = waiting_of(ended.progress, ended.held, approval, calls)
    await context.agent_states.save(context.flow_id, context.session_id, checkpoint_of(ended.state, waiting))
    report.answer(text)
    report.action(action)
    return {"text": text, "action": action}
