"""JSON as people write it: JSON5 (https://spec.json5.org), read in one pass, so that long text holds up nobody."""

from __future__ import annotations

import re
from typing import Any

import orjson

# Quantifiers that give nothing back (`++`): the time stays in proportion to the text, whatever the text.
_TOKENS = re.compile(
    r"""
      (?P<blank>[\s\ufeff]++ | //[^\n\r\u2028\u2029]*+ | /\*(?:[^*]++|\*(?!/))*+\*/)
    | (?P<text>"(?:[^"\\\n\r]++|\\(?:\r\n|.))*+" | '(?:[^'\\\n\r]++|\\(?:\r\n|.))*+')
    | (?P<number>[+-]?(?:0[xX][0-9a-fA-F]+ | (?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? | Infinity\b | NaN\b))
    | (?P<word>(?:[^\W\d]|\$)[\w$\u200c\u200d]*)
    | (?P<mark>[\[\]{}:,])
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+"')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
MAX_LENIENT = 200_000
"""Characters; longer text has to be plain JSON."""
_LINE_ENDS = ("\n", "\r", "\r\n", "\u2028", "\u2029")


def parse_lenient(text: str) -> Any:
    """The data in a JSON5 text. Numbers that JSON does not have become null. Raises ValueError."""
    try:
        return orjson.loads(text)
    except ValueError:
        if len(text) > MAX_LENIENT:
            raise
        return orjson.loads(_as_json(text))


def _as_json(text: str) -> str:
    """The same data as JSON; what is no JSON5 either stays wrong. Raises ValueError for what cannot be a token."""
    pieces: list[str] = []
    position = 0
    for match in _TOKENS.finditer(text):
        if match.start() != position:
            break
        position = match.end()
        kind, token = match.lastgroup, match[0]
        if kind == "blank":
            continue
        if kind == "text":
            token = token if _PLAIN.fullmatch(token) else _text(token)
        elif kind == "number":
            token = _number(token)
        elif token == ":" and pieces and not pieces[-1].startswith('"'):
            pieces[-1] = orjson.dumps(pieces[-1]).decode()  # a name without quotes
        elif token in ("}", "]") and pieces[-1:] == [","] and pieces[-2:-1] not in ([], ["["], ["{"], [","]):
            pieces.pop()
        pieces.append(token)
    if position != len(text):
        raise ValueError(f"there is no JSON at character {position + 1}: {text[position : position + 20]!r}")
    return " ".join(pieces)


def _text(token: str) -> str:
    """A text in either quotes as JSON writes it; halves of surrogate pairs find each other again."""
    inner = _ESCAPE.sub(_unescaped, token[1:-1])
    return orjson.dumps(inner.encode("utf-16", "surrogatepass").decode("utf-16", "replace")).decode()


def _unescaped(match: re.Match[str]) -> str:
    code, other = match[1] or match[2], match[3]
    if code:
        return chr(int(code, 16))
    return "" if other in _LINE_ENDS else _ESCAPED.get(other, other)


def _number(token: str) -> str:
    sign, digits = ("-" if token[0] == "-" else ""), token.lstrip("+-")
    if digits[:2] in ("0x", "0X"):
        return f"{sign}{int(digits, 16)}"
    if digits in ("Infinity", "NaN"):
        return "null"
    whole, point, rest = digits.partition(".")
    if point and not rest[:1].isdigit():  # `5.` and `5.e3`
        return f"{sign}{whole}.0{rest}"
    return f"{sign}{whole or '0'}{point}{rest}"
