"""The two rows that an answered prediction leaves in `chat_message`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.database.column_types import iso_of_epoch
from flowisectl.engine.context import RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.session import memory_type_of
from flowisectl.predictions.request import PredictionRequest

JSON_COLUMNS = (
    "sourceDocuments",
    "usedTools",
    "fileAnnotations",
    "agentReasoning",
    "reasonContent",
    "artifacts",
    "action",
    "followUpPrompts",
)

CUT_OFF = {"type": "markdown", "data": "*Stopped before the answer was complete.*"}
"""The mark of an answer that was stopped: an artifact, so that the content stays what was said."""


def message_rows(request: PredictionRequest, run: RunRequest, result: FlowResult, session_id: str) -> list[dict[str, Any]]:
    """The user's row and the answer's row, in that order.

    Both ids follow from the request's message id, so a prediction that runs twice leaves one pair.
    """
    shared = {
        "chatflowid": request.flow_id,
        "chatType": request.chat_type,
        "chatId": request.chat_id,
        "memoryType": result.memory_type,
        "sessionId": session_id,
        "executionId": result.execution_id,
    }
    user = {
        **shared,
        "id": user_message_id(request.message_id),
        "role": "userMessage",
        "content": result.user_content,
        "createdDate": iso_of_epoch(request.accepted_ms),
        # A list that the client sent empty is kept as such.
        "fileUploads": list(run.uploads) or ([] if request.body.get("uploads") == [] else None),
        "leadEmail": run.lead_email,
    }
    answer = {
        **shared,
        "id": request.message_id,
        "role": "apiMessage",
        "content": result.text,
        **{name: result.stored.get(name) or None for name in JSON_COLUMNS},
        "sourceDocuments": result.stored.get("sourceDocuments"),  # an empty list says that nothing was found
    }
    return [user, answer]


def partial_result(flow: Flow, run: RunRequest, said: str) -> FlowResult:
    """What is kept of a chatflow's run that was stopped: what it had said, and a note beside it that clients show."""
    return FlowResult(
        text=said,
        user_content=run.question if run.has_question else "",
        stored={"artifacts": [CUT_OFF]},
        memory_type=memory_type_of(flow),
    )


def user_message_id(message_id: str) -> str:
    """The id of the question's row, from the id of the answer's row; a version 4 UUID like all others."""
    # By hand: `uuid.uuid5` takes ten times as long, and this is done for every prediction.
    digest = hashlib.blake2b(message_id.encode(), digest_size=16, person=b"question").hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def metadata_of(response: Mapping[str, Any]) -> dict[str, Any]:
    """What the `metadata` event says of a response: these members, each only when it says something."""
    metadata = {}
    for name in ("chatId", "chatMessageId", "question", "sessionId", "memoryType", "followUpPrompts", "flowVariables", "action"):
        value = response.get(name)
        if value:
            metadata[name] = orjson.loads(value) if name == "followUpPrompts" else value
    return metadata
