"""JSON as people write it is read; what is none is told."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.interfaces.lenient_json import MAX_LENIENT, parse_lenient


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": [1, 2.5, true, null]}', {"a": [1, 2.5, True, None]}),
        ("{a: 1, $b_2: 2, ünï: 3, null: 4}", {"a": 1, "$b_2": 2, "ünï": 3, "null": 4}),
        ("{'a': 'b', \"c\": 'say \"hi\"',}", {"a": "b", "c": 'say "hi"'}),
        ("[1, [2,], {a: 3,},]", [1, [2], {"a": 3}]),
        ("{a: /* one */ 1, // rest\n b: 2}", {"a": 1, "b": 2}),
        ("[.5, 5., 5.e2, +1, -.5, 0xFF, -0x1, 1e3]", [0.5, 5.0, 500.0, 1, -0.5, 255, -1, 1000.0]),
        ("[NaN, Infinity, -Infinity]", [None, None, None]),
        (r"""['it\'s', 'tab\tx\x41\u00e9\v\0', 'line\
goes on']""", ["it's", "tab\txAé\v\0", "linegoes on"]),
        ('{a: "a\ttab"}', {"a": "a\ttab"}),
        (r"{a: '\ud83d\ude00'}", {"a": "😀"}),
        (r"{a: '\ud83d'}", {"a": "\ufffd"}),
        ("\ufeff{\u00a0a: 1}", {"a": 1}),
        ("// nothing but\n{}", {}),
        ("'text'", "text"),
    ],
)  # fmt: skip
def test_what_people_write_is_read(text: str, data: Any) -> None:
    assert parse_lenient(text) == data


@pytest.mark.parametrize(
    "text",
    ["", " ", "[,]", "{,}", "[1,,]", "{a b: 1}", "[1 2]", "{a}", "{a:}", "{a: tru}", "{a: undefined}", "{} x", "{a: 1}}", "[01]",
     "/* open", "{a: 'open", "{'a': 'two\nlines'}", '["a": 1]', "{: 1}", "{a:: 1}", "{a: `b`}", "[" * 5000],
)  # fmt: skip
def test_what_is_no_json_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_lenient(text)


def test_long_text_has_to_be_plain_json() -> None:
    long = "x" * MAX_LENIENT

    assert parse_lenient(f'["{long}"]') == [long]
    with pytest.raises(ValueError, match=r"."):
        parse_lenient(f"['{long}']")
