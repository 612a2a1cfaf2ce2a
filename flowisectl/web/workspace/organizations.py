"""Workspace → organization: stored files lie under the organization's id."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from flowisectl.database.connection import Database
from flowisectl.database.workspace import get_workspace

_KNOWN: WeakKeyDictionary[Database, dict[str, str]] = WeakKeyDictionary()


async def organization_of(database: Database, workspace_id: str) -> str:
    """The organization's id, which never changes for a workspace; empty for a flow of no workspace."""
    if not workspace_id:
        return ""
    known = _KNOWN.setdefault(database, {})
    found = known.get(workspace_id)
    if found is None:
        row = await get_workspace(database, workspace_id)
        found = str(row["organizationId"]) if row else ""
        if found:
            known[workspace_id] = found
    return found
