from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.agentflow.state_update import updated_state


@pytest.mark.parametrize(
    ("value", "output", "result"),
    [
        ("{{ output }}", 5, 5),
        ("{{output}}", "text", "text"),
        ("{{ output }}", {"a": 1}, {"a": 1}),
        ("got {{ output }} and {{ output }}", "x", "got x and x"),
        ("got {{ output }}", 5, "got 5"),
        ("got {{output}}", "x", "got {{output}}"),
        ("{{ output.a.b }}", '{"a": {"b": [1]}}', [1]),
        ("before {{ output.a }} after", {"a": True}, True),
        ("{{ output.missing }}", '{"a": 1}', "{{ output.missing }}"),
        ("{{ output.a }}", "no json", "{{ output.a }}"),
        ("plain", "x", "plain"),
        (7, "x", 7),
        (None, "x", None),
    ],
)
def test_references_to_the_output_are_filled(value: Any, output: Any, result: Any) -> None:
    assert updated_state({}, [{"key": "k", "value": value}], output) == {"k": result}


def test_rows_are_laid_over_the_state_and_all_of_it_is_filled() -> None:
    before = {"kept": "as it is", "old": "{{ output }}", "n": 1}

    after = updated_state(before, [{"key": "n", "value": "2"}, {"key": "", "value": "x"}], "done")

    assert after == {"kept": "as it is", "old": "done", "n": "2"}
    assert before["old"] == "{{ output }}"


def test_without_rows_the_state_is_passed_on() -> None:
    assert updated_state({"old": "{{ output }}"}, [], "done") == {"old": "{{ output }}"}
