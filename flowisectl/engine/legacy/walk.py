"""One walk through a graph of agents: step by step, all parts that are ready at once, until nothing is left or a human must be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from flowisectl.engine.building import ChatflowRun
from flowisectl.engine.flow import Flow
from flowisectl.engine.legacy import schedule
from flowisectl.engine.legacy.channels import applied
from flowisectl.engine.legacy.messages import denials, open_calls
from flowisectl.engine.legacy.opening import Opening
from flowisectl.engine.legacy.parts import (
    FINISH,
    Approval,
    GraphState,
    HeadPart,
    LoopPart,
    Part,
    RoutePart,
    SupervisorPart,
    Turn,
    Update,
    WorkPart,
    name_of,
)
from flowisectl.engine.legacy.plan import GraphPlan, own_tools, owner_of
from flowisectl.engine.legacy.report import GraphReport
from flowisectl.engine.legacy.schedule import END, Progress
from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.texts.text import BuiltInTexts


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Where a walk ended."""

    state: GraphState
    progress: Progress
    held: tuple[str, ...] = ()
    """The parts that a human must allow first."""
    worker_text: str = ""
    """What a worker said last."""


class GraphWalk:
    def __init__(self, flow: Flow, plan: GraphPlan, head: HeadPart, built: ChatflowRun, report: GraphReport, texts: BuiltInTexts) -> None:
        self._flow = flow
        self._plan = plan
        self._head = head
        self._built = built
        self._report = report
        self._texts = texts
        self._parts = {node_id: part for node_id, part in built.instances.items() if isinstance(part, Part)}
        works = [part for part in self._parts.values() if isinstance(part, WorkPart)]
        self._ids = {part.name: part.node_id for part in works}
        self._labels = {part.name: part.label for part in works}
        self._check_names(works)

    async def run(self, opening: Opening) -> Ended:
        """Walk to the end. Raises NodeError when a part failed, FlowError when there is no end to the steps."""
        plan, state, worker_text = self._plan, opening.state, ""
        progress = opening.progress or schedule.begin(plan.rules, plan.head, await self._first(state))
        approved, denied = opening.approved, opening.denied
        while progress.ready:
            held = tuple(part_id for part_id in progress.ready if part_id not in approved | denied and self._must_ask(part_id, state))
            if held:
                return Ended(state=state, progress=progress, held=held, worker_text=worker_text)
            if progress.steps > self._head.step_limit:
                raise FlowError(
                    f"the agents came to no end within {self._head.step_limit} steps: let a condition end their loop, or raise the limit"
                )
            updates = await self._step(progress.ready, state, denied)
            approved = denied = frozenset()
            for update in updates:
                values = await applied(self._head.channels, state.values, update.values)
                state = GraphState(messages=(*state.messages, *update.messages), values=values)
                if update.messages and update.messages[-1].extra.get("type") == "worker":
                    worker_text = update.messages[-1].text
            arrivals = [
                (part_id, target)
                for part_id, update in zip(progress.ready, updates, strict=True)
                for target in await self._targets(part_id, update, state)
            ]
            progress = schedule.advance(plan.rules, progress, arrivals)
        return Ended(state=state, progress=progress, worker_text=worker_text)

    def approval(self, part_id: str) -> Approval | None:
        """How a human is asked before this part works, when one must be."""
        part = self._parts.get(owner_of(part_id))
        if not isinstance(part, WorkPart) or (part.call_tools is not None and part_id == part.node_id):
            return None
        return part.approval

    def _must_ask(self, part_id: str, state: GraphState) -> bool:
        return self.approval(part_id) is not None and bool(self.turn(part_id, state).calls)

    def turn(self, part_id: str, state: GraphState) -> Turn:
        tools = tuple(
            tool
            for tool_node in self._plan.beside(part_id)
            if isinstance(part := self._parts.get(tool_node), WorkPart)
            for tool in part.tools
        )
        calls = open_calls(state.messages, self._plan.before_tools(part_id))
        return Turn(model=self._head.model, state=state, tools=tools, calls=calls, team=self._team())

    async def _first(self, state: GraphState) -> list[str]:
        if not self._plan.is_sequential:
            return [self._plan.head]
        landings = [await self._landing(target, state) for target in self._plan.follows.get(self._plan.head, ())]
        return [target for landing in landings for target in landing]

    async def _step(self, ready: Sequence[str], state: GraphState, denied: frozenset[str]) -> list[Update]:
        """What the ready parts add. They work at the same time; each is reported when it and all before it are done.

        Raises what the first that failed raised; the others are cancelled then.
        """
        if len(ready) == 1:
            update = await self._work(ready[0], state, denied)
            self._tell(ready[0], update)
            return [update]
        tasks = [asyncio.ensure_future(self._work(part_id, state, denied)) for part_id in ready]
        updates: list[Update] = []
        pending = set(tasks)
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                while len(updates) < len(tasks) and tasks[len(updates)].done():
                    updates.append(tasks[len(updates)].result())
                    self._tell(ready[len(updates) - 1], updates[-1])
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        return updates

    async def _work(self, part_id: str, state: GraphState, denied: frozenset[str]) -> Update:
        node_id = owner_of(part_id)
        part = self._parts.get(node_id)
        turn = self.turn(part_id, state)
        if part_id in denied:
            return Update(messages=denials(turn.calls, node_id, self._texts))
        if not isinstance(part, WorkPart | SupervisorPart):
            raise InvalidFlow(f"node {node_id!r} of flow {self._flow.id} is no agent: connect it to the others, or remove it")
        act = part.call_tools if part_id != node_id and isinstance(part, WorkPart) and part.call_tools else part.act
        async with self._built.traced(self._flow.node(node_id), ""):
            return await act(turn)

    async def _targets(self, part_id: str, update: Update, state: GraphState) -> list[str]:
        """Where a part goes on."""
        node_id = owner_of(part_id)
        if not self._plan.is_sequential:
            return [self._worker(update)] if node_id == self._plan.head else [self._plan.head]
        part = self._parts.get(node_id)
        if part_id != node_id:
            return [node_id]
        if isinstance(part, WorkPart) and part.call_tools is not None and update.calls:
            return [own_tools(node_id)]
        following = self._plan.after(node_id, calls_tools=bool(update.calls))
        return [landing for target in following for landing in await self._landing(target, state)]

    async def _landing(self, target: str, state: GraphState) -> list[str]:
        """The parts that work which a drawn connection leads to: conditions choose, loops lead back."""
        part = self._parts.get(target)
        if isinstance(part, WorkPart):
            return [target]
        if isinstance(part, LoopPart):
            return [self._named(part)]
        if not isinstance(part, RoutePart):
            return [END]
        async with self._built.traced(self._flow.node(target), ""):
            label = await part.choose(self.turn(target, state))
        landings = [await self._landing(behind, state) for behind in self._plan.behind(target, label)]
        return [place for landing in landings for place in landing] or [END]

    def _named(self, loop: LoopPart) -> str:
        found = self._ids.get(name_of(loop.target))
        if found is None:
            known = ", ".join(sorted(self._labels.values()))
            raise InvalidFlow(f"node {loop.node_id!r} loops to {loop.target!r}, which is none of {known}: give it one of these names")
        return found

    def _worker(self, update: Update) -> str:
        """Whom a supervisor chose."""
        chosen = str(update.values.get("next") or FINISH)
        return END if chosen == FINISH else self._ids.get(chosen, END)

    def _team(self) -> tuple[str, ...]:
        parts = (self._parts.get(worker) for worker in self._plan.workers)
        return tuple(part.name for part in parts if part is not None)

    def _tell(self, part_id: str, update: Update) -> None:
        node_id = owner_of(part_id)
        part, node = self._parts[node_id], self._flow.node(node_id)
        for condition in self._plan.fed_by.get(node_id, ()):
            if part_id == node_id and (route := self._parts.get(condition)) is not None:
                self._report.condition(route.label, self._flow.node(condition).name, condition, update, part.label)
        label = part.label if part_id == node_id else f"{part.label} Tools"
        self._report.part(label, node.name if self._plan.is_sequential else "", update, self._labels)

    def _check_names(self, works: Sequence[WorkPart]) -> None:
        """A team's supervisor calls workers by name, so each needs one of its own."""
        if not self._plan.is_sequential and len(self._ids) < len(works):
            raise InvalidFlow("two workers of the team have the same name: give each a name of its own")
