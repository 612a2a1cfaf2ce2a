"""Thumbs up or down for an answer."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.chat_message import get_message
from flowisectl.database.chat_message_feedback import get_feedback, insert_feedback, list_feedback, update_feedback
from flowisectl.errors import FlowNotFound
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.visitors import check_lengths, count_written
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.dates import date_of
from flowisectl.web.services import current_services

blueprint = Blueprint("feedback", __name__)

_MEMBERS = {"chatflowid": str, "chatId": str, "messageId": str, "rating": str, "content": str}
_LONGEST = {"content": 20_000}
RATINGS = ("THUMBS_UP", "THUMBS_DOWN")


@blueprint.get("/feedback/<flow_id>")
async def listing(flow_id: str) -> Response:
    """A flow's feedback, for members of its workspace."""
    services, query = current_services(), request.args
    try:
        await services.authentication.require_flow_member(flow_id, services.flows)
    except FlowNotFound:
        return json_answer([])
    rows = await list_feedback(
        services.database,
        flow_id,
        chat_id=query.get("chatId"),
        order="DESC" if query.get("order") == "DESC" else "ASC",
        start_date=date_of(query.get("startDate")),
        end_date=date_of(query.get("endDate")),
    )
    return json_answer(rows)


@blueprint.post("/feedback")
@blueprint.post("/feedback/<_ignored>")
async def create(_ignored: str = "") -> Response:
    services = current_services()
    database = services.database
    members = typed_members(await body_object(), _MEMBERS).items()
    given = {name: value for name, value in members if value or (value == "" and name == "content")}
    if "messageId" not in given:
        raise HttpError(400, "Message ID is required")
    if given.get("rating") not in RATINGS:
        raise HttpError(400, f"rating must be one of {', '.join(RATINGS)}")
    check_lengths(given, _LONGEST)
    message = await get_message(database, given["messageId"])
    if message is None:
        raise HttpError(404, f"Message with ID {given['messageId']} not found")
    for name, label in (("chatId", "chat"), ("chatflowid", "chatflow")):
        if name in given and given[name] != message[name]:
            raise HttpError(
                400, f"Inconsistent {label} ID: message with ID {message['id']} does not belong to {label} with ID {given[name]}"
            )
    await services.flows.workspace_of(message["chatflowid"])
    await count_written(message["chatflowid"])
    row = await insert_feedback(database, {**given, "chatflowid": message["chatflowid"], "chatId": message["chatId"]})
    return json_answer(row)


@blueprint.put("/feedback/<feedback_id>")
async def update(feedback_id: str) -> Response:
    database = current_services().database
    members = typed_members(await body_object(), {"rating": str, "content": str})
    changes = {name: value for name, value in members.items() if value is not None}
    if "rating" in changes and changes["rating"] not in RATINGS:
        raise HttpError(400, f"rating must be one of {', '.join(RATINGS)}")
    check_lengths(changes, _LONGEST)
    row = await get_feedback(database, feedback_id)
    if row is None:
        raise HttpError(404, f"Feedback with ID {feedback_id} not found")
    await count_written(row["chatflowid"])
    await update_feedback(database, feedback_id, changes)
    return json_answer({"status": "OK"})
