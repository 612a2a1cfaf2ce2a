from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step

from flowisectl.clients.http import open_http
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import RecordingTrace, run_context


async def is_met(kind: str, left: Any, operation: str, right: Any = "", context: Any = None) -> bool:
    rows = [{"type": kind, "value1": left, "operation": operation, "value2": right}]
    result = await take_step("conditionAgentflow", {"conditions": rows}, context)
    return result.output["conditions"][0].get("isFulfilled", False) is True


@pytest.mark.parametrize(
    ("left", "operation", "right"),
    [
        ("abc", "contains", "b"),
        ("abc", "notContains", "x"),
        ("abc", "startsWith", "ab"),
        ("abc", "endsWith", "bc"),
        ("abc", "equal", "abc"),
        ("abc", "notEqual", "abd"),
        ("", "isEmpty", ""),
        (" ", "notEmpty", ""),
        ("**bold** text", "equal", "bold text"),
        ("# Title", "equal", "Title"),
        ("- item", "equal", "item"),
        ("1. first", "equal", "first"),
        ("> quote", "equal", "quote"),
        ("`code`", "equal", "code"),
        ("[link](http://x)", "equal", "link"),
        ("~~gone~~", "equal", "gone"),
        ("**very *nested* text**", "equal", "very nested text"),
        ("2 * 3 * 4", "equal", "2 * 3 * 4"),
        ("**open", "equal", "**open"),
        ("a <b>tag</b>", "equal", "a tag"),
        ("snake_case_name", "equal", "snake_case_name"),
        ("_really_", "equal", "really"),
        ('{"a": "*x*"}', "equal", '{"a": "*x*"}'),
        (5, "equal", "5"),
        (True, "equal", "true"),
    ],
)
async def test_texts_are_compared_without_their_markdown(left: Any, operation: str, right: str) -> None:
    assert await is_met("string", left, operation, right)


@pytest.mark.parametrize(
    ("left", "operation", "right"),
    [
        ("abc", "contains", "x"),
        ("abc", "equal", "ABC"),
        (" ", "isEmpty", ""),
        ("x", "isEmpty", ""),
        ("abc", "unknown", "abc"),
        (" a", "equal", "a"),
    ],
)
async def test_texts_that_do_not_fit(left: str, operation: str, right: str) -> None:
    assert not await is_met("string", left, operation, right)


@pytest.mark.parametrize(
    ("left", "operation", "right", "expected"),
    [
        ("4", "smaller", "5", True),
        ("5.5x", "equal", 5.5, True),
        ("abc", "smaller", "1", True),
        (5, "smallerEqual", "5", True),
        ("6", "larger", "5", True),
        ("5", "largerEqual", "6", False),
        ("5", "notEqual", "5", False),
        ("", "isEmpty", "", False),
        ("", "notEmpty", "", True),
        ("5", "contains", "5", False),
    ],
)
async def test_numbers_are_what_the_values_begin_with(left: Any, operation: str, right: Any, expected: bool) -> None:
    assert await is_met("number", left, operation, right) is expected


@pytest.mark.parametrize(
    ("left", "operation", "right", "expected"),
    [(True, "equal", True, True), (True, "notEqual", False, True), ("true", "equal", True, False), (True, "contains", True, False)],
)
async def test_booleans_are_compared_strictly(left: Any, operation: str, right: Any, expected: bool) -> None:
    assert await is_met("boolean", left, operation, right) is expected


async def test_patterns_are_javascript_s_and_wrong_or_endless_ones_match_nothing() -> None:
    trace = RecordingTrace()
    async with open_http() as http, open_sandbox(http, timeout_seconds=10, processes=1) as javascript:
        context = run_context(javascript=javascript, trace=trace)

        found = await is_met("string", "order 12345", "regex", r"\d+$", context)
        escaped = await is_met("string", "a1", "regex", r"\[a-z\]\\d", context)
        absent = await is_met("string", "order", "regex", r"\d", context)
        wrong = await is_met("string", "a", "regex", "(", context)

    assert (found, escaped, absent, wrong) == (True, True, False, False)
    assert [line for line in trace.lines if line[0] == "note"] != []


async def test_the_first_condition_that_holds_decides() -> None:
    rows = [{"type": "number", "value1": "5", "operation": "larger", "value2": limit} for limit in ("7", "3", "1")]

    result = await take_step("conditionAgentflow", {"conditions": rows})

    assert [row.get("isFulfilled") for row in result.output["conditions"]] == [None, True, None, False]
    assert result.input == {"conditions": {"0": rows[0], "1": rows[1], "2": rows[2]}}


async def test_there_is_a_branch_for_when_none_holds() -> None:
    result = await take_step(
        "conditionAgentflow", {"conditions": '[{"type": "string", "value1": "a", "operation": "equal", "value2": "b"}]'}
    )

    assert result.output["conditions"][-1] == {"type": "string", "value1": "", "operation": "equal", "value2": "", "isFulfilled": True}
    assert "content" not in result.output
