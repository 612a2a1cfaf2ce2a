"""Nodes stickyNote and stickyNoteAgentflow."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.flow import parse_flow
from flowisectl.nodes.discovery import load_catalogue


@pytest.mark.parametrize(("name", "color"), [("stickyNote", ""), ("stickyNoteAgentflow", "#fee440")])
def test_an_editor_is_told_what_a_note_is(name: str, color: str) -> None:
    definition = load_catalogue().get(name).definition

    assert (definition.label, definition.color, [param.name for param in definition.inputs]) == ("Sticky Note", color, ["note"])


@pytest.mark.parametrize("name", ["stickyNote", "stickyNoteAgentflow"])
def test_a_note_is_no_part_of_a_flow(name: str) -> None:
    node: dict[str, Any] = {
        "id": "calculator_0",
        "data": {"id": "calculator_0", "name": "calculator", "label": "C", "category": "Tools", "inputs": {}},
    }
    note = {"id": "n_0", "data": {"id": "n_0", "name": name, "label": "Sticky Note", "category": "Utilities", "inputs": {"note": "look"}}}

    flow = parse_flow({"nodes": [node, note], "edges": []}, id="f", name="F")

    assert [found.name for found in flow.nodes] == ["calculator"]
