"""Schemas that users write as Zod expressions (`z.object({ title: z.string() })`), read as JSON Schema. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flowisectl.interfaces.lenient_json import parse_lenient

MAX_CHARS = 20_000
MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_$][\w$]*)|(?P<mark>[.(){}\[\],:])""",
    re.DOTALL,
)
_SIMPLE: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "int": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date-time"},
    "any": {},
    "unknown": {},
}


class ZodSyntaxError(ValueError):
    """The text is no Zod expression that is understood here."""


def schema_of(text: str) -> dict[str, Any]:
    """The JSON Schema of a Zod expression. Raises ZodSyntaxError.

    Known are string, number, int, boolean, date, any, object, array, enum, literal, record and optional, nullable,
    describe, default, min, max, int, array, email, url, strict, passthrough.
    """
    if len(text) > MAX_CHARS:
        raise ZodSyntaxError(f"a schema may have {MAX_CHARS} characters")
    reader = _Reader(list(_tokens(text)))
    schema, _ = reader.expression(0)
    reader.end()
    return schema


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    index = 0
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None:
            raise ZodSyntaxError(f"cannot read the schema at {text[index : index + 20]!r}")
        index = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[0]


class _Reader:
    """Reads tokens by recursive descent."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._next = 0

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise ZodSyntaxError(f"the schema goes on after its end: {self._tokens[self._next][1]!r}")

    def expression(self, depth: int) -> tuple[dict[str, Any], bool]:
        """(schema, whether it is optional)"""
        if depth > MAX_DEPTH:
            raise ZodSyntaxError("the schema is nested too deep")
        self._expect("z")
        self._expect(".")
        schema = self._kind(self._name(), depth)
        is_optional = False
        while self._peek() == ".":
            self._expect(".")
            schema, optional = self._method(self._name(), schema)
            is_optional = is_optional or optional
        return schema, is_optional

    def _kind(self, name: str, depth: int) -> dict[str, Any]:
        self._expect("(")
        if name == "object":
            schema = self._object(depth)
        elif name == "array":
            schema = {"type": "array", "items": self.expression(depth + 1)[0]}
        elif name == "enum":
            schema = {"type": "string", "enum": self._list()}
        elif name == "literal":
            value = self._value()
            schema = {"type": "string" if isinstance(value, str) else "number", "enum": [value]}
        elif name == "record":
            schema = {"type": "object", "additionalProperties": self._last_expression(depth)}
        elif name in _SIMPLE:
            schema = dict(_SIMPLE[name])
            self._skip_arguments()
        else:
            raise ZodSyntaxError(f"z.{name} is not supported: use string, number, boolean, date, object, array or enum")
        self._skip(",")
        self._expect(")")
        return schema

    def _method(self, name: str, schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """(the schema changed by one chained call, whether the call makes it optional)"""
        self._expect("(")
        arguments = self._arguments()
        self._expect(")")
        if name in ("optional", "nullish"):
            return schema, True
        if name == "default":
            return {**schema, "default": arguments[0] if arguments else None}, True
        if name == "describe":
            return {**schema, "description": str(arguments[0]) if arguments else ""}, False
        if name == "array":
            return {"type": "array", "items": schema}, False
        if name == "int":
            return {**schema, "type": "integer"}, False
        if name in ("min", "max", "length") and arguments:
            names = ("min", "max") if name == "length" else (name,)
            return {**schema, **{_bound(schema, which): arguments[0] for which in names}}, False
        if name in ("email", "url", "uuid"):
            return {**schema, "format": "uri" if name == "url" else name}, False
        return schema, False

    def _object(self, depth: int) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        self._expect("{")
        while self._peek() != "}":
            name = self._key()
            self._expect(":")
            properties[name], is_optional = self.expression(depth + 1)
            if not is_optional:
                required.append(name)
            self._skip(",")
        self._expect("}")
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        return {**schema, "additionalProperties": False}

    def _last_expression(self, depth: int) -> dict[str, Any]:
        schema, _ = self.expression(depth + 1)
        while self._peek() == ",":
            self._expect(",")
            schema, _ = self.expression(depth + 1)
        return schema

    def _arguments(self) -> list[Any]:
        values: list[Any] = []
        while self._peek() != ")":
            values.append(self._value())
            self._skip(",")
        return values

    def _skip_arguments(self) -> None:
        self._arguments()

    def _value(self) -> Any:
        if self._peek() == "[":
            return self._list()
        if self._peek() == "{":
            return self._mapping()
        kind, text = self._take()
        if kind == "text":
            return parse_lenient(text) if text[0] != "`" else text[1:-1]
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text in ("true", "false", "null", "undefined"):
            return {"true": True, "false": False}.get(text)
        raise ZodSyntaxError(f"expected a value, not {text!r}")

    def _list(self) -> list[Any]:
        self._expect("[")
        values: list[Any] = []
        while self._peek() != "]":
            values.append(self._value())
            self._skip(",")
        self._expect("]")
        return values

    def _mapping(self) -> dict[str, Any]:
        self._expect("{")
        values: dict[str, Any] = {}
        while self._peek() != "}":
            name = self._key()
            self._expect(":")
            values[name] = self._value()
            self._skip(",")
        self._expect("}")
        return values

    def _key(self) -> str:
        kind, text = self._take()
        if kind == "text":
            return str(parse_lenient(text))
        if kind != "name":
            raise ZodSyntaxError(f"expected the name of a property, not {text!r}")
        return text

    def _name(self) -> str:
        kind, text = self._take()
        if kind != "name":
            raise ZodSyntaxError(f"expected a name, not {text!r}")
        return text

    def _expect(self, text: str) -> None:
        found = self._take()[1]
        if found != text:
            raise ZodSyntaxError(f"expected {text!r}, not {found!r}")

    def _skip(self, text: str) -> None:
        if self._peek() == text:
            self._next += 1

    def _peek(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else ""

    def _take(self) -> tuple[str, str]:
        if self._next >= len(self._tokens):
            raise ZodSyntaxError("the schema ends too early")
        self._next += 1
        return self._tokens[self._next - 1]


def _bound(schema: dict[str, Any], which: str) -> str:
    suffix = {"string": "Length", "array": "Items"}.get(str(schema.get("type")), "imum")
    return which + suffix
