"""What a workspace gives its runs: variables, stored tools and credentials."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flowisectl.database.connection import Database
from flowisectl.database.tool import get_tool
from flowisectl.database.variable import workspace_variables
from flowisectl.errors import NotFound

FRESH_SECONDS = 5.0


def is_of_another(owner: str | None, workspace_id: str) -> bool:
    """Whether what `owner` has is not this workspace's. Rows of old databases that belong to none are everybody's."""
    return bool(owner and workspace_id) and owner != workspace_id


class VariableStore:
    """The variables of every workspace. What was read lately is served without asking the database again; a change made
    through this process shows at once (`forget`), one made through another as soon as it is told (`drop_all`)."""

    def __init__(self, database: Database, environment: Mapping[str, str]) -> None:
        self._database = database
        self._environment = environment
        self._kept: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._announce: Callable[[], None] = lambda: None

    async def values(self, workspace_id: str) -> Mapping[str, Any]:
        kept = self._kept.get(workspace_id)
        if kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        rows = await workspace_variables(self._database, workspace_id)
        values = {row["name"]: self._value(row) for row in rows}
        self._kept[workspace_id] = (time.monotonic(), values)
        return values

    def forget(self) -> None:
        """A variable was changed through this process. Other processes are told."""
        self._kept.clear()
        self._announce()

    def announce_with(self, announce: Callable[[], None]) -> None:
        self._announce = announce

    def drop_all(self) -> None:
        """Read every variable anew: another process changed one."""
        self._kept.clear()

    def _value(self, row: Mapping[str, Any]) -> Any:
        return self._environment.get(row["name"], "") if row["type"] == "runtime" else row["value"]


class WorkspaceVariables:
    """`engine.context.Variables` of one workspace."""

    def __init__(self, store: VariableStore, workspace_id: str) -> None:
        self._store = store
        self._workspace_id = workspace_id

    async def values(self) -> Mapping[str, Any]:
        return await self._store.values(self._workspace_id)


class Vault(Protocol):
    async def fields(self, credential_id: str, workspace_id: str = "") -> Mapping[str, Any]:
        """The decrypted fields; empty for a credential that this workspace does not have."""
        ...


class WorkspaceCredentials:
    """`engine.context.Credentials` of one workspace: whatever id a flow or a request names, those of others are missing."""

    def __init__(self, vault: Vault, workspace_id: str) -> None:
        self._vault = vault
        self._workspace_id = workspace_id

    async def fields(self, credential_id: str) -> Mapping[str, Any]:
        return await self._vault.fields(credential_id, self._workspace_id)


class StoredTools:
    """`engine.context.Tools`: custom tools of one workspace by id."""

    def __init__(self, database: Database, workspace_id: str) -> None:
        self._database = database
        self._workspace_id = workspace_id

    async def get(self, tool_id: str) -> Mapping[str, Any]:
        row = await get_tool(self._database, tool_id)
        if row is None or is_of_another(row["workspaceId"], self._workspace_id):
            raise NotFound(f"Tool {tool_id} not found")  # the whole text, as clients know it
        return row
