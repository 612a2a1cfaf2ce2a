"""What users of a chat leave of themselves: name, e-mail, phone."""

from __future__ import annotations

import uuid

from quart import Blueprint, Response

from flowisectl.database.lead import insert_lead, list_leads
from flowisectl.errors import FlowNotFound
from flowisectl.web.answers import json_answer
from flowisectl.web.flows.visitors import check_lengths, count_written
from flowisectl.web.predictions.request import longest_chat_id
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import current_services

blueprint = Blueprint("leads", __name__)

_MEMBERS = {"chatflowid": str, "chatId": str, "name": str, "email": str, "phone": str}
_LONGEST = {"name": 1000, "email": 1000, "phone": 1000}


@blueprint.get("/leads/<flow_id>")
async def listing(flow_id: str) -> Response:
    """A flow's leads, for members of its workspace."""
    services = current_services()
    try:
        await services.authentication.require_flow_member(flow_id, services.flows)
    except FlowNotFound:
        return json_answer([])
    return json_answer(await list_leads(services.database, flow_id))


@blueprint.post("/leads")
@blueprint.post("/leads/")
async def create() -> Response:
    """Keep what somebody left. The answer has the members that were given, and those that the server made."""
    services = current_services()
    given = {name: value for name, value in typed_members(await body_object(), _MEMBERS).items() if value is not None}
    flow_id = flow_id_of(given.get("chatflowid", ""))
    check_lengths(given, {**_LONGEST, "chatId": longest_chat_id(services.database.dialect)})
    await services.flows.workspace_of(flow_id)
    await count_written(flow_id)
    row = {**given, "chatflowid": flow_id, "chatId": given.get("chatId") or str(uuid.uuid4())}
    saved = await insert_lead(services.database, row)
    return json_answer({name: value for name, value in saved.items() if value is not None})
