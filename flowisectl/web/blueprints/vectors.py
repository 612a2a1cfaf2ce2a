"""POST /vector/upsert/:id — fill a vector store of a flow, for a caller of the flow's workspace."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from quart import Blueprint, Response

from flowisectl.documents.request import UpsertRequest
from flowisectl.errors import FlowisectlError, FlowNotFound, NotFound, Unavailable
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.access.callers import workspace_id
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.flows.limit import count_request
from flowisectl.web.predictions.multipart import is_multipart, read_form, stored_form
from flowisectl.web.predictions.request import chat_id_of, checked_body, longest_chat_id
from flowisectl.web.predictions.stored_files import require_files_of_run
from flowisectl.web.predictions.upsert_answer import answer_upsert
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import InvalidFlowId, flow_id_of
from flowisectl.web.services import current_services
from flowisectl.web.source import base_url, header, traceparent
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("vectors", __name__)

UPSERTS = "vectorsService.upsertVector"


@blueprint.post("/vector/upsert/")
async def missing_id() -> Response:
    raise HttpError(412, "Error: vectorsController.upsertVectorMiddleware - id not provided!")


@blueprint.post("/vector/internal-upsert/")
async def missing_internal_id() -> Response:
    raise HttpError(412, "Error: vectorsController.createInternalUpsert - id not provided!")


@blueprint.post("/vector/upsert/<flow_id>")
async def create(flow_id: str) -> Response:
    services = current_services()
    body = {} if is_multipart() else checked_body(await body_object())
    with _failures():
        stored = await _own_flow(flow_id)
    headers = await count_request(stored)
    if isinstance(headers, Response):
        return headers
    with _failures():
        if stored.api_key_id:
            await services.authentication.check_flow_key(header(b"authorization"), stored)
        if is_multipart():
            body = await stored_form(await read_form(), stored, services)
        answer = await _upsert(stored, body)
    answer.headers.extend(headers)
    return answer


@blueprint.post("/vector/internal-upsert/<flow_id>")
async def create_internal(flow_id: str) -> Response:
    """The user interface's own way: no key of the flow, no rate limit."""
    body = checked_body(await body_object())
    with _failures():
        return await _upsert(await _own_flow(flow_id), body)


async def _own_flow(flow_id: str) -> StoredFlow:
    """A flow of the caller's workspace. Raises NotFound, also for what is no id."""
    try:
        stored = await current_services().flows.get(flow_id_of(flow_id))
    except (FlowNotFound, InvalidFlowId) as error:
        raise NotFound(f"Chatflow {flow_id} not found") from error
    if stored.workspace_id != workspace_id():
        raise NotFound(f"Chatflow {flow_id} not found")
    return stored


async def _upsert(stored: StoredFlow, body: Mapping[str, Any]) -> Response:
    services = current_services()
    await require_files_of_run(stored.flow, body, services, fills_stores=True)
    return await answer_upsert(
        UpsertRequest(
            target_id=stored.flow.id,
            upsert_id=str(uuid.uuid4()),
            body=body,
            version=stored.flow.version,
            chat_id=chat_id_of(body, longest_chat_id(services.database.dialect)),
            workspace_id=stored.workspace_id,
            organization_id=await organization_of(services.database, stored.workspace_id),
            base_url=base_url(),
            traceparent=traceparent(),
        )
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Every failure of this service is status 500, a refused key and a missing flow as well; only what is away keeps its own."""
    try:
        yield
    except Unavailable:
        raise
    except FlowisectlError as error:
        raise HttpError(500, service_text(UPSERTS, error.message)) from error
