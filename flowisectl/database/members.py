"""Who belongs to an organization or a workspace: the members with their accounts and roles, without secrets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.lookup import Row
from flowisectl.database.organization_user import OrganizationUser
from flowisectl.database.role import Role
from flowisectl.database.rows import can_hold, table_of
from flowisectl.database.user import User
from flowisectl.database.workspace_user import WorkspaceUser

_USERS, _ROLES = table_of(User), table_of(Role)
_ACCOUNT = ("id", "name", "email", "status", "createdDate", "updatedDate")


async def organization_members(database: Database, organization_id: str) -> list[Row]:
    """Rows of `organization_user`, each with `user` and `role`, the oldest first."""
    return await _members(database, table_of(OrganizationUser), "organizationId", organization_id)


async def workspace_members(database: Database, workspace_id: str) -> list[Row]:
    """Rows of `workspace_user`, each with `user` and `role`, the oldest first."""
    return await _members(database, table_of(WorkspaceUser), "workspaceId", workspace_id)


async def _members(database: Database, table: sa.Table, owner: str, owner_id: str) -> list[Row]:
    if not can_hold(database, owner_id):
        return []
    joined = table.join(_USERS, _USERS.c.id == table.c.userId).outerjoin(_ROLES, _ROLES.c.id == table.c.roleId)
    account = [_USERS.c[name].label(f"user_{name}") for name in _ACCOUNT]
    found = sa.select(*table.columns, *account, _ROLES.c.name.label("role_name")).select_from(joined).where(table.c[owner] == owner_id)
    return [_member(row) for row in await database.fetch(found.order_by(table.c.createdDate, table.c.userId))]


def _member(row: Row) -> Row:
    user: dict[str, Any] = {name: row[f"user_{name}"] for name in _ACCOUNT}
    plain = {name: value for name, value in row.items() if not name.startswith(("user_", "role_"))}
    return {**plain, "user": user, "role": {"id": row["roleId"], "name": row["role_name"]}}
