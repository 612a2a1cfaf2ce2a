"""What the editor gets of tabs and grids, and how a part stands in a prompt's values."""

from __future__ import annotations

from flowisectl.engine.inputs import text_of
from flowisectl.engine.legacy.parts import LoopPart
from flowisectl.interfaces.document import Document
from flowisectl.nodes.sequential_agents.seq_llm_node import SeqLlmNode


def test_tabs_and_grids_are_told_as_the_editor_takes_them() -> None:
    inputs = {item["name"]: item for item in SeqLlmNode.definition.to_json()["inputs"]}

    update = inputs["updateStateMemory"]
    assert update["tabIdentifier"] == "selectedUpdateStateMemoryTab"
    assert [tab["name"] for tab in update["tabs"]] == ["updateStateMemoryUI", "updateStateMemoryCode"]
    assert [column["field"] for column in update["tabs"][0]["datagrid"]] == ["key", "value"]
    assert [column["field"] for column in inputs["llmStructuredOutput"]["datagrid"]] == ["key", "type", "enumValues", "description"]
    assert "tabs" not in inputs["llmNodeName"]


def test_a_part_in_a_text_is_its_id_and_a_document_has_the_names_that_clients_know() -> None:
    assert text_of(LoopPart(node_id="loop_0", label="Loop", target="x")) == '{"id":"loop_0"}'
    assert text_of([Document(page_content="a")]) == '[{"pageContent":"a","metadata":{}}]'
