"""The table of built-in texts, and what may stand in their place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flowisectl.llm.prompt_template import format_template
from flowisectl.texts import agents, conversations, databases, documents, server, tools
from flowisectl.texts.anchors import ANCHORS
from flowisectl.texts.table import TABLE
from flowisectl.texts.text import MOST_CHARS, OURS, BuiltInRows, BuiltInText, BuiltInTexts, filled

PACKAGE = Path(__file__).resolve().parents[3] / "flowisectl"
GREETING = BuiltInText(name="greeting", purpose="", ours='Hello {name}! {"a": 1}', placeholders=("name",), optional=("place",))


def test_only_the_names_that_are_given_are_filled_in_and_only_once() -> None:
    assert filled('{a} {b} {c} {"a": {a}} {{a}}', a="{b}", b="2") == '{b} 2 {c} {"a": {b}} {{b}}'


def test_without_names_nothing_is_filled_in() -> None:
    plain = BuiltInText(name="plain", purpose="", ours='{} {a} {"b": 1}')

    assert filled("{} {a}") == "{} {a}"
    assert format_template(OURS.template(plain), {"a": "x", "": "y"}) == plain.ours


def test_a_text_is_ours_unless_it_is_replaced() -> None:
    texts = BuiltInTexts(replaced={"greeting": "Good day {name}", "pricing": ({"title": "Gold"},)})

    assert (OURS.of(GREETING), texts.of(GREETING)) == (GREETING.ours, "Good day {name}")
    assert ([*OURS.rows(server.PRICING)], [*texts.rows(server.PRICING)]) == ([], [{"title": "Gold"}])


@pytest.mark.parametrize("text", ['Hello {name}! {"a": {b}} {{name}} }{', "{name}{place}{name}", "{name} {other} { name }"])
def test_a_template_gives_what_the_text_gives(text: str) -> None:
    template = BuiltInTexts(replaced={"greeting": text}).template(GREETING)

    assert format_template(template, {"name": "Ada", "place": "Rome"}) == filled(text, name="Ada", place="Rome")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("Hello", r"it lacks \{name\}"),
        ("Hello { name } {names}", r"it lacks \{name\}"),
        ("  \n", "not empty"),
        (None, "must be a text"),
        (["{name}"], "must be a text"),
        ("{name}" + "x" * MOST_CHARS, "100,006 characters, at most 100,000"),
    ],
)
def test_a_text_that_cannot_take_the_place_is_refused(value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        GREETING.check(value)


@pytest.mark.parametrize("value", ["text", {"a": 1}, [1], [{"a": 1}, None]])
def test_rows_are_objects(value: Any) -> None:
    with pytest.raises(ValueError, match="list of objects"):
        BuiltInRows(name="rows", purpose="").check(value)


@pytest.mark.parametrize("text", [text for text in TABLE.values() if isinstance(text, BuiltInText)], ids=lambda text: text.name)
def test_each_of_ours_could_take_its_own_place(text: BuiltInText) -> None:
    assert text.check(text.ours) == text.ours
    assert all(f"{{{name}}}" in text.ours for name in text.optional)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", text.name) and text.purpose
    assert text.name in TABLE


def test_names_are_given_once_and_every_text_is_used() -> None:
    rooms = (agents, conversations, documents, databases, tools, server)
    named = {name: room for room in rooms for name, value in vars(room).items() if isinstance(value, BuiltInText | BuiltInRows)}
    named["HYDE_PASSAGES"] = documents
    users = "".join(path.read_text("utf8") for path in PACKAGE.rglob("*.py") if path.parent.name != "texts")

    assert sum(len(room.TEXTS) for room in rooms) == len(TABLE)
    assert {name for name in named if not re.search(rf"\b{name}\b", users)} == set()


def test_no_text_has_two_anchors_and_every_anchor_is_a_pattern() -> None:
    names = [anchor.text.name for anchor in ANCHORS]

    assert len(names) == len(set(names)) and set(names) <= TABLE.keys()
    for anchor in ANCHORS:
        assert re.compile(anchor.before) and all(re.compile(code) for code in anchor.expressions)
        if isinstance(anchor.text, BuiltInText):
            known = {*anchor.text.placeholders, *anchor.text.optional}
            assert {*anchor.expressions.values(), *anchor.spelled.values()} <= known
