from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError
from flowisectl.nodes.sequential_agents._tables import table_rows


@pytest.mark.parametrize("value", [None, "", [], "[]"])
def test_table_without_rows_is_empty(value: Any) -> None:
    assert table_rows(NodeInputs({"rows": value}), "rows") == []


@pytest.mark.parametrize("value", [[{"key": "a"}], '[{"key": "a"}]', "[{key: 'a'}]"])
def test_table_may_be_a_list_or_its_text(value: Any) -> None:
    assert table_rows(NodeInputs({"rows": value}), "rows") == [{"key": "a"}]


@pytest.mark.parametrize("value", ["a, b", {"key": "a"}, 5, ["a"], '["a"]'])
def test_what_is_no_table_is_named_with_its_node(value: Any) -> None:
    with pytest.raises(FlowError, match=r"node 'agent_0' \(Agent\): rows is no table of rows"):
        table_rows(NodeInputs({"rows": value}, node_id="agent_0", label="Agent"), "rows")
