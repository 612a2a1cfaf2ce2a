from __future__ import annotations

from typing import Any

import orjson
import pytest
from sequential_turns import choose, turn_of

from flowisectl.engine.agentflow.js_values import MISSING
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.sequential_agents._conditions import holds
from flowisectl.nodes.sequential_agents.seq_condition import SeqCondition
from flowisectl.testing import InMemoryVariables, PythonJavaScript


@pytest.mark.parametrize(
    ("value", "operation", "wanted", "expected"),
    [
        ("abc", "Contains", "b", True),
        ("abc", "Not Contains", "b", False),
        ("abc", "Start With", "ab", True),
        ("abc", "End With", "bc", True),
        ("abc", "Is", "abc", True),
        (5, "Is", "5", True),
        (True, "Is", "true", True),
        ("abc", "Is Not", "abc", False),
        ("", "Is Empty", "", True),
        (MISSING, "Is Empty", None, True),
        ([], "Is Empty", None, True),
        (0, "Is Empty", None, False),
        ({"a": 1}, "Is Not Empty", None, True),
        (None, "Is Not Empty", None, False),
        ("7", "Greater Than", "6.5", True),
        (6, "Less Than", "6", False),
        (6, "Equal To", "6.0", True),
        (6, "Not Equal To", "6", False),
        (6, "Greater Than or Equal To", "6", True),
        (7, "Less Than or Equal To", "6", False),
        ("many", "Greater Than", "6", False),
        (MISSING, "Not Equal To", "6", False),
        ("x", "Resembles", "x", False),
    ],
)
def test_operations(value: Any, operation: str, wanted: Any, expected: bool) -> None:
    assert holds(value, operation, wanted) is expected


def rows(*items: tuple[str, str, str, str]) -> str:
    names = ("variable", "operation", "value", "output")
    return orjson.dumps([dict(zip(names, item, strict=True)) for item in items]).decode()


async def test_the_first_row_that_holds_decides() -> None:
    said = ChatMessage(role="assistant", content="blue", extra={"nodeId": "a_0"})
    table = rows(
        ("$flow.state.colour", "Is", "red", "Red"),
        ("$a_0", "Is", "blue", "Said Blue"),
        ("$vars.colour", "Is", "green", "Green"),
    )

    by_node = await choose(SeqCondition(), turn_of(None, said, values={"colour": "none"}), {"conditionUI": table})
    by_state = await choose(SeqCondition(), turn_of(None, said, values={"colour": "red"}), {"conditionUI": table})
    by_variable = await choose(SeqCondition(), turn_of(), {"conditionUI": table}, variables=InMemoryVariables({"colour": "green"}))

    assert (by_node, by_state, by_variable) == ("Said Blue", "Red", "Green")


async def test_when_no_row_holds_it_is_the_end() -> None:
    assert await choose(SeqCondition(), turn_of(), {"conditionUI": rows(("$flow.state.x", "Is", "1", "One"))}) == "End"
    assert await choose(SeqCondition(), turn_of(), {}) == "End"


async def test_variables_of_the_request_go_before_the_workspaces() -> None:
    inputs = {"conditionUI": rows(("$vars.colour", "Is", "green", "Green")), "vars": {"colour": "green"}}

    assert await choose(SeqCondition(), turn_of(), inputs, variables=InMemoryVariables({"colour": "red"})) == "Green"


@pytest.mark.parametrize(("result", "label"), [("Go", "Go"), ("", "End"), (None, "End"), (5, "End")])
async def test_code_gives_a_label(result: Any, label: str) -> None:
    inputs = {"selectedConditionFunctionTab_n_0": "conditionFunction", "conditionFunction": "code", "conditionUI": "[]"}

    assert await choose(SeqCondition(), turn_of(), inputs, javascript=PythonJavaScript({"code": lambda *_: result})) == label
