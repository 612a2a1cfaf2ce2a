"""A workspace out of one server and into another; a flow's conversations as a file."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from flowisectl.database.lookup import Row
from flowisectl.database.message_listing import MessageFilter, list_messages
from flowisectl.errors import InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import json_answer
from flowisectl.web.flows.own import own_flow
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.dates import date_of
from flowisectl.web.requests.ids import is_uuid
from flowisectl.web.services import current_services
from flowisectl.web.workspace.exported import exported
from flowisectl.web.workspace.imported import import_rows

blueprint = Blueprint("export_import", __name__)

_SHOWN = ("sourceDocuments", "usedTools", "fileAnnotations", "agentReasoning", "artifacts", "fileUploads", "followUpPrompts")


@blueprint.post("/export-import/export")
@needs("workspace:export")
async def export() -> Response:
    """The kinds of rows that the body asks for (`{chatflow: true, tool: true, …}`)."""
    return json_answer(await exported(current_services().database, workspace_id(), await body_object()))


@blueprint.post("/export-import/import")
@needs("workspace:import")
async def take_in() -> Response:
    """Take in an export; ids that exist already get new ones."""
    services = current_services()
    await import_rows(services.database, workspace_id(), await body_object())
    return json_answer({"message": "success"})


@blueprint.post("/export-import/chatflow-messages")
@needs("workspace:export", "chatflows:view", "agentflows:view")
async def messages() -> Response:
    """A flow's messages by session, as a file."""
    body = await body_object()
    flow_id = body.get("chatflowId")
    if not isinstance(flow_id, str) or not is_uuid(flow_id):
        raise InvalidRequest("chatflowId must be the id of a flow")
    stored = await own_flow(flow_id)
    chosen = MessageFilter(
        chat_types=_texts(body.get("chatType")),
        feedback_types=_texts(body.get("feedbackType")),
        start_date=date_of(_text(body.get("startDate"))),
        end_date=date_of(_text(body.get("endDate"))),
    )
    rows = await list_messages(current_services().database, stored.flow.id, chosen, order="DESC", with_feedback=True)
    answer = json_answer(_by_session(rows))
    answer.headers["Content-Disposition"] = f'attachment; filename="{stored.flow.id}-Message.json"'
    return answer


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str) and item]


def _by_session(rows: list[Row]) -> list[dict[str, Any]]:
    """Sessions, that with the newest message first, each with its messages in the order in which they were said. `rows` are the newest
    first; what is said of a session is what its newest message says."""
    sessions: dict[str, dict[str, Any]] = {}
    for row in rows:
        key = str(row["sessionId"] or row["chatId"])
        session = sessions.get(key)
        if session is None:
            session = sessions[key] = {
                "id": key,
                "source": "UI" if row["chatType"] == "INTERNAL" else "API/Embed",
                "sessionId": row["sessionId"] or None,
                "memoryType": row["memoryType"] or "",
                "email": row["leadEmail"] or None,
                "messages": [],
            }
        shown = {name: row[name] for name in _SHOWN if row[name]}
        if row.get("feedback") and row["feedback"]["content"]:
            shown["feedback"] = row["feedback"]["content"]
        role = "bot" if row["role"] == "apiMessage" else "user"
        session["messages"].append({"content": row["content"], "role": role, "time": row["createdDate"], **shown})
    for session in sessions.values():
        session["messages"].reverse()
    return list(sessions.values())
