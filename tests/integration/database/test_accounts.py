from __future__ import annotations

import asyncio

from flowisectl.database import accounts, api_key, chat_flow, user
from flowisectl.database.connection import Database
from flowisectl.database.organization import has_organization
from flowisectl.database.workspace import first_workspace, get_workspace
from flowisectl.errors import InvalidRequest


async def test_first_registration_makes_organization_workspace_and_owner(database: Database) -> None:
    before = await has_organization(database)

    made = await accounts.register_account(database, name="Ada", email="Ada@Example.com", password_hash="$2b$10$hash")

    profile = await accounts.login_profile(database, made["user"]["id"])
    assert (before, await has_organization(database)) == (False, True)
    assert set(made) == {"user", "organization", "organizationUser", "workspace", "workspaceUser", "role"}
    assert "credential" not in made["user"] and made["user"]["status"] == "active"
    assert profile is not None
    assert profile["email"] == "Ada@Example.com" and profile["isOrganizationAdmin"] is True
    assert profile["activeWorkspace"] == "Default Workspace" and profile["activeWorkspaceId"] == made["workspace"]["id"]
    assert profile["permissions"] == ["organization", "workspace"]
    assert profile["assignedWorkspaces"] == [
        {"id": made["workspace"]["id"], "name": "Default Workspace", "role": "owner", "organizationId": made["organization"]["id"]}
    ]
    assert await first_workspace(database) == await get_workspace(database, made["workspace"]["id"])


async def test_second_registration_is_refused_even_at_the_same_moment(database: Database) -> None:
    outcomes = await asyncio.gather(
        *[accounts.register_account(database, name="A", email=f"a{n}@example.com", password_hash="h") for n in range(4)],
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [str(error) for error in refused] == ["You can only have one organization"] * 3
    assert all(isinstance(error, InvalidRequest) for error in refused)
    assert len(await user.list_users(database)) == 1


async def test_what_belonged_to_nobody_goes_to_the_first_workspace(database: Database) -> None:
    flow = await chat_flow.insert_flow(database, {"name": "early", "flowData": "{}"})
    key = await api_key.insert_api_key(database, {"apiKey": "k", "apiSecret": "s.s", "keyName": "early"})
    assert await accounts.key_owner(database, {**key, "workspaceId": None}) is None

    made = await accounts.register_account(database, name="A", email="a@example.com", password_hash="h")

    row = await api_key.api_key_by_text(database, "k")
    assert row is not None
    owner = await accounts.key_owner(database, row)
    assert [flow_row["id"] for flow_row in (await chat_flow.list_flow_rows(database, made["workspace"]["id"]))[0]] == [flow["id"]]
    assert owner is not None and owner["workspaceId"] == made["workspace"]["id"] and owner["organizationId"] == made["organization"]["id"]


async def test_addresses_are_found_whatever_their_case_and_without_wildcards(database: Database) -> None:
    made = await accounts.register_account(database, name="A", email="Ada@Example.com", password_hash="secret-hash")

    found = await user.user_by_email(database, "aDA@example.COM")

    assert found is not None and found["id"] == made["user"]["id"] and found["credential"] == "secret-hash"
    assert await user.user_by_email(database, "%@example.com") is None
    assert "credential" not in (await user.list_users(database))[0]


async def test_profile_of_nobody_is_none(database: Database) -> None:
    made = await accounts.register_account(database, name="A", email="a@example.com", password_hash="h")

    assert await accounts.login_profile(database, "no-uuid") is None
    assert await accounts.login_profile(database, "00000000-0000-4000-8000-000000000000") is None
    assert await accounts.login_profile(database, made["user"]["id"], "00000000-0000-4000-8000-000000000000") is None


async def test_a_login_is_noted(database: Database) -> None:
    made = await accounts.register_account(database, name="A", email="a@example.com", password_hash="h")

    await accounts.note_login(database, made["user"]["id"], made["workspace"]["id"])
    changed = await user.update_user(database, made["user"]["id"], {"name": "Ada"})

    profile = await accounts.login_profile(database, made["user"]["id"], made["workspace"]["id"])
    assert profile is not None and profile["name"] == "Ada"
    assert changed is not None and changed["updatedBy"] == made["user"]["id"]
