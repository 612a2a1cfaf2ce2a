"""Literals in JavaScript sources."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.texts.javascript import Expression, NoLiteral, data_at, text_at


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("'plain'", "plain"),
        ('"it\'s"', "it's"),
        (r"'a\nb\t\'c\'\\ \x41é\u{1F600} \q \0'", "a\nb\t'c'\\ Aé😀 q \0"),
        ("'one \\\ntwo'", "one two"),
        ("'one \\\r\ntwo'", "one two"),
        ("`two\r\nlines\rand \\` $ {x} \\${y}`", "two\nlines\nand ` $ {x} ${y}"),
        ("  /* why */ // because\n 'after comments'", "after comments"),
        ("'joined ' +\n  \"of \" + /* three */ `parts`;", "joined of parts"),
        ("``", ""),
    ],
)
def test_a_text_is_read_as_javascript_reads_it(source: str, text: str) -> None:
    assert "".join(str(piece) for piece in text_at(source, 0)) == text


def test_a_template_keeps_its_code_apart() -> None:
    source = "`a ${ x } b ${f({ y: `}${z}` }, '}')}`"

    assert text_at(source, 0) == ["a ", Expression("x"), " b ", Expression("f({ y: `}${z}` }, '}')"), ""]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("name", "there is no text"),
        ("", "there is no text"),
        ("'open", "no end"),
        ("'broken\nline'", "no end"),
        ("`open ${x`", "no end"),
        ("`open ${x", "no end"),
        ("'a' + b", "a part of the text is no literal"),
        (r"'\ud83d'", "half a character"),
        (r"'\u{110000}'", "half a character"),
    ],
)
def test_what_is_no_text_is_refused(source: str, told: str) -> None:
    with pytest.raises(NoLiteral, match=told):
        text_at(source, 0)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("[]", []),
        ("{}", {}),
        ("[1, -2.5, 1e3, true, false, null,]", [1, -2.5, 1000, True, False, None]),
        ("{ a: 'x', 'b c': `y`, 1: [{ d: { } }], }", {"a": "x", "b c": "y", "1": [{"d": {}}]}),
        ("[ // first\n { id: process.env.ID, title: 'T', other: undefined } /* last */ ]", [{"title": "T"}]),
        ("[name]", [None]),
    ],
)
def test_data_is_read_as_json_would_carry_it(source: str, value: Any) -> None:
    assert data_at(source, 0) == value


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("name", "a name, not a value"),
        ("[f(1)]", "more than a literal"),
        ("['a' + 'b']", "more than a literal"),
        ("[`${x}`]", "expression"),
        ("{ a }", "no value"),
        ("{ ...rest }", "neither a value nor a name"),
        ("[1", "more than a literal"),
        ("(", "neither a value nor a name"),
        ("[" * 100, "nested too deeply"),
    ],
)
def test_what_is_more_than_data_is_refused(source: str, told: str) -> None:
    with pytest.raises(NoLiteral, match=told):
        data_at(source, 0)
