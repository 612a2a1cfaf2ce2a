"""Model texts as data, and the schemas that data is held against."""

from __future__ import annotations

import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.llm.json_schema import checked, coerced
from flowisectl.llm.output_parsing import ListParser, SchemaParser, repaired_json, schema_of_rows, unfenced
from flowisectl.llm.zod_text import MAX_CHARS, ZodSyntaxError, schema_of

BOOK = schema_of_rows(
    [
        {"property": "title", "type": "string", "description": "the title", "required": True},
        {"property": "pages", "type": "number"},
        {"property": "", "type": "string"},
        {"property": "out", "type": "date"},
    ]
)


class TestLists:
    def test_items_are_trimmed(self) -> None:
        assert ListParser(separator="|").parse(" a | b|c ") == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("parser", "text"),
        [
            (ListParser(separator=";", length=2), 'a list of 2 items separated by ";" (eg: `foo; bar; baz`)'),
            (ListParser(), 'a list of items separated by "," (eg: `foo, bar, baz`)'),
            (ListParser(is_plain=True), "comma separated values"),
        ],
    )
    def test_the_model_is_told_the_form(self, parser: ListParser, text: str) -> None:
        assert text in parser.format_instructions

    def test_a_wrong_number_is_an_error(self) -> None:
        with pytest.raises(
            ValueError,
            match=r"^Incorrect number of items\. Expected 2, got 1\.\n\nTroubleshooting URL: https://[a-z./]+/OUTPUT_PARSING_FAILURE/\n$",
        ):
            ListParser(length=2).parse("a")


class TestSchemaParser:
    @pytest.mark.parametrize(
        "text",
        [
            '{"title": "T", "pages": 3}',
            '```json\n{"title": "T", "pages": 3}\n```',
            'Here it is:\n```\n{"title": "T", "pages": 3,}\n```\nEnjoy {it}',
            "Sure! {title: 'T', pages: 3, unknown: true} That's all",
        ],
    )
    def test_the_object_is_found_and_repaired(self, text: str) -> None:
        assert SchemaParser(BOOK).parse(text) == {"title": "T", "pages": 3}

    @pytest.mark.parametrize(
        "text", ["no object", "[1]", '{"pages": 3}', '{"title": 5}', '{"title": "T", "pages": "many"}', "", "{{{", "[" * 5000]
    )
    def test_what_does_not_fit_is_an_error(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^Failed to parse\. Text: "):
            SchemaParser(BOOK).parse(text)

    def test_the_model_is_told_the_schema(self) -> None:
        instructions = SchemaParser(BOOK).format_instructions

        assert '"title":{"type":"string","description":"the title"}' in instructions
        assert '"required":["title"]' in instructions
        assert instructions.endswith("\n```\n")

    def test_dates_are_texts_with_a_format(self) -> None:
        assert BOOK["properties"]["out"] == {"type": "string", "format": "date-time"}


def test_an_unclosed_block_of_code_is_no_block() -> None:
    assert unfenced("```json {") == "```json {"


@given(st.text(alphabet='{}[]",:ab1`\\ \n', max_size=60))
def test_any_text_is_data_or_an_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert orjson.dumps(repaired_json(text))


class TestSchemas:
    @pytest.mark.parametrize(
        ("value", "schema"),
        [
            (True, {"type": "number"}),
            (1.5, {"type": "integer"}),
            ("x", {"enum": ["a", "b"]}),
            ("toolong", {"type": "string", "maxLength": 3}),
            ([1, 2], {"type": "array", "maxItems": 1}),
            (11, {"type": "number", "maximum": 10}),
            ([{"a": "x"}], {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "number"}}}}),
            (None, {"type": "string"}),
        ],
    )
    def test_misfits_are_refused(self, value: Any, schema: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="must"):
            checked(value, schema)

    def test_the_place_is_named(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}}

        with pytest.raises(ValueError, match=r"a\[1\] must be of type number, not string"):
            checked({"a": [1, "x"]}, schema)

    def test_defaults_are_filled_in_and_unknown_members_dropped(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "number", "default": 7}, "b": {"type": "string"}}}

        assert checked({"c": 1, "b": None}, schema) == {"a": 7}

    @pytest.mark.parametrize(
        ("value", "kind", "expected"),
        [
            (5, "string", "5"),
            (True, "string", "true"),
            ("5", "number", 5),
            ("-5", "integer", -5),
            ("5.5", "number", 5.5),
            ("five", "number", "five"),
            ("True", "boolean", True),
            ("maybe", "boolean", "maybe"),
            ([1], "string", [1]),
        ],
    )
    def test_clear_cases_of_a_wrong_type_are_put_right(self, value: Any, kind: str, expected: Any) -> None:
        assert coerced(value, {"type": kind}) == expected


class TestZod:
    def test_an_object_with_everything(self) -> None:
        schema = schema_of(
            """z.object({
                title: z.string().describe("the title"), // a comment
                'pages': z.number().int().min(1),
                kind: z.enum(["novel", 'poem']).array().max(2).optional(),
                out: z.date(),
                author: z.object({ name: z.string() }).strict(),
                tags: z.array(z.string()),
                good: z.boolean().default(true),
            })"""
        )

        assert schema == {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "the title"},
                "pages": {"type": "integer", "minimum": 1},
                "kind": {"type": "array", "items": {"type": "string", "enum": ["novel", "poem"]}, "maxItems": 2},
                "out": {"type": "string", "format": "date-time"},
                "author": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}},
                    "required": ["name"],
                    "additionalProperties": False,
                },
                "tags": {"type": "array", "items": {"type": "string"}},
                "good": {"type": "boolean", "default": True},
            },
            "required": ["title", "pages", "out", "author", "tags"],
            "additionalProperties": False,
        }

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "object({})",
            "z.",
            "z.object({ a })",
            "z.object({ a: 1 })",
            "z.object({ a: z.string() }",
            "z.string() z.string()",
            "z.tuple([z.string()])",
            "z.string(); process.exit()",
            "z.array(" * 200 + "z.string()" + ")" * 200,
            "z.string()" + " " * MAX_CHARS,
        ],
    )
    def test_anything_else_is_an_error(self, text: str) -> None:
        with pytest.raises(ZodSyntaxError):
            schema_of(text)

    @given(st.text(alphabet="z.objectarystring({})[]:,'\" 1", max_size=60))
    def test_any_text_is_a_schema_or_an_error(self, text: str) -> None:
        with contextlib.suppress(ZodSyntaxError):
            assert isinstance(schema_of(text), dict)
