"""A row of `chat_flow` as clients see it, and what they may set in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.errors import InvalidRequest
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import from_json, to_json
from flowisectl.web.requests.body import typed_members

KINDS = ("CHATFLOW", "AGENTFLOW", "MULTIAGENT", "ASSISTANT")
DELETE_PERMISSIONS = {
    "CHATFLOW": "chatflows:delete",
    "AGENTFLOW": "agentflows:delete",
    "MULTIAGENT": "agentflows:delete",
    "ASSISTANT": "assistants:delete",
}
FULL_FILE_TYPES = frozenset(
    {
        "text/css",
        "text/csv",
        "text/html",
        "application/json",
        "text/markdown",
        "application/x-yaml",
        "application/pdf",
        "application/sql",
        "text/plain",
        "application/xml",
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
_WRITABLE: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "flowData": str,
    "deployed": bool,
    "isPublic": bool,
    "apikeyid": str,
    "chatbotConfig": str,
    "apiConfig": str,
    "analytic": str,
    "speechToText": str,
    "textToSpeech": str,
    "followUpPrompts": str,
    "category": str,
    "type": str,
    "mcpServerConfig": str,
}


def public_flow(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without its webhook secret; the members that came after version 3.1.2 only when they say something."""
    flow = {name: value for name, value in row.items() if name != "webhookSecret"}
    for name in ("mcpServerConfig", "webhookSecretConfigured"):
        if not flow.get(name):
            flow.pop(name, None)
    return flow


def new_flow(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new flow. Raises HttpError 400 and InvalidRequest for what is missing or cannot be used."""
    values = changed_flow(body)
    if values.get("type") not in KINDS:
        raise HttpError(400, "Invalid Chatflow Type")
    for name in ("name", "flowData"):
        if not isinstance(values.get(name), str):
            raise InvalidRequest(f"{name} must be a text, and a flow needs one")
    return values


def changed_flow(body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a body changes; what the server owns is left out. Raises HttpError 400 and InvalidRequest."""
    values = typed_members(body, _WRITABLE)
    if "type" in values and values["type"] not in KINDS:
        raise HttpError(400, "Invalid Chatflow Type")
    for name in ("name", "flowData"):
        if name in values and values[name] is None:
            del values[name]
    if "flowData" in values:
        check_flow_data(values["flowData"])
    if values.get("chatbotConfig"):
        values["chatbotConfig"] = checked_chatbot_config(values["chatbotConfig"])
    return values


def check_flow_data(text: str) -> None:
    """Raises InvalidRequest for what is no JSON: such a flow could neither be opened nor run."""
    try:
        from_json(text.encode("utf-8", "surrogatepass"))
    except InvalidRequest as error:
        raise InvalidRequest(f"flowData must be JSON: {error.message.removeprefix('The request body is ')}") from error


def checked_chatbot_config(text: str) -> str:
    """The configuration with only those upload types that are allowed; unchanged text when nothing was dropped. Raises HttpError 400."""
    try:
        config = from_json(text.encode("utf-8", "surrogatepass"))
    except InvalidRequest as error:
        raise HttpError(400, f"Invalid chatbotConfig: {error.message.removeprefix('The request body is ')}") from error
    upload = config.get("fullFileUpload") if isinstance(config, dict) else None
    types = upload.get("allowedUploadFileTypes") if isinstance(upload, dict) else None
    if not isinstance(upload, dict) or not isinstance(types, str):
        return text
    kept = ",".join(part for part in (part.strip() for part in types.split(",")) if part in FULL_FILE_TYPES)
    if kept == types:
        return text
    return to_json({**config, "fullFileUpload": {**upload, "allowedUploadFileTypes": kept}}).decode()
