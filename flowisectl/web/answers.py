"""Answers: JSON, text and pages with the content types and entity tags that clients of Flowise know."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from quart import Response

from flowisectl.web.json_text import to_json
from flowisectl.web.source import current_scope, header

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/html; charset=utf-8"
"""Plain texts travel as HTML, as the original sends them; `text_answer` therefore takes only texts of our own or of the
flow's owner, never what a caller sent."""


def json_answer(value: Any, status: int = 200) -> Response:
    """A JSON answer; a GET whose `If-None-Match` names the same content gets 304."""
    return json_bytes(to_json(value), status)


def json_bytes(body: bytes, status: int = 200) -> Response:
    """JSON that is bytes already, forwarded as it is."""
    return _tagged(body, status, JSON_TYPE)


def text_answer(text: str, status: int = 200) -> Response:
    return _tagged(text.encode(), status, TEXT_TYPE)


def owner_text_answer(text: str, status: int) -> Response:
    """A text of a flow's owner, whom a user of another workspace need not trust: a browser shows it and runs nothing of it."""
    answer = text_answer(text, status)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def delete_result(affected: int) -> Response:
    """What deleting rows answers."""
    return json_answer({"raw": [], "affected": affected})


def empty_answer(status: int = 204) -> Response:
    return Response(b"", status)


def _tagged(body: bytes, status: int, content_type: str) -> Response:
    tag = entity_tag(body)
    if status == 200 and current_scope()["method"] in ("GET", "HEAD") and tag in header(b"if-none-match"):
        return Response(b"", 304, {"ETag": tag})
    return Response(body, status, {"ETag": tag}, content_type=content_type)


def entity_tag(body: bytes) -> str:
    """The weak tag of a body: its length in hex, and the SHA-1 of its bytes in base64, cut to 27 characters."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
    return f'W/"{len(body):x}-{digest[:27]}"'
