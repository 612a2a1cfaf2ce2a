from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step

from flowisectl.errors import FlowError


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([1, {"a": 2}], [1, {"a": 2}]),
        ('["x", "y"]', ["x", "y"]),
        ("  [1, 2]  ", [1, 2]),
        ("['x', {a: 1}]", ["x", {"a": 1}]),
        (r"\[\"x\", \{\"a\": 1\}\]", ["x", {"a": 1}]),
        ("[]", []),
    ],
)
async def test_the_list_is_read_leniently(value: Any, items: list[Any]) -> None:
    result = await take_step("iterationAgentflow", {"iterationInput": value})

    assert result.input == {"iterationInput": items}


@pytest.mark.parametrize("value", ["text", '{"a": 1}', "5", 5, None, "", "[broken"])
async def test_what_is_no_list_is_refused(value: Any) -> None:
    with pytest.raises(FlowError, match="needs a JSON array"):
        await take_step("iterationAgentflow", {"iterationInput": value})
