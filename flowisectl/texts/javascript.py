"""Reads literals out of JavaScript sources: strings, templates, and lists and objects of them. Nothing is run.

The grammar is that of ECMA-262 (https://tc39.es/ecma262/#sec-ecmascript-language-lexical-grammar), as far as printed modules use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MOST_DEPTH = 30
_BLANK = re.compile(r"(?:\s|//[^\n]*(?=\n|\Z)|/\*[^*]*(?:\*(?!/)[^*]*)*\*/)+")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\s*\??\.\s*[A-Za-z_$][\w$]*)*")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_PLAIN = {quote: re.compile(rf"[^\\{quote}\n\r]+") for quote in "'\""} | {"`": re.compile(r"[^\\`$]+")}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\u2028": "", "\u2029": ""}
_CODES = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}")
_WORDS = {"true": True, "false": False, "null": None}


class NoLiteral(ValueError):
    """There is no literal at this place, or one that says more than a literal can."""


@dataclass(frozen=True)
class Expression:
    """What stands between `${` and `}` of a template."""

    code: str


@dataclass(frozen=True)
class _Absent:
    """The value of a name: what it stands for is not known here."""


_ABSENT = _Absent()


def text_at(source: str, start: int) -> list[str | Expression]:
    """The pieces of the text that begins at this place, of several literals when `+` joins them. Raises NoLiteral."""
    pieces, end = _literal(source, _after_blank(source, start))
    while (joint := _after_blank(source, end)) < len(source) and source[joint] == "+":
        try:
            more, end = _literal(source, _after_blank(source, joint + 1))
        except NoLiteral:
            raise NoLiteral("a part of the text is no literal") from None
        pieces += more
    return pieces


def data_at(source: str, start: int) -> Any:
    """The list, object or plain value that begins at this place, as JSON would carry it: a member whose value is a name is left out.

    Raises NoLiteral.
    """
    value, _ = _value(source, _after_blank(source, start), 0)
    if value is _ABSENT:
        raise NoLiteral("there is a name, not a value")
    return value


def _literal(source: str, index: int) -> tuple[list[str | Expression], int]:
    quote = source[index : index + 1]
    if quote not in _PLAIN:
        raise NoLiteral("there is no text")
    pieces: list[str | Expression] = []
    kept: list[str] = []
    index += 1
    while index < len(source):
        char = source[index]
        if char == quote:
            return [*pieces, "".join(kept)], index + 1
        if char == "\\":
            text, index = _escaped(source, index + 1)
            kept.append(text)
        elif quote == "`" and source.startswith("${", index):
            end = _end_of_expression(source, index + 2)
            pieces += ["".join(kept), Expression(source[index + 2 : end].strip())]
            kept, index = [], end + 1
        elif plain := _PLAIN[quote].match(source, index):
            kept.append(plain[0].replace("\r\n", "\n").replace("\r", "\n"))
            index = plain.end()
        elif quote == "`":  # a dollar sign without a brace
            kept.append(char)
            index += 1
        else:
            break
    raise NoLiteral("the text has no end")


def _escaped(source: str, index: int) -> tuple[str, int]:
    """(what stands for an escape, the place after it); `index` is behind the backslash."""
    if found := _CODES.match(source, index):
        return _character(int(found[1] or found[2] or found[3], 16)), found.end()
    char = source[index : index + 1]
    if source.startswith("\r\n", index):
        return "", index + 2
    return _ESCAPES.get(char, "" if char == "\r" else char), index + 1


def _character(code: int) -> str:
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise NoLiteral("the text holds half a character")
    return chr(code)


def _end_of_expression(source: str, index: int) -> int:
    """Where the brace stands that closes an expression."""
    depth = 0
    while index < len(source):
        char = source[index]
        if char in _PLAIN:
            _, index = _literal(source, index)
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            if not depth:
                return index
            depth -= 1
        index += 1
    raise NoLiteral("an expression in the text has no end")


def _value(source: str, index: int, depth: int) -> tuple[Any, int]:
    if depth > MOST_DEPTH:
        raise NoLiteral("it is nested too deeply")
    char = source[index : index + 1]
    if char == "[":
        return _list(source, index + 1, depth)
    if char == "{":
        return _object(source, index + 1, depth)
    if char in _PLAIN and char:
        pieces, end = _literal(source, index)
        if any(isinstance(piece, Expression) for piece in pieces):
            raise NoLiteral("a text in it holds an expression")
        return "".join(piece for piece in pieces if isinstance(piece, str)), end
    if number := _NUMBER.match(source, index):
        value = float(number[0])
        return (int(value) if value.is_integer() else value), number.end()
    if name := _NAME.match(source, index):
        return _WORDS.get(name[0], _ABSENT), name.end()
    raise NoLiteral("there is neither a value nor a name")


def _list(source: str, index: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        index = _after_blank(source, index)
        if source[index : index + 1] == "]":
            return items, index + 1
        item, index = _value(source, index, depth + 1)
        items.append(None if item is _ABSENT else item)
        index = _after_comma(source, index, "]")


def _object(source: str, index: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while True:
        index = _after_blank(source, index)
        if source[index : index + 1] == "}":
            return members, index + 1
        if name := _NAME.match(source, index):
            key, index = name[0], name.end()
        else:
            key, index = _value(source, index, MOST_DEPTH)
        index = _after_blank(source, index)
        if source[index : index + 1] != ":":
            raise NoLiteral("a member of an object has no value")
        value, index = _value(source, _after_blank(source, index + 1), depth + 1)
        if value is not _ABSENT:
            members[str(key)] = value
        index = _after_comma(source, index, "}")


def _after_comma(source: str, index: int, closing: str) -> int:
    index = _after_blank(source, index)
    if source[index : index + 1] == ",":
        return index + 1
    if source[index : index + 1] != closing:
        raise NoLiteral("a value in it is more than a literal")
    return index


def _after_blank(source: str, index: int) -> int:
    """The place after white space and comments."""
    found = _BLANK.match(source, index)
    return found.end() if found else index
