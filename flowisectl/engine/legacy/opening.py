"""Where a run of a graph begins: with a new question, or where an earlier request of the session stopped for a human."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.channels import opened
from flowisectl.engine.legacy.messages import call_from_json, call_json, denials, from_json, to_json
from flowisectl.engine.legacy.parts import Approval, GraphState, HeadPart
from flowisectl.engine.legacy.plan import GraphPlan
from flowisectl.engine.legacy.schedule import Progress
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.interfaces.message import ChatMessage, ToolCall

VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
"""The largest state that is kept of a session. Of a larger one the older half of the messages is given up."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    state: GraphState
    progress: Progress | None = None
    """Where to go on; None to begin at the head."""
    approved: frozenset[str] = frozenset()
    """Parts that a human has allowed."""
    denied: frozenset[str] = frozenset()
    """Parts that a human has refused: they answer so."""
    was_waiting: bool = False


async def open_graph(plan: GraphPlan, head: HeadPart, context: RunContext, question: str) -> Opening:
    """The state to begin with. The text of a button resumes a run that waits; any other question begins anew.

    Messages that the request sent itself (`history`) go in front of a session that has none.
    """
    saved = await _saved(head, context)
    waiting = saved.get("waiting")
    state = GraphState(
        messages=tuple(from_json(message) for message in saved.get("messages") or ()),
        values=opened(head.channels, saved.get("values") or {}),
    )
    if isinstance(waiting, Mapping):
        if context.request.action is not None and (resumed := _resumed(plan, state, waiting, context.request.question)):
            return resumed
        refused = denials(tuple(call_from_json(call) for call in waiting.get("calls") or ()), "", context.texts)
        kept = GraphState(messages=(*state.messages, *refused), values=state.values)
        state = kept if head.remembers else GraphState(values=opened(head.channels, {}))
    earlier = state.messages or tuple(prepended_messages(context))
    asked = ChatMessage(role="user", content=question)
    return Opening(state=replace(state, messages=(*earlier, asked)), was_waiting=waiting is not None)


async def _saved(head: HeadPart, context: RunContext) -> Mapping[str, Any]:
    """What is kept of the session. A graph without memory keeps nothing but a run that waits for a human."""
    if not head.remembers and context.request.action is None:
        return {}
    saved = await context.agent_states.load(context.flow_id, context.session_id)
    return saved if saved is not None and saved.get("version") == VERSION else {}


def _resumed(plan: GraphPlan, state: GraphState, waiting: Mapping[str, Any], question: str) -> Opening | None:
    """The run that waits, when the question is one of its buttons and the flow still has what it waits at."""
    progress = Progress.from_json(waiting["progress"])
    if not set(progress.ready) <= set(plan.rules.order):
        return None
    progress = replace(progress, steps=1)
    held = frozenset(waiting["parts"])
    if question == waiting["approve"]:
        return Opening(state=state, progress=progress, approved=held, was_waiting=True)
    if question == waiting["reject"]:
        return Opening(state=state, progress=progress, denied=held, was_waiting=True)
    return None


def checkpoint_of(state: GraphState, waiting: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is kept of a session: `{version, messages, values, waiting?}`; `waiting` is a run that waits for a human."""
    messages = [to_json(message) for message in state.messages]
    data: dict[str, Any] = {"version": VERSION, "messages": messages, "values": dict(state.values)}
    if waiting is not None:
        data["waiting"] = dict(waiting)
    while len(messages) > 1 and len(orjson.dumps(data, default=str)) > MAX_BYTES:
        messages = messages[len(messages) // 2 :]
        data["messages"] = messages
    return data


def waiting_of(progress: Progress, held: Sequence[str], approval: Approval, calls: Sequence[ToolCall]) -> dict[str, Any]:
    """A run that waits: `{progress, parts, approve, reject, calls}`."""
    return {
        "progress": progress.to_json(),
        "parts": [*held],
        "approve": approval.approve,
        "reject": approval.reject,
        "calls": [call_json(call) for call in calls],
    }
