from __future__ import annotations

from typing import Any

import pytest
from sequential_turns import part_of

from flowisectl.engine.legacy.channels import applied, opened
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.sequential_agents.seq_state import SeqState
from flowisectl.testing import PythonJavaScript


async def test_rows_of_the_table_become_values() -> None:
    rows = (
        '[{"key": "a", "type": "Replace", "defaultValue": "x"}, {"key": "b", "type": "Append", "defaultValue": "[1, 2]"},'
        ' {"key": "c", "type": "Append", "defaultValue": ""}, {"key": "d", "type": "Replace", "defaultValue": ""}, {"key": "messages"}]'
    )
    part = await part_of(SeqState(), {"stateMemoryUI": rows})

    values = opened(part.channels, {"b": [0], "gone": 1})
    changed = await applied(part.channels, values, {"a": None, "b": 3, "c": ["y"], "d": "z", "other": 1})

    assert opened(part.channels, {}) == {"a": "x", "b": [1, 2], "c": [], "d": None}
    assert values == {"a": "x", "b": [0], "c": [], "d": None}
    assert changed == {"a": "x", "b": [0, 3], "c": ["y"], "d": "z"}


async def test_rules_written_in_code_are_run_only_when_no_common_rule_fits() -> None:
    schema = "const $schema = ({}\n); "
    found = {
        "list": {"kind": "append", "default": []},
        "last": {"kind": "overwrite", "default": 1},
        "sum": {"kind": "custom", "default": 0},
    }
    asked: list[Any] = []

    class Code(PythonJavaScript):
        async def run(self, code: str, variables: Any, **bounds: Any) -> Any:
            assert code.startswith(schema)
            asked.append(variables.get("$key"))
            return variables["$old"] + variables["$new"] if "$key" in variables else found

    inputs = {"selectedStateTab_n_0": "stateMemoryCode", "stateMemoryCode": "return {};"}
    part = await part_of(SeqState(), inputs, javascript=Code())

    values = await applied(part.channels, opened(part.channels, {}), {"list": [1], "last": None, "sum": 2})

    assert values == {"list": [1], "last": None, "sum": 2}
    assert asked == [None, "sum"]


async def test_code_that_is_no_object_is_refused() -> None:
    class Code(PythonJavaScript):
        async def run(self, code: str, variables: Any, **bounds: Any) -> Any:
            return "text"

    with pytest.raises(InvalidFlow, match="must be an object"):
        await part_of(SeqState(), {"stateMemoryCode": "'text'"}, javascript=Code())


async def test_nothing_filled_in_means_no_values() -> None:
    assert (await part_of(SeqState(), {"stateMemory": "stateMemoryUI"})).channels == {}
