"""Every template imports, and every node of it has a verdict."""

from __future__ import annotations

from pathlib import Path

import orjson
from template_run import CATALOGUE

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.flow_check import Verdict, check_flow
from flowisectl.llm.output_parsing import schema_of_rows
from flowisectl.nodes.credential_types import secret_fields


def test_a_template_parses_and_its_nodes_are_known(any_template: Path) -> None:
    flow = parse_flow(any_template.read_bytes(), name=any_template.stem)

    verdict = check_flow(flow, CATALOGUE, has_extra=lambda extra: True, secret_fields=secret_fields())

    assert {node.node_id for node in verdict.nodes} == set(flow.by_id)
    assert [node.name for node in verdict.nodes if node.verdict is Verdict.NOT_SUPPORTED] == []


def test_a_template_of_a_tool_has_a_schema_that_models_understand(tool_template: Path) -> None:
    tool = orjson.loads(tool_template.read_bytes())

    rows = orjson.loads(tool["schema"]) if isinstance(tool.get("schema"), str) else tool.get("schema") or []
    schema = schema_of_rows(rows)

    assert tool["func"] and tool["name"]
    assert schema["type"] == "object"
    assert set(schema["properties"]) == {row["property"] for row in rows}
