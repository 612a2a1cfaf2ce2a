"""Who belongs to an organization or a workspace: the members with their accounts and roles, without secrets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.lookup import Row
from flowisectl.database.organization_user import OrganizationUser
from flowisectl.database.role import OWNER, Role
from flowisectl.database.rows import can_hold, table_of
from flowisectl.database.user import User
from flowisectl.database.workspace import Workspace
from flowisectl.database.workspace_user import WorkspaceUser

_USERS, _ROLES, _WORKSPACES = table_of(User), table_of(Role), table_of(Workspace)
_OF_ORGANIZATION, _OF_WORKSPACE = table_of(OrganizationUser), table_of(WorkspaceUser)
_ACCOUNT = ("id", "name", "email", "status", "createdDate", "updatedDate", "createdBy", "updatedBy")


async def organization_members(database: Database, organization_id: str) -> list[Row]:
    """Rows of `organization_user`, each with `user`, `role`, `isOrgOwner`, `lastLogin` and `roleCount`, the oldest first.

    The last two tell of the member's workspaces: when one of them was last logged in to, and in how many roles.
    """
    if not can_hold(database, organization_id):
        return []
    rows = await _members(database, _OF_ORGANIZATION, _OF_ORGANIZATION.c.organizationId == organization_id)
    user, login, role = _OF_WORKSPACE.c.userId, sa.func.max(_OF_WORKSPACE.c.lastLogin), sa.func.count(sa.distinct(_OF_WORKSPACE.c.roleId))
    joined = _OF_WORKSPACE.join(_WORKSPACES, _WORKSPACES.c.id == _OF_WORKSPACE.c.workspaceId)
    counted = sa.select(user, login.label("lastLogin"), role.label("roleCount")).select_from(joined).group_by(user)
    counts = {row["userId"]: row for row in await database.fetch(counted.where(_WORKSPACES.c.organizationId == organization_id))}
    nowhere = {"lastLogin": None, "roleCount": 0}
    return [
        {**row, "isOrgOwner": row["role"]["name"] == OWNER, **{name: counts.get(row["userId"], nowhere)[name] for name in nowhere}}
        for row in rows
    ]


async def workspace_members(database: Database, workspace_id: str) -> list[Row]:
    """Rows of `workspace_user`, each with `user`, `role`, `workspace` and `isOrgOwner`, the oldest first."""
    if not can_hold(database, workspace_id):
        return []
    return await _in_workspaces(database, _OF_WORKSPACE.c.workspaceId == workspace_id)


async def memberships(database: Database, user_id: str, organization_id: str) -> list[Row]:
    """Rows of `workspace_user` of one user in the workspaces of an organization, as `workspace_members` gives them."""
    if not (can_hold(database, user_id) and can_hold(database, organization_id)):
        return []
    owned = sa.select(_WORKSPACES.c.id).where(_WORKSPACES.c.organizationId == organization_id)
    return await _in_workspaces(database, _OF_WORKSPACE.c.userId == user_id, _OF_WORKSPACE.c.workspaceId.in_(owned))


async def _in_workspaces(database: Database, *wanted: sa.ColumnElement[bool]) -> list[Row]:
    rows = await _members(database, _OF_WORKSPACE, *wanted)
    if not rows:
        return []
    ids = {row["workspaceId"] for row in rows}
    workspaces = {row["id"]: row for row in await database.fetch(database.selection(_WORKSPACES).where(_WORKSPACES.c.id.in_(ids)))}
    organizations = {row["organizationId"] for row in workspaces.values()}
    members, roles = _OF_ORGANIZATION.c, _ROLES.c
    held = sa.select(members.organizationId, members.userId).join_from(_OF_ORGANIZATION, _ROLES, roles.id == members.roleId)
    found = await database.fetch(held.where(members.organizationId.in_(organizations), roles.name == OWNER))
    owners = {(row["organizationId"], row["userId"]) for row in found}
    shown = [{**row, "workspace": workspaces[row["workspaceId"]]} for row in rows if row["workspaceId"] in workspaces]
    return [{**row, "isOrgOwner": (row["workspace"]["organizationId"], row["userId"]) in owners} for row in shown]


async def _members(database: Database, table: sa.Table, *wanted: sa.ColumnElement[bool]) -> list[Row]:
    joined = table.join(_USERS, _USERS.c.id == table.c.userId).outerjoin(_ROLES, _ROLES.c.id == table.c.roleId)
    account = [_USERS.c[name].label(f"user_{name}") for name in _ACCOUNT]
    role = [column.label(f"role_{column.name}") for column in _ROLES.columns]
    found = sa.select(*table.columns, *account, *role).select_from(joined).where(*wanted)
    return [_member(row) for row in await database.fetch(found.order_by(table.c.createdDate, table.c.userId))]


def _member(row: Row) -> Row:
    user: dict[str, Any] = {name: row[f"user_{name}"] for name in _ACCOUNT}
    plain = {name: value for name, value in row.items() if not name.startswith(("user_", "role_"))}
    role = {column.name: row[f"role_{column.name}"] for column in _ROLES.columns}
    return {**plain, "user": user, "role": {**role, "id": row["roleId"]}}
