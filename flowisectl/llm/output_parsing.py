"""Turning a model's text into lists and objects, and telling the model beforehand what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.interfaces.lenient_json import parse_lenient
from flowisectl.llm.json_schema import checked
from flowisectl.texts.conversations import SCHEMA_INSTRUCTIONS
from flowisectl.texts.text import filled

_PAGE = "https://docs.langchain.com/oss/javascript/langchain/errors/OUTPUT_PARSING_FAILURE/"
"""Where clients of Flowise are sent when a text cannot be parsed."""


class ListParser:
    """A text with a separator between the items. A `plain` list is asked for as comma-separated values."""

    def __init__(self, *, separator: str = ",", length: int | None = None, auto_fix: bool = False, is_plain: bool = False) -> None:
        self.auto_fix = auto_fix
        self._separator = separator
        self._length = length
        if is_plain:
            self.format_instructions = "Your response should be a list of comma separated values, eg: `foo, bar, baz`"
        else:
            count = f"{length} " if length else ""
            example = f"{separator} ".join(("foo", "bar", "baz"))
            self.format_instructions = f'Your response should be a list of {count}items separated by "{separator}" (eg: `{example}`)'

    def parse(self, text: str) -> list[str]:
        """The items. Raises ValueError when a wanted number of them is not met."""
        items = [item.strip() for item in text.strip().split(self._separator)]
        if self._length and len(items) != self._length:
            raise ValueError(f"Incorrect number of items. Expected {self._length}, got {len(items)}.\n\nTroubleshooting URL: {_PAGE}\n")
        return items


class SchemaParser:
    """A text that holds a JSON object of a JSON Schema."""

    def __init__(self, schema: Mapping[str, Any], *, auto_fix: bool = False, instructions: str = SCHEMA_INSTRUCTIONS.ours) -> None:
        self.auto_fix = auto_fix
        self._schema = schema
        shown = {**schema, "$schema": "http://json-schema.org/draft-07/schema#"}
        self.format_instructions = filled(instructions, schema=orjson.dumps(shown).decode())

    def parse(self, text: str) -> Any:
        """The object in the text, in a fence or bare. Raises ValueError when there is none or it doesn't fit."""
        inner = unfenced(text).strip()
        try:
            return checked(repaired_json(inner), self._schema)
        except (ValueError, RecursionError) as error:
            raise ValueError(f'Failed to parse. Text: "{inner}". Error: {error}') from error


def unfenced(text: str) -> str:
    """What stands in the first block of code, or the text itself when there is none."""
    _, opening, rest = text.partition("```")
    if not opening:
        return text
    inner, closing, _ = rest.partition("```")
    return inner.removeprefix("json") if closing else text


def repaired_json(text: str) -> Any:
    """JSON data in a text; JSON5 and text around the outermost braces are forgiven. Raises ValueError."""
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    starts = [index for index in (text.find("{"), text.find("[")) if index >= 0]
    end = max(text.rfind("}"), text.rfind("]"))
    if not starts or end < min(starts):
        raise ValueError("there is no JSON in it")
    inner = text[min(starts) : end + 1]
    return parse_lenient(inner)


def schema_of_rows(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of `[{property, type, description, required}]`, as nodes and stored tools keep it."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for row in rows:
        name = str(row.get("property") or "")
        if not name:
            continue
        kind = str(row.get("type") or "string")
        properties[name] = {"type": "string", "format": "date-time"} if kind == "date" else {"type": kind}
        if row.get("description"):
            properties[name]["description"] = str(row["description"])
        if row.get("required"):
            required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}
