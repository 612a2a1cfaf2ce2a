"""What a workspace gives its runs: variables and stored tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.database.connection import Database
from flowisectl.database.tool import get_tool
from flowisectl.database.variable import workspace_variables
from flowisectl.errors import NotFound


class WorkspaceVariables:
    """`engine.context.Variables`: read when a run first asks, then kept for that run."""

    def __init__(self, database: Database, workspace_id: str, environment: Mapping[str, str]) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._environment = environment
        self._values: Mapping[str, Any] | None = None

    async def values(self) -> Mapping[str, Any]:
        if self._values is None:
            rows = await workspace_variables(self._database, self._workspace_id)
            self._values = {row["name"]: self._value(row) for row in rows}
        return self._values

    def _value(self, row: Mapping[str, Any]) -> Any:
        return self._environment.get(row["name"], "") if row["type"] == "runtime" else row["value"]


class StoredTools:
    """`engine.context.Tools`: custom tools by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tool_id: str) -> Mapping[str, Any]:
        row = await get_tool(self._database, tool_id)
        if row is None:
            raise NotFound(f"Tool {tool_id} not found: choose a tool of this workspace in the node, or create it again")
        return row
