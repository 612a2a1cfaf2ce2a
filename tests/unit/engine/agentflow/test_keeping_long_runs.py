"""How often a long run is kept: the keeper is tested directly, because whole runs do not show what they did not keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from agentflow_building import chain, reply, start

from flowisectl.engine.agentflow.checkpoint import SHORT_RUN, Keeper
from flowisectl.engine.agentflow.state import AgentflowState
from flowisectl.testing import run_context

LLM, FUNCTION, ITERATION = "llmAgentflow", "customFunctionAgentflow", "iterationAgentflow"


class Counted:
    def __init__(self) -> None:
        self.saves = 0

    async def load(self) -> Mapping[str, Any] | None:
        return None

    async def save(self, data: Mapping[str, Any]) -> None:
        self.saves += 1


class Run:
    """A run whose nodes finish one after the other, on a clock of the test's own."""

    def __init__(self) -> None:
        self.kept = Counted()
        self.seconds = 100.0
        context = run_context(checkpoint=self.kept)
        flow = chain(start(), reply())
        self._keeper = Keeper(flow, context, execution_id="e", input_type="chatInput", is_resumed=False, before=0, now=lambda: self.seconds)

    async def finish(self, *names: str) -> int:
        """Let nodes finish; gives how often the run was kept meanwhile."""
        before = self.kept.saves
        for name in names:
            self._keeper.finished(name)
            await self._keeper.after_node(AgentflowState(queue=("next",)), name)
        return self.kept.saves - before


async def test_short_run_is_kept_after_every_node_that_costs_something() -> None:
    run = Run()

    assert await run.finish(*[LLM] * SHORT_RUN) == SHORT_RUN
    assert await Run().finish("startAgentflow", "conditionAgentflow", "directReplyAgentflow") == 0


async def test_long_run_of_questions_is_kept_whenever_it_has_grown_by_a_twentieth() -> None:
    run = Run()
    await run.finish(*[LLM] * 1000)

    assert await run.finish(*[LLM] * 49) < 2
    assert await run.finish(*[LLM] * 60) in (1, 2)


async def test_long_run_is_kept_in_proportion_to_the_logarithm_of_its_length() -> None:
    assert await Run().finish(*[LLM] * 10_000) < SHORT_RUN + 150


@pytest.mark.parametrize(
    "name", [FUNCTION, "httpAgentflow", "toolAgentflow", "agentAgentflow", "executeFlowAgentflow", "humanInputAgentflow"]
)
async def test_what_may_have_changed_something_is_kept_at_once_however_long_the_run(name: str) -> None:
    run = Run()
    await run.finish(*[LLM] * 1000)

    assert await run.finish(name) == 1
    assert await run.finish(name, name) == 2


async def test_item_whose_last_node_changed_something_is_kept_with_the_item() -> None:
    run = Run()
    await run.finish(*[LLM] * 1000)
    # The last node of an item is not offered by itself, only with the item.
    run._keeper.finished(FUNCTION)

    assert await run.finish(ITERATION) == 1


async def test_slow_run_is_kept_after_a_second() -> None:
    run = Run()
    await run.finish(*[LLM] * 1000)
    assert await run.finish(LLM) == 0

    run.seconds += 1

    assert await run.finish(LLM) == 1
    assert await run.finish(LLM) == 0
