from __future__ import annotations

import pytest
from agentflow_steps import take_step

from flowisectl.testing import run_context


async def test_a_loop_names_the_node_that_it_goes_back_to() -> None:
    inputs = {"loopBackToNode": "llmAgentflow_0-My LLM-2", "maxLoopCount": "4", "fallbackMessage": "enough"}

    result = await take_step("loopAgentflow", inputs)

    assert result.input == {"nodeID": "llmAgentflow_0", "maxLoopCount": 4}
    assert result.output == {
        "content": "Loop back to My LLM-2 (llmAgentflow_0)",
        "nodeID": "llmAgentflow_0",
        "maxLoopCount": 4,
        "fallbackMessage": "enough",
    }


@pytest.mark.parametrize(("given", "limit"), [("", 5), (0, 7), ("3", 3)])
async def test_a_loop_without_a_limit_has_its_usual_one_and_with_none_that_of_the_run(given: object, limit: int) -> None:
    result = await take_step("loopAgentflow", {"loopBackToNode": "a_0-A", "maxLoopCount": given}, run_context(max_loop_count=7))

    assert result.output["maxLoopCount"] == limit


@pytest.mark.parametrize(("given", "shown"), [({}, {}), ({"fallbackMessage": ""}, {"fallbackMessage": ""})])
async def test_a_loop_from_before_fallback_messages_tells_of_none(given: dict[str, str], shown: dict[str, str]) -> None:
    result = await take_step("loopAgentflow", {"loopBackToNode": "a_0-A", "maxLoopCount": 2, **given})

    assert result.output == {"content": "Loop back to A (a_0)", "nodeID": "a_0", "maxLoopCount": 2, **shown}


async def test_a_loop_changes_the_state() -> None:
    inputs = {"loopBackToNode": "a_0-A", "loopUpdateState": [{"key": "k", "value": "{{ output }}"}]}

    assert (await take_step("loopAgentflow", inputs)).state == {"k": "Loop back to A (a_0)"}
