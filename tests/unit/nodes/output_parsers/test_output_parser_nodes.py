"""The output parser nodes."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.output_parsers.advanced_structured_output_parser import EXAMPLE, AdvancedStructuredOutputParser
from flowisectl.nodes.output_parsers.csv_output_parser import CsvOutputParser
from flowisectl.nodes.output_parsers.custom_list_output_parser import CustomListOutputParser
from flowisectl.nodes.output_parsers.structured_output_parser import StructuredOutputParser
from flowisectl.testing import run_context


async def build(node: Node, **inputs: Any) -> Any:
    return await node.build(NodeInputs(inputs, node_id="p_0", label="Parser"), run_context())


async def test_lists_have_the_authors_separator_and_length() -> None:
    parser = await build(CustomListOutputParser(), separator=";", length="2", autofixParser="true")

    assert parser.parse("a; b") == ["a", "b"]
    assert parser.auto_fix
    assert (await build(CustomListOutputParser(), separator="", length="")).parse("a,b,c") == ["a", "b", "c"]


async def test_csv_is_a_comma_separated_list() -> None:
    assert (await build(CsvOutputParser())).parse("a, b") == ["a", "b"]


@pytest.mark.parametrize("rows", ['[{"property": "n", "type": "number", "description": "count"}]', [{"property": "n", "type": "number"}]])
async def test_objects_have_the_listed_properties(rows: Any) -> None:
    parser = await build(StructuredOutputParser(), jsonStructure=rows)

    assert parser.parse('{"n": 3}') == {"n": 3}
    with pytest.raises(ValueError, match="n must be of type number"):
        parser.parse('{"n": "three"}')


@pytest.mark.parametrize("rows", ["", "no json", '{"a": 1}', "[1]"])
async def test_a_structure_that_is_no_list_is_refused(rows: str) -> None:
    with pytest.raises(InvalidFlow, match="StructuredOutputParser"):
        await build(StructuredOutputParser(), jsonStructure=rows)


async def test_objects_may_be_described_by_a_zod_expression() -> None:
    parser = await build(AdvancedStructuredOutputParser(), exampleJson=EXAMPLE)

    assert parser.parse('{"title": "T", "pages": 3}') == {"title": "T", "pages": 3}


async def test_a_broken_expression_is_refused_with_the_nodes_name() -> None:
    with pytest.raises(InvalidFlow, match="'p_0'"):
        await build(AdvancedStructuredOutputParser(), exampleJson="z.object(")
