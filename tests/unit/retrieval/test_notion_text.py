"""Notion's blocks and properties as text."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.retrieval.notion_text import page_markdown, page_title, property_value


def rich(text: str, **annotations: Any) -> list[dict[str, Any]]:
    href = annotations.pop("href", None)
    return [{"plain_text": text, "annotations": annotations, "href": href}]


def block(kind: str, text: str = "", children: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, kind: {"rich_text": rich(text), **more}, **({"children": children} if children else {})}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (block("heading_2", "Plan"), "## Plan"),
        (block("numbered_list_item", "one", [block("paragraph", "in it")]), "1. one\n\n    in it"),
        (block("to_do", "buy"), "- [ ] buy"),
        (block("code", "x = 1", language="python"), "```python\nx = 1\n```"),
        ({"type": "equation", "equation": {"expression": "a^2"}}, "$$a^2$$"),
        ({"type": "divider", "divider": {}}, "---"),
        ({"type": "bookmark", "bookmark": {"url": "https://a.test", "caption": rich("A")}}, "[A](https://a.test)"),
        (
            {"type": "image", "image": {"type": "external", "external": {"url": "https://a.test/p.png"}}},
            "[https://a.test/p.png](https://a.test/p.png)",
        ),
        ({"type": "child_page", "child_page": {"title": "Sub"}}, "Sub"),
        ({"type": "unsupported", "unsupported": {}}, ""),
        ({"type": "paragraph"}, ""),
    ],
)
def test_a_block_is_markdown(given: Any, told: str) -> None:
    assert page_markdown([given]) == told


def test_words_keep_their_marks_and_links() -> None:
    parts = [
        *rich("bold", bold=True),
        *rich(" and "),
        *rich("code", code=True),
        *rich("here", href="https://a.test"),
        *rich(" ", italic=True),
    ]

    assert page_markdown([{"type": "paragraph", "paragraph": {"rich_text": parts}}]) == "**bold** and `code`[here](https://a.test)"


def test_a_table_has_its_first_row_as_its_head() -> None:
    rows = [{"type": "table_row", "table_row": {"cells": [rich(a), rich(b)]}} for a, b in (("Name", "Age"), ("Ann", "7"))]

    assert page_markdown([{"type": "table", "table": {}, "children": rows}]) == "| Name | Age |\n| --- | --- |\n| Ann | 7 |"


@pytest.mark.parametrize(
    ("kind", "content", "value"),
    [
        ("title", rich("T"), "T"),
        ("number", 3, 3),
        ("checkbox", True, True),
        ("select", {"name": "A"}, "A"),
        ("select", None, None),
        ("multi_select", [{"name": "A"}, {"name": "B"}], ["A", "B"]),
        ("date", {"start": "2026-01-01", "end": None}, "2026-01-01"),
        ("people", [{"name": "Ann"}, {"id": "u2"}], ["Ann", "u2"]),
        ("formula", {"type": "number", "number": 4}, 4),
        ("rollup", {"type": "array", "array": [{"type": "number", "number": 1}]}, [1]),
        ("relation", [{"id": "p"}], ["p"]),
        ("files", [{"name": "f.pdf"}], ["f.pdf"]),
        ("unique_id", {"prefix": "AB", "number": 7}, "AB-7"),
        ("created_by", {"id": "u"}, "u"),
        ("button", {"a": 1}, '{"a":1}'),
    ],
)
def test_a_property_is_a_plain_value(kind: str, content: Any, value: Any) -> None:
    assert property_value({"type": kind, kind: content}) == value


def test_the_title_is_the_property_of_that_kind() -> None:
    assert page_title({"properties": {"Tags": {"type": "select"}, "Name": {"type": "title", "title": rich("Plan")}}}) == "Plan"
    assert page_title({}) == ""
