"""Runs an agentflow: the schedule decides, this module awaits, reports and keeps the trace."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import orjson

from flowisectl.engine.agentflow import schedule
from flowisectl.engine.agentflow.answer import flow_result
from flowisectl.engine.agentflow.checkpoint import FinishedItems, Keeper
from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.agentflow.messages import PastMessages
from flowisectl.engine.agentflow.opening import open_run
from flowisectl.engine.agentflow.plan import ITERATION, FlowPlan, WrongStart, plan_of
from flowisectl.engine.agentflow.preparation import prepare
from flowisectl.engine.agentflow.report import RunReport
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus, final_status
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.result import FlowResult
from flowisectl.errors import FlowError, InvalidFlow, NodeError, RunStopped, UnknownNode

_CANCELLED = "Flow execution was cancelled"
_BUTTONS = (("agentflowv2-approve-button", "Proceed"), ("agentflowv2-reject-button", "Reject"))


async def run_agentflow(flow: Flow, context: RunContext, catalogue: NodeCatalogue) -> FlowResult:
    """Run to the end, to a stop for a human, or to an error.

    The execution row is made at the start and rewritten at the end, whatever the end is. An attempt after another one goes on
    behind the last node that was kept. Raises NodeError when a node failed,
    InvalidFlow and InvalidRequest when the run cannot begin. CancelledError is recorded and goes on.
    """
    try:
        plan = plan_of(flow)
    except WrongStart as error:
        context.trace.note(str(error))
        raise InvalidFlow(error.told) from error
    opening = await open_run(flow, plan, context)
    keeper = Keeper(
        flow,
        context,
        execution_id=opening.execution_id,
        input_type=opening.input_type,
        is_resumed=opening.is_resumed,
        before=opening.before,
    )
    run = _Run(
        flow=flow,
        context=opening.context,
        catalogue=catalogue,
        past=PastMessages(context),
        execution_id=opening.execution_id,
        keeper=keeper,
    )
    report = RunReport(context)
    report.run(RunStatus.INPROGRESS)
    if opening.is_continued:
        report.kept(plan, opening.state, opening.before)
    state = await _Level(run, plan, report, keep=keeper.after_node, items=opening.items).to_end(opening.state)
    status = final_status(state.executed)
    await run.save(state, status)
    report.run(status)
    return await flow_result(flow, opening, state)


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What all levels of one run share."""

    flow: Flow
    context: RunContext
    catalogue: NodeCatalogue
    past: PastMessages
    execution_id: str
    keeper: Keeper

    async def save(self, state: AgentflowState, status: str) -> None:
        """Rewrite the execution row. It may be called after any node: the state is complete between two nodes."""
        await self.context.executions.save(self.execution_id, [item.json for item in state.executed], str(status))


def _check_storable(data: Mapping[str, Any]) -> None:
    """Raises FlowError for what cannot become JSON: then the node fails here, and the row and the answer stay whole."""
    try:
        orjson.dumps(data, default=str)
    except (TypeError, RecursionError) as error:
        raise FlowError(f"the node's result cannot be stored as JSON ({error}); have it give plainer data") from error


class _Keep(Protocol):
    """Told of a level's state after each node, and of the node's name; with `items`, of what the iteration that is next has done."""

    async def __call__(self, state: AgentflowState, node_name: str, items: FinishedItems | None = None) -> None: ...


class _Level:
    """Runs the nodes of one plan: the flow's own, or those inside an iteration for one item."""

    def __init__(
        self,
        run: _Run,
        plan: FlowPlan,
        report: RunReport,
        *,
        keep: _Keep,
        iteration: Mapping[str, Any] | None = None,
        outer: Sequence[AgentflowState] = (),
        items: FinishedItems | None = None,
    ) -> None:
        """`outer` are the states around an iteration, the nearest first; `items` is what the iteration that runs first has done in
        an earlier attempt."""
        self._run = run
        self._plan = plan
        self._report = report
        self._keep = keep
        self._iteration = iteration
        self._outer = outer
        self._items = items

    async def to_end(self, state: AgentflowState) -> AgentflowState:
        """Run what the schedule allows. Raises what a node raised, after it was recorded."""
        while (node_id := schedule.next_node(state)) is not None:
            state = schedule.take(state)
            node = self._plan.nodes.get(node_id)
            if node is None:
                continue
            try:
                if state.steps > self._run.context.max_iterations:
                    limit = self._run.context.max_iterations
                    raise FlowError(f"Maximum iteration limit reached: {limit} steps; end the loop by a condition, or raise MAX_ITERATIONS")
                state = await self._advance(state, node)
                await self._keep(state, node.name)
            except asyncio.CancelledError:
                await asyncio.shield(self._fail(state, node, *self._abort_of(node)))
                raise
            except Exception as error:
                if isinstance(error, RunStopped):
                    await self._fail(state, node, RunStatus.TERMINATED, _CANCELLED)
                    raise
                text = str(error) or type(error).__name__
                await self._fail(state, node, RunStatus.ERROR, text)
                if isinstance(error, NodeError):
                    raise
                raise NodeError(text, node_id=node.id, node_name=node.name) from error
        return state

    async def _advance(self, state: AgentflowState, node: FlowNode) -> AgentflowState:
        """Run one node and send its result on."""
        run = self._run
        self._report.node_started(node)
        implementation = self._implementation(node)
        prepared = await prepare(
            run.flow,
            node,
            state,
            context=run.context,
            catalogue=run.catalogue,
            definition=implementation.definition,
            plan=self._plan,
            past=run.past,
            iteration=self._iteration,
            outer=self._outer,
        )
        state = prepared.state
        result = await implementation.run_step(prepared.inputs, run.context, prepared.step)
        if result.stops and self._iteration is None:
            return self._stop(state, node, prepared.step, result)
        inner: Sequence[NodeExecution] = ()
        if node.name == ITERATION:
            result, inner = await self._iterate(state, node, result)
        execution = self._execution(node, prepared.step, result, RunStatus.FINISHED)
        state = schedule.record(state, execution, inner)
        run.keeper.finished(node.name)
        self._report.node_ended(node, RunStatus.FINISHED)
        self._report.executed(state.executed)
        routed = schedule.route(self._plan, state, execution, run.context.max_loop_count)
        if routed.fallback is not None:
            self._report.token(routed.fallback)
        return routed.state

    def _implementation(self, node: FlowNode) -> AgentflowNode:
        found = self._run.catalogue.get(node.name, node_id=node.id, flow_id=self._run.flow.id)
        if not isinstance(found, AgentflowNode):
            raise UnknownNode(node.name, node.id, self._run.flow.id)
        return found

    def _execution(self, node: FlowNode, step: Step, result: StepResult, status: str) -> NodeExecution:
        data: dict[str, Any] = {
            "id": node.id,
            "name": node.name,
            "input": result.input,
            "output": result.output,
            "state": step.state if result.state is None else result.state,
        }
        if result.chat_history is not None:
            data["chatHistory"] = result.chat_history
        _check_storable(data)
        return self._item(node, status, data)

    def _item(self, node: FlowNode, status: str, data: Mapping[str, Any]) -> NodeExecution:
        return NodeExecution(node_id=node.id, node_label=node.label, previous=self._plan.parents[node.id], status=str(status), data=data)

    def _stop(self, state: AgentflowState, node: FlowNode, step: Step, result: StepResult) -> AgentflowState:
        """The run waits for a human. What else was queued is given up, as clients know it."""
        action = {
            "id": str(uuid.uuid4()),
            "mapping": {"approve": "Proceed", "reject": "Reject"},
            "elements": [{"type": kind, "label": label} for kind, label in _BUTTONS],
            "data": {"nodeId": node.id, "nodeLabel": node.label, "input": result.input},
        }
        result = replace(result, output={**result.output, "humanInputAction": action})
        state = schedule.record(state, self._execution(node, step, result, RunStatus.STOPPED))
        self._report.node_ended(node, RunStatus.STOPPED)
        self._report.executed(state.executed)
        self._report.run(RunStatus.STOPPED)
        self._report.action(action)
        return state

    async def _iterate(self, state: AgentflowState, node: FlowNode, result: StepResult) -> tuple[StepResult, Sequence[NodeExecution]]:
        """Run what lies inside an iteration once for each item. An item that fails does not fail the run."""
        plan, items = self._plan.inner[node.id], result.input["iterationInput"]
        done = FinishedItems(node_id=node.id, executed=len(state.executed), values=state.values)
        if self._items is not None and self._items.belongs_to(node.id, state):
            done = self._items
        again = replace(state, queue=(node.id, *state.queue), steps=state.steps - 1)
        report = RunReport(self._run.context, is_inner=True)
        for index in range(done.count, len(items)):
            iteration = {
                "index": index,
                "value": items[index],
                "isFirst": index == 0,
                "isLast": index == len(items) - 1,
                "sessionId": self._run.context.session_id,
            }
            level = _Level(
                self._run,
                plan,
                report,
                keep=partial(self._keep_inside, again, done),
                iteration=iteration,
                outer=(state, *self._outer),
                items=done.nested,
            )
            try:
                ended = await level.to_end(done.current or schedule.begin(plan, values=done.values, form=state.form, webhook=state.webhook))
            except RunStopped:
                raise
            except Exception as error:
                done = done.failed(f"Error in iteration {index + 1}: {error}")
            else:
                done = done.ended(ended, {"iterationIndex": index, "iterationContext": iteration, "parentNodeId": node.id})
            if index + 1 < len(items):
                await self._keep(again, node.name, done)
        output = {"iterationResults": list(done.results), "content": "\n".join(text_of(item) for item in done.results)}
        return replace(result, output=output, state=done.values), done.inner

    async def _keep_inside(
        self, again: AgentflowState, done: FinishedItems, inside: AgentflowState, node_name: str, items: FinishedItems | None = None
    ) -> None:
        """A node inside an iteration has finished; the last one of an item is kept with the item."""
        if inside.queue:
            await self._keep(again, node_name, replace(done, current=inside, nested=items))

    def _abort_of(self, node: FlowNode) -> tuple[RunStatus, str]:
        try:
            text = self._implementation(node).abort_text
        except UnknownNode:
            text = ""
        return (RunStatus.ERROR, text) if text else (RunStatus.TERMINATED, _CANCELLED)

    async def _fail(self, state: AgentflowState, node: FlowNode, status: RunStatus, error: str) -> None:
        execution = self._item(node, status, {"id": node.id, "name": node.name, "error": error})
        state = schedule.fail(state, execution)
        self._report.node_ended(node, status, error, tells_error=status == RunStatus.ERROR)
        if self._iteration is None:
            self._report.executed(state.executed)
            await self._run.save(state, status)
            self._report.run(status)
