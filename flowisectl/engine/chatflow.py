"""Runs a chatflow: builds what the ending node needs, in order, then lets the ending node answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.building import ChatflowRun
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.inputs import text_of
from flowisectl.engine.legacy.plan import is_agent_graph
from flowisectl.engine.plan import plan_of
from flowisectl.engine.post_processing import post_processed
from flowisectl.engine.result import FlowResult
from flowisectl.engine.session import memory_type_of

_STORED = ("sourceDocuments", "usedTools", "fileAnnotations", "artifacts", "agentReasoning", "action")
_KEPT_EMPTY = ("sourceDocuments",)
"""That nothing was found is told and kept as an empty list; an answer that looks for nothing has no list."""


async def run_chatflow(flow: Flow, context: RunContext, catalogue: NodeCatalogue) -> FlowResult:
    """Run a chatflow to its answer. Raises InvalidFlow, UnknownNode, NodeError, RunStopped, Unavailable.

    A node that fails while it is built gives its text with `Error: ` in front, one that fails while it answers gives its
    text as it is; clients know both.
    """
    run = ChatflowRun(flow, plan_of(flow), context, catalogue)
    ending = await run.build()
    if is_agent_graph(run.endings):
        from flowisectl.engine.legacy.executor import run_agent_graph

        await run.build_endings()
        return await run_agent_graph(flow, context, run)
    result = await run.answer(ending)
    bare = result if isinstance(result, list) else None
    answer = await post_processed(flow, context, _members(result))
    return FlowResult(
        text=content_of(answer) if bare is None else _pretty(bare),
        fields=answer,
        bare=bare,
        user_content=context.request.question if context.request.has_question else "",
        stored={name: answer[name] for name in _STORED if answer.get(name) or (name in _KEPT_EMPTY and answer.get(name) == [])},
        memory_type=memory_type_of(flow),
        is_stream_valid=context.is_streaming,
        flow_variables=run.flow_variables,
    )


def content_of(answer: Mapping[str, Any]) -> str:
    """What the answer's row holds: the text, else the JSON in a fence that is left open (as clients know it), else all of it."""
    text = answer.get("text")
    if text:
        return text_of(text)
    if answer.get("json") is not None:
        return "```json\n" + _pretty(answer["json"])
    return _pretty(answer)


def _members(result: Any) -> dict[str, Any]:
    """A node's answer as members of the response."""
    if isinstance(result, Mapping):
        return dict(result)
    if isinstance(result, list):
        return {"json": result}
    return {"text": text_of(result)}


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
