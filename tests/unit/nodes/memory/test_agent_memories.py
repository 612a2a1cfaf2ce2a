"""The nodes that let graphs of agents remember."""

from __future__ import annotations

import pytest

from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.nodes.memory.agent_memory import AgentMemoryNode
from flowisectl.nodes.memory.my_sql_agent_memory import MySqlAgentMemory
from flowisectl.nodes.memory.postgres_agent_memory import PostgresAgentMemory
from flowisectl.nodes.memory.sqlite_agent_memory import SqliteAgentMemory
from flowisectl.testing import run_context


@pytest.mark.parametrize("node", [AgentMemoryNode(), SqliteAgentMemory(), PostgresAgentMemory(), MySqlAgentMemory()])
async def test_every_kind_says_that_the_state_is_kept(node: Node) -> None:
    part = await node.build(NodeInputs({"host": "db", "port": "5432"}, node_id="m_0", label="M"), run_context())

    assert part == AgentMemory(node_id="m_0", label="M")
    assert all("own database" in param.description for param in node.definition.inputs)
