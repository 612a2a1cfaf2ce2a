"""What a node reads from a socket whose connection leads nowhere."""

from __future__ import annotations

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput

GONE = "{{calculator_0.data.instance}}"


def inputs() -> NodeInputs:
    params = {"template": {"name": "template", "type": "string"}}
    return NodeInputs({"model": GONE, "tools": [["x", GONE]], "template": GONE}, node_id="agent_0", label="Agent", params=params)


def test_a_connection_to_a_node_that_is_gone_is_told_with_both_names() -> None:
    with pytest.raises(MissingInput, match=r"'agent_0' \(Agent\): its input 'model' leads to .*calculator_0.*connect it anew"):
        inputs().require("model")


def test_so_is_one_among_several_connections() -> None:
    with pytest.raises(MissingInput, match=r"'tools' leads to .*calculator_0"):
        inputs().items("tools")


def test_a_field_keeps_such_a_text_as_it_is_written() -> None:
    assert inputs().text("template") == GONE
