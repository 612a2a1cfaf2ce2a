"""Credentials of a workspace: create, read without their secrets, update, delete."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.credential import delete_credential, get_credential, insert_credential, list_credentials, update_credential
from flowisectl.database.lookup import Row
from flowisectl.errors import CredentialNotFound, InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.catalogue.credential_fields import merged_fields, revealed_fields, shown_fields, types_of
from flowisectl.web.errors import service
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.ids import is_uuid
from flowisectl.web.services import current_services

blueprint = Blueprint("credentials", __name__)


async def _own_row(credential_id: str) -> Row:
    """A row of the caller's workspace. Raises CredentialNotFound."""
    row = await get_credential(current_services().database, credential_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise CredentialNotFound(credential_id)
    return row


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("plainDataObj")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidRequest("plainDataObj must be an object: the credential's fields")
    return given


@blueprint.post("/credentials")
@needs("credentials:create")
async def create() -> Response:
    services, body = current_services(), await body_object()
    values = typed_members(body, {"id": str, "name": str, "credentialName": str})
    if not values.get("name") or not values.get("credentialName"):
        raise InvalidRequest("A credential needs a name and a credentialName (its type, such as openAIApi)")
    if body.get("plainDataObj") is None:
        raise InvalidRequest("A credential needs plainDataObj: an object with its fields")
    if (given_id := values.pop("id", None)) is not None:
        if not is_uuid(given_id):
            raise InvalidRequest("id must be a UUID")
        if await get_credential(services.database, given_id) is not None:
            raise InvalidRequest(f"There is a credential {given_id} already")
        values["id"] = given_id
    row = {**values, "encryptedData": services.vault.seal(_fields(body)), "workspaceId": workspace_id()}
    return json_answer(await insert_credential(services.database, row))


@blueprint.get("/credentials")
@needs("credentials:view")
async def listing() -> Response:
    names = [name for name in request.args.getlist("credentialName") if name]
    rows = await list_credentials(current_services().database, workspace_id(), names)
    # Clients know them in the order in which they were made, those of other workspaces last.
    return json_answer(sorted(rows, key=lambda row: (bool(row.get("shared")), row["createdDate"])))


@blueprint.get("/credentials/<credential_id>")
@needs("credentials:view")
async def read(credential_id: str) -> Response:
    with service("credentialsService.createCredential"):  # which clients read here as well
        row = await _own_row(credential_id)
    fields = await current_services().vault.opened(row.pop("encryptedData"))
    return json_answer({**row, "plainDataObj": shown_fields(fields, types_of(row["credentialName"]))})


@blueprint.get("/credentials/<credential_id>/reveal")
@needs("credentials:view")
async def reveal(credential_id: str) -> Response:
    with service("credentialsService.revealCredentialById"):
        row = await _own_row(credential_id)
    fields = await current_services().vault.opened(row["encryptedData"])
    return json_answer({"plainDataObj": revealed_fields(fields, types_of(row["credentialName"]))})


@blueprint.put("/credentials/<credential_id>")
@needs("credentials:create", "credentials:update")
async def update(credential_id: str) -> Response:
    """Change name, type or fields; given fields are laid over the stored ones."""
    services, body = current_services(), await body_object()
    changes = {name: value for name, value in typed_members(body, {"name": str, "credentialName": str}).items() if value}
    given = _fields(body)
    with service("credentialsService.updateCredential"):
        row = await _own_row(credential_id)
    if given:
        changes["encryptedData"] = services.vault.seal(merged_fields(await services.vault.opened(row["encryptedData"]), given))
    changed = await update_credential(services.database, credential_id, changes)
    services.vault.forget(credential_id)
    return json_answer(changed)


@blueprint.delete("/credentials/<credential_id>")
@needs("credentials:delete")
async def delete(credential_id: str) -> Response:
    services = current_services()
    affected = await delete_credential(services.database, credential_id, workspace_id())
    services.vault.forget(credential_id)
    return delete_result(affected)
