"""The calculator and the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.engine.node import NodeInputs
from flowisectl.nodes.tools._arithmetic import calculate
from flowisectl.nodes.tools.calculator import Calculator
from flowisectl.nodes.tools.current_date_time import CurrentDateTime, described
from flowisectl.testing import run_context


class TestCalculator:
    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("1+1", "2"),
            ("12*(3+4)", "84"),
            ("2^10", "1024"),
            ("2**3**2", "512"),
            ("-3 - -4", "1"),
            ("7/2", "3.5"),
            ("0.1+0.2", "0.3"),
            ("0.1*3", "0.3"),
            ("1/3", "0.333333333333333"),
            ("2/3*100", "66.66666666666666"),
            ("log(1000) + ln(1)", "3"),
            ("5!", "120"),
            ("(1+2)! / 2", "3"),
            ("171!", "Infinity"),
            ("10 % 4", "2"),
            ("1/0", "Infinity"),
            ("-1/0", "-Infinity"),
            ("0/0", "NaN"),
            ("sqrt(16) + max(1, 2, 3)", "7"),
            ("root(16) + sin(90) + cos(60)", "5.5"),
            ("asin(1) + atan(1)", "135"),
            ("round(2.5)", "3"),
            ("floor(-1.5)", "-2"),
            ("PI", "3.141592653589793"),
            ("10^21", "1e+21"),
            ("1e3", "1000"),
            ("1/10^5", "0.00001"),
            ("1/10^7", "1e-7"),
            ("2^70", "1.1805916207174113e+21"),
            ("123456789012345680000", "123456789012345680000"),
            ("0 * -1", "0"),
        ],
    )
    def test_arithmetic_is_worked_out(self, expression: str, value: str) -> None:
        assert calculate(expression) == value

    @pytest.mark.parametrize(
        "expression",
        [
            "",
            "not maths",
            "__import__('os').system('true')",
            "(1).__class__",
            "[1, 2]",
            "'a' * 3",
            "x + 1",
            "sqrt()",
            "sqrt(-1)",
            "(0-3)!",
            "2.5!",
            "!3",
            "9^9^9^9",
            "1 if 1 else 2",
            "lambda: 1",
            "max(1, key=abs)",
            "True",
            "(" * 500,
            "1+" * 600 + "1",
        ],
    )
    def test_anything_else_is_refused(self, expression: str) -> None:
        with pytest.raises(ValueError, match=r"\S"):
            calculate(expression)

    @given(st.text(alphabet="0123456789+-*/%^(). epimaxsqrt,", max_size=40))
    def test_any_text_is_worked_out_or_refused(self, expression: str) -> None:
        try:
            assert calculate(expression)
        except ValueError as error:
            assert str(error)

    async def test_an_agent_is_told_when_it_cannot_be_done(self) -> None:
        tool = await Calculator().build(NodeInputs({}), run_context())

        assert (await tool.call({"input": "6*7"}, {})).text == "42"
        assert (await tool.call({"input": "the moon"}, {})).text == "I don't know how to do that."
        assert (await tool.call({}, {})).text == "I don't know how to do that."
        assert tool.spec.name == "calculator"


class TestClock:
    def test_a_moment_is_told_in_all_its_members(self) -> None:
        data = orjson.loads(described(datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)))

        assert data.keys() == {"date", "time", "day", "timezone", "timezoneOffset", "iso8601", "unix_timestamp"}
        assert data["date"] == "2026-02-03"
        assert data["iso8601"] == "2026-02-03T04:05:06.789Z"
        assert data["unix_timestamp"] == 1770091506

    async def test_the_tool_takes_no_arguments(self) -> None:
        tool = await CurrentDateTime().build(NodeInputs({}), run_context())

        assert tool.spec.parameters["properties"] == {}
        assert orjson.loads((await tool.call({}, {})).text)["unix_timestamp"] > 1_700_000_000
