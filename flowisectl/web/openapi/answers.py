"""The answers of routes for the API's description, where they are not 200 with JSON: other statuses, streams, texts, files."""

from __future__ import annotations

from typing import Any

_ERROR = {"$ref": "#/components/schemas/Error"}
JSON, TEXT, STREAM, BYTES, ICON = "application/json", "text/html", "text/event-stream", "application/octet-stream", "image/svg+xml"

Answer = tuple[str, ...]
"""The media types of one answer; none for an answer without a body."""
_STREAMED: dict[str, Answer] = {"200": (JSON, STREAM), "202": (JSON,), "403": (TEXT, JSON), "429": (TEXT,)}
_CALLED: dict[str, Answer] = {"200": (JSON, STREAM), "202": (JSON,), "429": (TEXT,)}
_LIMITED: dict[str, Answer] = {"200": (JSON,), "429": (TEXT,)}
_FILE: dict[str, Answer] = {"200": (BYTES,), "400": (TEXT, JSON), "500": (TEXT, JSON)}

ANSWERS: dict[tuple[str, str], dict[str, Answer]] = {
    ("POST", "prediction/{flow_id}"): _STREAMED,
    ("POST", "internal-prediction/{flow_id}"): {"200": (JSON, STREAM), "202": (JSON,), "429": (TEXT,)},
    **{(method, "webhook/{flow_id}"): _CALLED for method in ("GET", "POST", "PUT", "PATCH", "DELETE")},
    ("GET", "jobs/{job_id}/events"): {"200": (STREAM,)},
    ("GET", "webhook-listener/{flow_id}/stream/{listener_id}"): {"200": (STREAM,)},
    ("POST", "text-to-speech/generate"): {"200": (STREAM,)},
    ("POST", "vector/upsert/{flow_id}"): _LIMITED,
    ("GET", "get-upload-file"): _FILE,
    ("POST", "openai-assistants-file/download"): _FILE,
    ("GET", "ping"): {"200": (TEXT,)},
    ("GET", "openapi"): {"200": (TEXT,)},
    ("GET", "metrics"): {"200": ("text/plain",)},
    ("GET", "oauth2-credential/callback"): {"200": (TEXT,), "400": (TEXT, JSON)},
    ("GET", "node-icon/{name}"): {"200": (ICON,)},
    ("GET", "components-credentials-icon/{name}"): {"200": (ICON,)},
    ("POST", "account/register"): {"201": (JSON,)},
    ("POST", "mcp-server/{flow_id}"): {"201": (JSON,)},
    ("POST", "mcp/{flow_id}"): {"200": (JSON,), "202": (), "429": (TEXT,)},
    ("DELETE", "mcp/{flow_id}"): {"405": (JSON,)},
    ("DELETE", "chatflows/{flow_id}/webhook-secret"): {"204": ()},
    ("DELETE", "document-store/vectorstore/{store_id}"): {"200": ()},
    ("GET", "chatflows/apikey/{key}"): {"200": (JSON,), "401": (TEXT,)},
    ("POST", "auth/refreshToken"): {"200": (JSON,), "401": (TEXT, JSON)},
    ("PUT", "variables/{variable_id}"): {"200": (JSON,), "404": (TEXT, JSON)},
    ("DELETE", "chatmessage/{flow_id}"): {"200": (JSON,), "500": (TEXT, JSON)},
}
_DESCRIPTIONS = {
    "200": "The answer",
    "201": "Made",
    "202": "Accepted: the run goes on, nobody waits for it here",
    "204": "Done",
    "401": "The caller is not known",
    "403": "The caller may not do this",
    "429": "Too many requests; Retry-After says when to come back",
}


def responses_of(method: str, path: str, *, is_secured: bool) -> dict[str, Any]:
    """The `responses` of an operation. What no row tells is the standard error."""
    told = ANSWERS.get((method, path), {"200": (JSON,)})
    found = {status: _response(status, kinds) for status, kinds in told.items()}
    if is_secured:
        found.setdefault("401", _response("401", (JSON,)))
        found.setdefault("403", _response("403", (JSON,)))
    return {**dict(sorted(found.items())), "default": {"description": "What went wrong", "content": {JSON: {"schema": _ERROR}}}}


def _response(status: str, kinds: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _DESCRIPTIONS.get(status, "What went wrong")}
    if kinds:
        response["content"] = {kind: {"schema": _ERROR} if kind == JSON and status >= "400" else {} for kind in kinds}
    return response
