"""The own account: its name, its password, its organization and workspaces; and what this edition does not have."""

from __future__ import annotations

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database
from flowisectl.database.rows import insert_row, table_of
from flowisectl.database.workspace import Workspace
from flowisectl.database.workspace_user import WorkspaceUser

INTERNAL = {"x-request-from": "internal"}
EMAIL, PASSWORD = "ada@example.com", "Correct-horse-9"
OTHER = "Another-horse-8"


async def test_a_new_name_shows_at_once(admin: QuartClient) -> None:
    changed = await admin.put("/api/v1/user", json={"name": "Countess"}, headers=INTERNAL)
    shown = await (await admin.get("/api/v1/user", headers=INTERNAL)).get_json()

    row = (await changed.get_json())["user"]
    assert changed.status_code == 200 and row["name"] == shown["name"] == "Countess"
    assert not {"credential", "tempToken"} & set(row)


async def test_a_new_password_ends_every_session_and_is_the_only_one_that_works(admin: QuartClient, anybody: QuartClient) -> None:
    body = {"oldPassword": PASSWORD, "newPassword": OTHER, "confirmPassword": OTHER}
    changed = await admin.put("/api/v1/user", json=body, headers=INTERNAL)

    after = await admin.get("/api/v1/user", headers=INTERNAL)
    logins = [(await anybody.post("/api/v1/auth/login", json={"email": EMAIL, "password": word})).status_code for word in (PASSWORD, OTHER)]
    assert (changed.status_code, after.status_code, logins) == (200, 401, [401, 200])


@pytest.mark.parametrize(
    "body",
    [
        {"newPassword": OTHER, "oldPassword": "wrong"},
        {"newPassword": OTHER},
        {"newPassword": "weak", "oldPassword": PASSWORD},
        {"newPassword": OTHER, "confirmPassword": "x", "oldPassword": PASSWORD},
        {"newPassword": 7, "oldPassword": PASSWORD},
        {"name": ""},
        {"name": 7},
        {"name": "x" * 101},
        {"email": "other@example.com"},
    ],
)
async def test_what_cannot_be_changed_is_a_400(admin: QuartClient, body: dict[str, object]) -> None:
    answer = await admin.put("/api/v1/user", json=body, headers=INTERNAL)

    assert answer.status_code == 400 and (await admin.get("/api/v1/user", headers=INTERNAL)).status_code == 200


async def test_another_account_is_nobody_elses_to_change(admin: QuartClient) -> None:
    assert (await admin.put("/api/v1/user", json={"id": new_id(), "name": "x"}, headers=INTERNAL)).status_code == 403


async def test_guesses_of_the_old_password_are_limited(admin: QuartClient) -> None:
    body = {"newPassword": OTHER, "oldPassword": "wrong"}

    statuses = [(await admin.put("/api/v1/user", json=body, headers=INTERNAL)).status_code for _ in range(30)]

    assert statuses[0] == 400 and statuses[-1] == 429


async def test_the_organization_and_its_members_are_shown_without_secrets(admin: QuartClient) -> None:
    organization = await (await admin.get("/api/v1/organization", headers=INTERNAL)).get_json()
    for path in ("organizationuser", "workspaceuser"):
        [member] = await (await admin.get(f"/api/v1/{path}", headers=INTERNAL)).get_json()
        assert member["user"]["email"] == EMAIL and member["role"]["name"] == "owner" and "credential" not in member["user"]
        assert await (await admin.get(f"/api/v1/{path}?userId={new_id()}", headers=INTERNAL)).get_json() == []

    assert organization["name"] == "Default Organization"
    assert (await admin.get(f"/api/v1/organization?id={new_id()}", headers=INTERNAL)).status_code == 404
    assert (await admin.get(f"/api/v1/organizationuser?organizationId={new_id()}", headers=INTERNAL)).status_code == 403


async def test_the_row_of_the_own_account_is_asked_for_by_its_id_or_address(admin: QuartClient) -> None:
    me = await (await admin.get("/api/v1/user", headers=INTERNAL)).get_json()

    own = (f"id={me['id']}", f"email={EMAIL}")
    rows = [await (await admin.get(f"/api/v1/user?{query}", headers=INTERNAL)).get_json() for query in own]
    foreign = (f"id={new_id()}", "email=x@example.com")
    others = [(await admin.get(f"/api/v1/user?{query}", headers=INTERNAL)).status_code for query in foreign]

    assert rows[0] == rows[1] and others == [404, 404]
    assert set(rows[0]) == {"id", "name", "email", "status", "createdDate", "updatedDate", "createdBy", "updatedBy"}


async def test_members_come_with_their_whole_role_and_whether_they_own_the_organization(admin: QuartClient, database: Database) -> None:
    me = await (await admin.get("/api/v1/user", headers=INTERNAL)).get_json()
    stamps = {"createdBy": me["id"], "updatedBy": me["id"]}
    second = await insert_row(database, table_of(Workspace), {"name": "Second", "organizationId": me["activeOrganizationId"], **stamps})
    member = {"workspaceId": second["id"], "userId": me["id"], "roleId": me["roleId"], "status": "active", **stamps}
    await insert_row(database, table_of(WorkspaceUser), member)

    [here] = await (await admin.get(f"/api/v1/workspaceuser?workspaceId={me['activeWorkspaceId']}", headers=INTERNAL)).get_json()
    mine = await (await admin.get(f"/api/v1/workspaceuser?userId={me['id']}", headers=INTERNAL)).get_json()
    [inside] = await (await admin.get(f"/api/v1/organizationuser?userId={me['id']}", headers=INTERNAL)).get_json()

    assert {row["workspace"]["name"] for row in mine} == {"Default Workspace", "Second"}
    assert here["workspace"]["id"] == me["activeWorkspaceId"]
    for row in (here, inside, *mine):
        assert row["isOrgOwner"] is True and row["user"]["createdBy"] == me["id"]
        assert {"permissions", "description", "organizationId"} <= set(row["role"])
    assert inside["roleCount"] == 1 and inside["lastLogin"] == here["lastLogin"] == here["updatedDate"]


async def test_a_key_reads_the_permissions_that_it_has(anybody: QuartClient, key: dict[str, str]) -> None:
    bare = await (await anybody.get("/api/v1/auth/permissions", headers=key)).get_json()
    typed = await (await anybody.get("/api/v1/auth/permissions/API_KEY", headers=key)).get_json()

    assert bare == typed and "chatflows:view" in [item["key"] for item in bare["chatflows"]] and "admin" not in bare
    assert (await anybody.get("/api/v1/auth/permissions")).status_code == 401


async def test_a_user_works_in_another_workspace_after_a_switch(admin: QuartClient, database: Database) -> None:
    me = await (await admin.get("/api/v1/user", headers=INTERNAL)).get_json()
    stamps = {"createdBy": me["id"], "updatedBy": me["id"]}
    second = await insert_row(database, table_of(Workspace), {"name": "Second", "organizationId": me["activeOrganizationId"], **stamps})
    member = {"workspaceId": second["id"], "userId": me["id"], "roleId": me["roleId"], "status": "active", **stamps}
    await insert_row(database, table_of(WorkspaceUser), member)
    await admin.post("/api/v1/variables", json={"name": "v", "value": "1", "type": "static"}, headers=INTERNAL)

    switched = await (await admin.post(f"/api/v1/workspace/switch?id={second['id']}", headers=INTERNAL)).get_json()
    variables = await (await admin.get("/api/v1/variables", headers=INTERNAL)).get_json()
    foreign = await admin.post(f"/api/v1/workspace/switch?id={new_id()}", headers=INTERNAL)

    assert (switched["activeWorkspaceId"], switched["activeWorkspace"]) == (second["id"], "Second")
    assert variables == [] and foreign.status_code == 404


async def test_permissions_are_listed_by_group(admin: QuartClient) -> None:
    role = await (await admin.get("/api/v1/auth/permissions/ROLE", headers=INTERNAL)).get_json()
    key = await (await admin.get("/api/v1/auth/permissions/API_KEY", headers=INTERNAL)).get_json()

    editions = {"isOpenSource": True, "isEnterprise": True, "isCloud": True}
    assert {"key": "chatflows:view", "value": "View", **editions} in key["chatflows"]
    assert {"workspace", "admin"} <= set(role) and not {"workspace", "admin"} & set(key)
    assert [item["key"] for item in role["admin"]] == ["users:manage", "roles:manage", "sso:manage"]
    offered = {item["key"]: item["isOpenSource"] for item in key["credentials"]}
    assert offered["credentials:view"] and not offered["credentials:share"]
    assert [item["isCloud"] for group in ("logs", "loginActivity") for item in role[group]] == [False, False]


@pytest.mark.parametrize("path", ["user", "organization", "organizationuser", "workspaceuser"])
async def test_a_key_is_no_user(anybody: QuartClient, key: dict[str, str], path: str) -> None:
    assert (await anybody.get(f"/api/v1/{path}", headers=key)).status_code == 401


@pytest.mark.parametrize("path", ["datasets", "evaluations/x", "evaluators", "role/x", "logs", "audit/login", "loginmethod", "workspace"])
async def test_what_this_edition_does_not_have_is_forbidden(admin: QuartClient, app: Quart, path: str) -> None:
    refused = await admin.get(f"/api/v1/{path}", headers=INTERNAL)
    stranger = await QuartClient(app, use_cookies=False).get(f"/api/v1/{path}")

    assert (refused.status_code, await refused.get_json()) == (403, {"message": "Forbidden"})
    assert stranger.status_code == 401
