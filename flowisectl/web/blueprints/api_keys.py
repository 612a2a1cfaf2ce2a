"""API keys of a workspace: create, read, update, delete, verify."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.api_key import delete_api_key, get_api_key, insert_api_key, list_api_keys, names_and_permissions, update_api_key
from flowisectl.database.chat_flow import flows_bound_to
from flowisectl.database.lookup import Row
from flowisectl.errors import InvalidApiKey
from flowisectl.secrets.api_keys import make_api_key
from flowisectl.web.access.callers import Caller, current_caller, needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.requests.body import body_object, text_member
from flowisectl.web.requests.pagination import Page, page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("api_keys", __name__)

REFUSED_PREFIXES = ("workspace:", "admin:")


@blueprint.get("/apikey")
@needs("apikeys:view")
async def listing() -> Response:
    page = page_of(request.args)
    if request.args.get("type") == "organization" and current_caller().is_admin:
        return json_answer(await names_and_permissions(current_services().database, current_caller().organization_id))
    return await _list(page)


async def _list(page: Page) -> Response:
    """The keys that the caller may see, each with the flows that are bound to it."""
    database, caller = current_services().database, current_caller()
    rows, _ = await list_api_keys(database, workspace_id())
    visible = [row for row in rows if may_see(caller, row)]
    shown = page.of(visible)
    bound = await flows_bound_to(database, [row["id"] for row in shown])
    return json_answer(page.shaped([{**row, "chatFlows": bound.get(row["id"], [])} for row in shown], len(visible)))


def may_see(caller: Caller, row: Row) -> bool:
    """A caller who is no admin sees keys that may no more than it may itself."""
    return caller.is_admin or caller.permissions.issuperset(row["permissions"] or ())


def granted(body: Mapping[str, Any], caller: Caller, where: str) -> list[str]:
    """The permissions that a body gives to a key. Raises HttpError 412 for none, 400 for those that it may not give."""
    given = body.get("permissions")
    if not isinstance(given, list) or not given or not all(isinstance(item, str) and item for item in given):
        raise HttpError(412, f"Error: {where} - permissions must be an array of strings!")
    if refused := [item for item in given if item.startswith(REFUSED_PREFIXES)]:
        raise HttpError(400, f"An API key cannot have these permissions: {', '.join(refused)}")
    if not caller.is_admin and (missing := sorted(set(given) - caller.permissions)):
        raise HttpError(400, f"You cannot give permissions that you do not have: {', '.join(missing)}")
    return list(dict.fromkeys(given))


@blueprint.post("/apikey")
@needs("apikeys:create")
async def create() -> Response:
    where, body = "apikeyController.createApiKey", await body_object()
    name = text_member(body, "keyName", where)
    permissions = granted(body, current_caller(), where)
    made = await asyncio.to_thread(make_api_key)
    values = {"apiKey": made.key, "apiSecret": made.secret, "keyName": name, "permissions": permissions, "workspaceId": workspace_id()}
    await insert_api_key(current_services().database, values)
    return await _list(Page())


@blueprint.put("/apikey/<key_id>")
@needs("apikeys:update")
async def update(key_id: str) -> Response:
    where, body, services = "apikeyController.updateApiKey", await body_object(), current_services()
    name = text_member(body, "keyName", where)
    permissions = granted(body, current_caller(), where)
    await _own_row(key_id)
    await update_api_key(services.database, key_id, {"keyName": name, "permissions": permissions})
    services.authentication.forget_keys()
    return await _list(Page())


@blueprint.delete("/apikey/<key_id>")
@needs("apikeys:delete")
async def delete(key_id: str) -> Response:
    services = current_services()
    row = await get_api_key(services.database, key_id)
    if row is None or not may_see(current_caller(), row):
        return delete_result(0)
    affected = await delete_api_key(services.database, key_id, workspace_id())
    services.authentication.forget_keys()
    return delete_result(affected)


async def _own_row(key_id: str) -> Row:
    row = await get_api_key(current_services().database, key_id)
    if row is None or row["workspaceId"] != workspace_id() or not may_see(current_caller(), row):
        raise HttpError(404, f"ApiKey {key_id} not found in the database!")
    return row


@blueprint.get("/verify/apikey/<key>")
async def verify(key: str) -> Response:
    """Whether a key is good. Raises InvalidApiKey (401)."""
    try:
        await current_services().authentication.keys.check(key)
    except InvalidApiKey as error:
        raise HttpError(401, "Unauthorized") from error
    return json_answer("OK")
