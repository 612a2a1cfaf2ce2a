"""What was written into vector stores, by flow or document store."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.document_store import get_store
from flowisectl.database.upsert_history import delete_upsert_history, list_upsert_history, upsert_targets
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.dates import date_of
from flowisectl.web.services import current_services

blueprint = Blueprint("upsert_history", __name__)


async def _is_own(owner_id: str) -> bool:
    """Whether a flow or a document store is of the caller's workspace."""
    services, workspace = current_services(), workspace_id()
    if await services.authentication.is_own_flow(owner_id, workspace, services.flows):
        return True
    store = await get_store(services.database, owner_id)
    return store is not None and store["workspaceId"] == workspace


@blueprint.get("/upsert-history/<flow_id>")
async def listing(flow_id: str) -> Response:
    """The upserts of a flow, or of a document store; one of another workspace has none."""
    services, query = current_services(), request.args
    if not await _is_own(flow_id):
        return json_answer([])
    rows = await list_upsert_history(
        services.database,
        flow_id,
        order="DESC" if query.get("order") == "DESC" else "ASC",
        start_date=date_of(query.get("startDate")),
        end_date=date_of(query.get("endDate")),
    )
    return json_answer(rows)


@blueprint.patch("/upsert-history")
@needs("chatflows:delete", "chatflows:update", "documentStores:delete")
async def delete() -> Response:
    given = (await body_object()).get("ids")
    ids = [item for item in given if isinstance(item, str)] if isinstance(given, list) else []
    if not ids:
        raise HttpError(400, "Error: upsertHistoryController.patchDeleteUpsertHistory - ids not provided!")
    services = current_services()
    targets = await upsert_targets(services.database, ids)
    own = [upsert_id for upsert_id, target in targets.items() if await _is_own(target)]
    return delete_result(await delete_upsert_history(services.database, own))
