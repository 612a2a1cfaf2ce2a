from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.agentflow.js_values import MISSING, get_path, is_truthy, parse_number, shown, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (None, "null"),
        (3, "3"),
        (3.0, "3"),
        (0.5, "0.5"),
        ([1, "x"], '[1,"x"]'),
        ({"ä": None}, '{"ä":null}'),
        ({"price": 10.0, "parts": [0.5, -2.0], "version": "1.0"}, '{"price":10,"parts":[0.5,-2],"version":"1.0"}'),
    ],
)
def test_a_value_inside_a_text_is_written_as_javascript_does(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [("5", 5), ("5.5x", 5.5), (" -2e3", -2000), ("abc", 0), ("", 0), (None, 0), (7, 7), (True, 0), (".5", 0.5), ("Infinity", float("inf"))],
)
def test_a_number_is_what_a_text_begins_with(value: Any, number: float) -> None:
    assert parse_number(value) == number


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("list[1].x", "y"),
        ("list.1.x", "y"),
        ("list.length", 2),
        ("a.c", MISSING),
        ("list[9]", MISSING),
        ("text.x", MISSING),
        ("list[-1]", MISSING),
        ('a["two words"]', 2),
        ("a['x.y']", 3),
        ("full.name", "Ada"),
        ("full.name.length", MISSING),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, value: Any) -> None:
    data = {"a": {"b": 1, "two words": 2, "x.y": 3}, "list": [0, {"x": "y"}], "text": "abc", "full.name": "Ada", "full": {}}

    assert get_path(data, path) == value


def test_objects_are_shown_as_indented_json_and_empty_ones_count_as_true() -> None:
    assert shown({"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}'
    assert shown(5) == 5
    assert [is_truthy(value) for value in ({}, [], "", 0, None, "x")] == [True, True, False, False, False, True]
