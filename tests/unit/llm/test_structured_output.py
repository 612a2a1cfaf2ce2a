from __future__ import annotations

from typing import Any

import pytest

from flowisectl.llm.structured_output import data_of, schema_of


@pytest.mark.parametrize(
    ("row", "schema"),
    [
        ({"type": "string", "description": "d"}, {"type": "string", "description": "d"}),
        ({"type": "number"}, {"type": "number"}),
        ({"type": "boolean", "description": ""}, {"type": "boolean"}),
        ({"type": "stringArray"}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "enum", "enumValues": "a, b ,c"}, {"type": "string", "enum": ["a", "b", "c"]}),
        ({"type": "somethingNew"}, {"type": "string"}),
    ],
)
def test_a_row_becomes_a_required_property(row: dict[str, Any], schema: dict[str, Any]) -> None:
    assert schema_of([{"key": "k", **row}]) == {
        "type": "object",
        "properties": {"k": schema},
        "required": ["k"],
        "additionalProperties": False,
    }


def test_a_list_of_objects_has_the_properties_that_its_text_describes() -> None:
    text = """{
        name: {type: 'string', description: 'n'},
        parts: {type: 'array', items: {size: {type: 'number'}}},
        tags: {type: 'array'},
        note: {type: 'string', optional: true},
    }"""

    found = schema_of([{"key": "things", "type": "jsonArray", "jsonSchema": text, "description": "all"}])["properties"]["things"]

    inner = {"type": "object", "properties": {"size": {"type": "number"}}, "required": ["size"], "additionalProperties": False}
    assert found == {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "n"},
                "parts": {"type": "array", "items": inner},
                "tags": {"type": "array"},
                "note": {"type": "string"},
            },
            "required": ["name", "parts", "tags"],
            "additionalProperties": False,
        },
        "description": "all",
    }


STRICT = {"additionalProperties": False}
TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("text", "item"),
    [
        (
            "{a: {type: 'array', items: {type: 'string'}}}",
            {"type": "array", "items": {"type": "object", "properties": {"type": TEXT}, "required": ["type"], **STRICT}},
        ),
        ("{a: {type: 'object'}}", {"type": "object", "additionalProperties": {}}),
        ("{a: {type: 'object', properties: {k: 'x'}}}", {"type": "object", "properties": {"k": TEXT}, "required": ["k"], **STRICT}),
        ("{a: {k: {type: 'boolean'}}}", {"type": "object", "properties": {"k": {"type": "boolean"}}, "required": ["k"], **STRICT}),
        ("{a: ['x', 'y']}", {"type": "array"}),
        ("{a: 'string'}", TEXT),
    ],
)
def test_the_members_of_objects_are_described_as_existing_flows_do(text: str, item: Any) -> None:
    found = schema_of([{"key": "k", "type": "jsonArray", "jsonSchema": text}])["properties"]["k"]

    assert found["items"] == {"type": "object", "properties": {"a": item}, "required": ["a"], **STRICT}


def test_a_member_of_an_unknown_type_may_be_anything_or_nothing() -> None:
    found = schema_of([{"key": "k", "type": "jsonArray", "jsonSchema": "{a: {type: 'integer'}}"}])["properties"]["k"]

    assert found["items"] == {"type": "object", "properties": {"a": {}}, **STRICT}


def test_a_list_of_descriptions_numbers_the_members() -> None:
    found = schema_of([{"key": "k", "type": "jsonArray", "jsonSchema": '[{"type": "string"}]'}])["properties"]["k"]

    assert found["items"]["properties"] == {"0": TEXT}


@pytest.mark.parametrize("text", ["not json", "", None])
def test_a_description_that_cannot_be_read_allows_any_objects(text: Any) -> None:
    found = schema_of([{"key": "k", "type": "jsonArray", "jsonSchema": text}])["properties"]["k"]

    assert found == {"type": "array", "items": {"type": "object", "additionalProperties": {}}}


def test_rows_without_a_key_are_left_out() -> None:
    assert schema_of([{"type": "string"}]) == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize("text", ['{"a": 1}', '```json\n{"a": 1}\n```', 'Here it is: {"a": 1}. Bye', "{a: 1}", '  {"a": 1}  '])
def test_the_data_is_found_in_an_answer(text: str) -> None:
    assert data_of(text) == {"a": 1}


@pytest.mark.parametrize("text", ["", "no data", "[1, 2]", "{broken", "{" * 5000 + "}" * 5000, '{"a": ' + "x" * 30_000 + "}"])
def test_an_answer_without_data_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="did not answer with a JSON object"):
        data_of(text)
