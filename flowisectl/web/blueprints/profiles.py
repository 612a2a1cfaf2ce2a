"""What a logged-in user sees and changes of the own account, organization and workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.accounts import login_profile, note_login
from flowisectl.database.members import memberships, organization_members, workspace_members
from flowisectl.database.organization import get_organization
from flowisectl.database.user import get_user, update_user
from flowisectl.secrets.passwords import RULE, check_password, hash_password, is_strong
from flowisectl.web.access.auth import ACCESS, SESSION, request_cookies
from flowisectl.web.access.callers import current_caller, needs_session
from flowisectl.web.access.login import LONGEST_NAME, LONGEST_PASSWORD, set_cookie
from flowisectl.web.access.permissions import shown_permissions
from flowisectl.web.access.sessions import User, session_id_of
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import Forbidden, HttpError
from flowisectl.web.requests.body import body_object
from flowisectl.web.services import current_services
from flowisectl.web.source import client_address

blueprint = Blueprint("profiles", __name__)

_SECRET = ("credential", "tempToken", "tokenExpiry")


def _me() -> User:
    user = current_caller().user
    assert user is not None  # `needs_session` stands before every route here
    return user


@blueprint.get("/user")
@needs_session
async def read() -> Response:
    """The logged-in user's own object; with `id` or `email`, which must be the own ones, the row of the account."""
    me = _me()
    if request.args.get("id") or request.args.get("email"):
        return json_answer(await _own_row(me))
    profile = await login_profile(current_services().database, str(me["id"]), str(me["activeWorkspaceId"]))
    return json_answer(profile if profile is not None else me)


async def _own_row(me: User) -> dict[str, Any]:
    row = await get_user(current_services().database, str(me["id"]))
    wanted_id, wanted_email = request.args.get("id"), request.args.get("email")
    if row is None or wanted_id not in (None, "", row["id"]) or (wanted_email and wanted_email.lower() != row["email"].lower()):
        raise HttpError(404, "User Not Found")
    return _without_secrets(row)


def _without_secrets(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _SECRET}


@blueprint.put("/user")
@needs_session
async def change() -> Response:
    """Change the own name, or the password (`oldPassword`, `newPassword`, `confirmPassword`), which ends every session."""
    services, me, body = current_services(), _me(), await body_object()
    if body.get("id") not in (None, me["id"]):
        raise Forbidden
    row = await get_user(services.database, str(me["id"]))
    if row is None:
        raise HttpError(404, "User Not Found")
    if str(body.get("email") or row["email"]).lower() != row["email"].lower():
        raise HttpError(400, "Email (SMTP) is not configured on this server: `flowisectl user` changes accounts")
    changes: dict[str, Any] = {"updatedBy": row["id"]}
    if (name := body.get("name")) is not None:
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
            raise HttpError(400, "Invalid User Name")
        changes["name"] = name
    if body.get("newPassword") or body.get("password"):
        changes["credential"] = await _new_password(body, row["credential"], str(row["email"]))
    changed = await update_user(services.database, row["id"], changes)
    if "credential" in changes:
        await services.authentication.sessions.close_all_of(row["id"])
    elif "name" in changes:
        await _remember({**me, "name": changes["name"]})
    return json_answer({"user": _without_secrets(changed or {})})


async def _new_password(body: dict[str, Any], stored: str | None, email: str) -> str:
    services = current_services()
    old, new = body.get("oldPassword"), body.get("newPassword") or body.get("password")
    if not isinstance(new, str) or not is_strong(new):
        raise HttpError(400, f"Invalid Password: it needs {RULE}")
    if body.get("confirmPassword", new) != new:
        raise HttpError(400, "The two new passwords differ")
    services.login_limit.check(email, client_address())
    if not isinstance(old, str) or len(old) > LONGEST_PASSWORD or not await check_password(old, stored):
        await services.login_limit.failed(email, client_address())
        raise HttpError(400, "The old password is not right")
    return await hash_password(new, services.password_rounds)


async def _remember(user: User) -> None:
    """Let the current session have this user object."""
    authentication = current_services().authentication
    session_id = session_id_of(request_cookies().get(SESSION, ""), authentication.session_secret)
    if session_id:
        await authentication.sessions.replace(session_id, user)


@blueprint.get("/organization")
@needs_session
async def organization() -> Response:
    """The user's organization."""
    mine = str(_me()["activeOrganizationId"])
    if request.args.get("id", mine) != mine:
        raise HttpError(404, "Organization Not Found")
    row = await get_organization(current_services().database, mine)
    if row is None:
        raise HttpError(404, "Organization Not Found")
    return json_answer(row)


@blueprint.get("/organizationuser")
@needs_session
async def organization_users() -> Response:
    """The members of the user's organization; `userId` chooses one."""
    mine = str(_me()["activeOrganizationId"])
    if request.args.get("organizationId", mine) != mine:
        raise Forbidden
    return json_answer(_of_user(await organization_members(current_services().database, mine)))


@blueprint.get("/workspaceuser")
@needs_session
async def workspace_users() -> Response:
    """The members of the active workspace; `userId` chooses one, and the own id alone all of the user's workspaces."""
    me, database = _me(), current_services().database
    mine = str(me["activeWorkspaceId"])
    if request.args.get("userId") == me["id"] and "workspaceId" not in request.args:
        return json_answer(await memberships(database, str(me["id"]), str(me["activeOrganizationId"])))
    if request.args.get("workspaceId", mine) != mine:
        raise Forbidden
    return json_answer(_of_user(await workspace_members(database, mine)))


def _of_user(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = request.args.get("userId")
    return [row for row in rows if wanted in (None, row["userId"])]


@blueprint.post("/workspace/switch")
@needs_session
async def switch_workspace() -> Response:
    """Work in another of the user's workspaces (`?id=`); answers the user object for it."""
    services, me = current_services(), _me()
    wanted = request.args.get("id", "")
    if not wanted:
        raise HttpError(400, "Workspace ID is required")
    user = await login_profile(services.database, str(me["id"]), wanted)
    if user is None:
        raise HttpError(404, "Workspace Not Found")
    await note_login(services.database, user["id"], user["activeWorkspaceId"])
    await _remember(user)
    response = json_answer(user)
    token = services.authentication.tokens.access_token(user["id"], user["name"], user["activeWorkspaceId"])
    set_cookie(response, services.http, ACCESS, token)
    return response


@blueprint.get("/auth/permissions/<kind>")
@blueprint.get("/auth/<any(ROLE, API_KEY, role, api_key, permissions):kind>")
async def permissions(kind: str) -> Response:
    """The permissions that there are, by group; for `ROLE` all of them, else those that the caller may give to a key."""
    return json_answer(shown_permissions(kind, current_caller()))
