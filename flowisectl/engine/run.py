"""The engine's one door: run a flow, whatever its kind."""

from __future__ import annotations

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult


async def run_flow(flow: Flow, context: RunContext, catalogue: NodeCatalogue) -> FlowResult:
    """Run a flow to its end, to a stop for a human, or to an error.

    Raises FlowError (NodeError when a node failed), RunStopped, ProviderError. A cancelled task is a stopped run: the
    engine records it and lets CancelledError go on.
    """
    if flow.kind == "AGENTFLOW":
        from flowisectl.engine.agentflow.executor import run_agentflow

        return await run_agentflow(flow, context, catalogue)
    from flowisectl.engine.chatflow import run_chatflow

    return await run_chatflow(flow, context, catalogue)
