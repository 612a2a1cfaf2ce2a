"""Accounts: the first registration, and what a login shows of a user. Spans user, organization, workspace and role."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from flowisectl.database.access import Database
from flowisectl.database.api_key import ApiKey
from flowisectl.database.column_types import new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.organization import Organization
from flowisectl.database.organization_user import OrganizationUser
from flowisectl.database.role import OWNER, Role, permissions_of
from flowisectl.database.rows import can_hold, table_of
from flowisectl.database.user import User
from flowisectl.database.workspace import Workspace
from flowisectl.database.workspace_user import WorkspaceUser
from flowisectl.errors import DatabaseUnavailable, InvalidRequest

OWNED_TABLES = (
    "apikey", "assistant", "chat_flow", "credential", "custom_template", "dataset", "document_store", "evaluation", "evaluator",
    "execution", "tool", "variable",
)  # fmt: skip
"""Tables whose rows belong to a workspace."""

_USERS, _ORGANIZATIONS, _MEMBERS = table_of(User), table_of(Organization), table_of(OrganizationUser)
_WORKSPACES, _WORKSPACE_MEMBERS, _ROLES = table_of(Workspace), table_of(WorkspaceUser), table_of(Role)
_REGISTRATION_LOCK = 7_215_004_411
"""A PostgreSQL advisory lock: two first registrations at once must not both succeed."""


async def register_account(database: Database, *, name: str, email: str, password_hash: str) -> dict[str, Row]:
    """Make the first account with its organization and workspace; rows of no workspace go to the new one.

    Gives the rows `user`, `organization`, `organizationUser`, `workspace`, `workspaceUser` and `role`, without secrets.
    Raises InvalidRequest when there is an organization already.
    """
    now, user_id = utc_now(), new_id()
    stamps = {"createdDate": now, "updatedDate": now, "createdBy": user_id, "updatedBy": user_id}
    user: Row = {"id": user_id, "name": name, "email": email, "credential": password_hash, "status": "active", **stamps}
    organization: Row = {"id": new_id(), "name": "Default Organization", **stamps}
    workspace: Row = {"id": new_id(), "name": "Default Workspace", "organizationId": organization["id"], **stamps}
    async with database.write() as connection:
        if database.dialect == "postgresql":
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REGISTRATION_LOCK})
        elif database.dialect == "mysql":
            # Roles are there from the first day, and locking one of them lasts until the end of the transaction.
            await connection.execute(sa.select(_ROLES.c.id).where(_ROLES.c.name == OWNER).with_for_update())
        if (await connection.execute(sa.select(_ORGANIZATIONS.c.id).limit(1))).first():
            raise InvalidRequest("You can only have one organization")
        role = await _owner_role(connection)
        member: Row = {"organizationId": organization["id"], "userId": user_id, "roleId": role["id"], "status": "active", **stamps}
        workspace_member: Row = {
            "workspaceId": workspace["id"], "userId": user_id, "roleId": role["id"], "status": "active", "lastLogin": now, **stamps,
        }  # fmt: skip
        for table, row in (
            (_USERS, user),
            (_ORGANIZATIONS, organization),
            (_WORKSPACES, workspace),
            (_MEMBERS, member),
            (_WORKSPACE_MEMBERS, workspace_member),
        ):
            await connection.execute(table.insert(), row)
        await _take_over(database, connection, workspace["id"])
    del user["credential"]
    return {
        "user": user, "organization": organization, "organizationUser": member, "workspace": workspace,
        "workspaceUser": workspace_member, "role": role,
    }  # fmt: skip


async def login_profile(database: Database, user_id: str, workspace_id: str | None = None) -> dict[str, Any] | None:
    """The user object that the UI works with, for one of the user's workspaces (by default the one last logged in to).

    None when the user does not exist or belongs to no active workspace. `permissions` are the workspace role's; an owner of
    the organization is told by `isOrganizationAdmin`.
    """
    if not can_hold(database, user_id):
        return None
    users = await database.fetch(sa.select(_USERS.c.id, _USERS.c.email, _USERS.c.name).where(_USERS.c.id == user_id))
    joined = _WORKSPACE_MEMBERS.join(_WORKSPACES, _WORKSPACES.c.id == _WORKSPACE_MEMBERS.c.workspaceId).join(
        _ROLES, _ROLES.c.id == _WORKSPACE_MEMBERS.c.roleId
    )
    columns = (
        _WORKSPACES.c.id, _WORKSPACES.c.name, _WORKSPACES.c.organizationId, _WORKSPACE_MEMBERS.c.roleId, _ROLES.c.name.label("role"),
        _ROLES.c.permissions,
    )  # fmt: skip
    mine = sa.select(*columns).select_from(joined).where(_WORKSPACE_MEMBERS.c.userId == user_id, _WORKSPACE_MEMBERS.c.status == "active")
    # A workspace that was never logged in to comes last in both kinds of database.
    last_login = (_WORKSPACE_MEMBERS.c.lastLogin.is_(None), _WORKSPACE_MEMBERS.c.lastLogin.desc(), _WORKSPACES.c.createdDate)
    workspaces = await database.fetch(mine.order_by(*last_login))
    active = next((row for row in workspaces if workspace_id in (None, row["id"])), None)
    if not users or active is None:
        return None
    organization, is_admin = await _organization_of(database, user_id, active["organizationId"])
    return {
        "id": user_id,
        "email": users[0]["email"],
        "name": users[0]["name"],
        "roleId": active["roleId"],
        "activeOrganizationId": active["organizationId"],
        "activeOrganizationSubscriptionId": organization.get("subscriptionId"),
        "activeOrganizationCustomerId": organization.get("customerId"),
        "activeOrganizationProductId": "",
        "isOrganizationAdmin": is_admin,
        "activeWorkspaceId": active["id"],
        "activeWorkspace": active["name"],
        "assignedWorkspaces": [{name: row[name] for name in ("id", "name", "role", "organizationId")} for row in workspaces],
        "permissions": permissions_of(active),
        "features": {},
        "isSSO": False,
    }


async def note_login(database: Database, user_id: str, workspace_id: str) -> None:
    """Remember when the user last logged in to a workspace."""
    mine, now = (_WORKSPACE_MEMBERS.c.userId == user_id, _WORKSPACE_MEMBERS.c.workspaceId == workspace_id), utc_now()
    async with database.write() as connection:
        await connection.execute(_WORKSPACE_MEMBERS.update().where(*mine).values(lastLogin=now, updatedDate=now))


async def key_owner(database: Database, api_key: Row) -> Row | None:
    """`{workspaceId, workspace, organizationId, subscriptionId, customerId}` of a key; None when its workspace is gone or it has none."""
    workspace_id = api_key["workspaceId"]
    if not workspace_id:
        return None
    joined = _WORKSPACES.join(_ORGANIZATIONS, _ORGANIZATIONS.c.id == _WORKSPACES.c.organizationId)
    columns = (
        _WORKSPACES.c.id.label("workspaceId"), _WORKSPACES.c.name.label("workspace"), _WORKSPACES.c.organizationId,
        _ORGANIZATIONS.c.subscriptionId, _ORGANIZATIONS.c.customerId,
    )  # fmt: skip
    rows = await database.fetch(sa.select(*columns).select_from(joined).where(_WORKSPACES.c.id == workspace_id))
    return rows[0] if rows else None


async def _owner_role(connection: AsyncConnection) -> Row:
    owner = sa.select(_ROLES).where(_ROLES.c.name == OWNER, _ROLES.c.organizationId.is_(None))
    found = (await connection.execute(owner)).mappings().first()
    if found is None:
        raise DatabaseUnavailable("table role has no row 'owner': run `flowisectl database migrate`")
    return dict(found)


async def _organization_of(database: Database, user_id: str, organization_id: str) -> tuple[Row, bool]:
    organizations = await database.fetch(sa.select(_ORGANIZATIONS).where(_ORGANIZATIONS.c.id == organization_id))
    roles = sa.select(_ROLES.c.name).select_from(_MEMBERS.join(_ROLES, _ROLES.c.id == _MEMBERS.c.roleId))
    rows = await database.fetch(roles.where(_MEMBERS.c.userId == user_id, _MEMBERS.c.organizationId == organization_id))
    return (organizations[0] if organizations else {}), bool(rows) and rows[0]["name"] == OWNER


async def _take_over(database: Database, connection: AsyncConnection, workspace_id: str) -> None:
    """Give every row of no workspace to this one."""
    for name in OWNED_TABLES:
        if name in database.columns:
            table = sa.table(name, sa.column("workspaceId", table_of(ApiKey).c.workspaceId.type))
            await connection.execute(table.update().where(table.c.workspaceId.is_(None)).values(workspaceId=workspace_id))
