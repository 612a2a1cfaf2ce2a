"""Variables of a workspace: create, read, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.variable import delete_variable, get_variable, insert_variable, list_variables, update_variable
from flowisectl.errors import InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer, text_answer
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("variables", __name__)

_MEMBERS: Mapping[str, type] = {"name": str, "value": str, "type": str}
_UNSAID = "string"
"""The type of a variable whose maker says none, as Flowise names it; flows read it as they read a static one."""
KINDS = ("static", "runtime", _UNSAID)


def _values(body: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in typed_members(body, _MEMBERS).items() if value is not None}
    if "type" in values and values["type"] not in KINDS:
        raise InvalidRequest(f"type must be one of {', '.join(KINDS)}")
    if values.get("name") == "":
        raise InvalidRequest("name must not be empty")
    return values


@blueprint.post("/variables")
@needs("variables:create")
async def create() -> Response:
    values = _values(await body_object())
    if "name" not in values or "value" not in values:
        raise InvalidRequest("A variable needs a name (a text), a value and a type (static or runtime)")
    row = await insert_variable(current_services().database, {"type": _UNSAID, **values, "workspaceId": workspace_id()})
    current_services().variables.forget()
    return json_answer(row)


@blueprint.get("/variables")
@needs("variables:view")
async def listing() -> Response:
    page = page_of(request.args)
    rows, total = await list_variables(current_services().database, workspace_id(), page.page, page.limit)
    return json_answer(page.shaped(rows, total))


@blueprint.put("/variables/<variable_id>")
@needs("variables:update")
async def update(variable_id: str) -> Response:
    database, values = current_services().database, _values(await body_object())
    row = await get_variable(database, variable_id)
    if row is None or row["workspaceId"] != workspace_id():
        return text_answer("Variable not found in the database", 404)
    row = await update_variable(database, variable_id, values)
    current_services().variables.forget()
    return json_answer(row)


@blueprint.delete("/variables/<variable_id>")
@needs("variables:delete")
async def delete(variable_id: str) -> Response:
    affected = await delete_variable(current_services().database, variable_id, workspace_id())
    current_services().variables.forget()
    return delete_result(affected)
