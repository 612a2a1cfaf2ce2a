"""What a webhook's call must look like, as the flow's Start node says: its signature, method, content type and parameters."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidRequest
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import from_json

DEFAULT_HEADER = "x-webhook-signature"
REDACTED = "[REDACTED]"
_PRIVATE_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-amz-security-token"}
)
_HASHES = {"sha256": "sha256", "sha1": "sha1"}


def check_signature(inputs: NodeInputs, secret: str, headers: Mapping[str, str], raw_body: bytes) -> None:
    """Raises HttpError 500 when no secret is stored, 401 for a signature that is missing or wrong."""
    if not inputs.flag("webhookEnableAuth"):
        return
    if not secret:
        raise HttpError(500, "Webhook authentication is on, but the flow has no webhook secret: make one and save the flow")
    name = inputs.text("webhookSignatureHeader", DEFAULT_HEADER).strip().lower()
    given = headers.get(name, "").strip()
    if not given:
        raise HttpError(401, f"Missing signature header: {name}")
    if not _is_signed(inputs.text("webhookSignatureType", "hmac-sha256"), given, secret, raw_body):
        raise HttpError(401, "Invalid webhook signature")


def _is_signed(kind: str, given: str, secret: str, raw_body: bytes) -> bool:
    if kind == "plain-token":
        return hmac.compare_digest(given.encode(), secret.encode())
    prefix, mark, rest = given.partition("=")
    digest = rest if mark else given
    expected = hmac.digest(secret.encode(), raw_body, _HASHES.get(prefix.lower(), "sha256") if mark else "sha256").hex()
    return hmac.compare_digest(digest.strip().lower().encode("utf8", "replace"), expected.encode())


def check_method(inputs: NodeInputs, method: str) -> None:
    """Raises HttpError 405."""
    expected = inputs.text("webhookMethod").upper()
    if expected and method != expected:
        raise HttpError(405, f"Method {method} not allowed. Expected {expected}")


def check_content_type(inputs: NodeInputs, content_type: str, *, has_body: bool) -> None:
    """Raises HttpError 415."""
    expected = inputs.text("webhookContentType").lower()
    if expected and has_body and not content_type.lower().startswith(expected):
        raise HttpError(415, f"Content-Type {content_type or '(none)'} is not supported. Expected {expected}")


def check_parameters(inputs: NodeInputs, headers: Mapping[str, str], body: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    """Raises HttpError 400 that names what is missing or of another type."""
    if not inputs.flag("webhookEnableValidation"):
        return
    if missing := [name for name in _required(inputs, "webhookHeaderParams") if not headers.get(name.lower())]:
        raise HttpError(400, f"Missing required headers: {', '.join(missing)}")
    if missing := [name for name in _required(inputs, "webhookBodyParams") if body.get(name) is None]:
        raise HttpError(400, f"Missing required webhook body parameters: {', '.join(missing)}")
    is_form = "x-www-form-urlencoded" in inputs.text("webhookContentType")
    wrong = [
        f"{row['name']} (expected {row['type']})"
        for row in inputs.rows("webhookBodyParams")
        if row.get("name") in body and row.get("type") and not _fits(body[row["name"]], str(row["type"]), is_form=is_form)
    ]
    if wrong:
        raise HttpError(400, f"Invalid type for parameter(s): {', '.join(wrong)}")
    if missing := [name for name in _required(inputs, "webhookQueryParams") if query.get(name) in (None, "")]:
        raise HttpError(400, f"Missing required query parameters: {', '.join(missing)}")


def _required(inputs: NodeInputs, name: str) -> list[str]:
    return [str(row["name"]) for row in inputs.rows(name) if row.get("name") and row.get("required") in (True, "true")]


def _fits(value: Any, kind: str, *, is_form: bool) -> bool:
    if kind.startswith("array[") and kind.endswith("]"):
        return isinstance(value, list) and all(_fits(item, kind[6:-1], is_form=False) for item in value)
    if kind == "number":
        return _is_number(value) or (is_form and isinstance(value, str) and _reads_as_number(value))
    if kind == "boolean":
        return isinstance(value, bool) or (is_form and value in ("true", "false"))
    if kind == "object":
        return isinstance(value, dict)
    return isinstance(value, str) if kind == "string" else True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return bool(text.strip())


def unwrapped(body: dict[str, Any], content_type: str) -> dict[str, Any]:
    """A form whose field `payload` holds JSON stands for that JSON."""
    payload = body.get("payload")
    if not isinstance(payload, str) or "x-www-form-urlencoded" not in content_type.lower():
        return body
    try:
        inner = from_json(payload.encode("utf-8", "surrogatepass"))
    except InvalidRequest:
        return body
    return inner if isinstance(inner, dict) else body


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The call's headers as the flow sees them: without what authenticates the caller."""
    return {name: REDACTED if name in _PRIVATE_HEADERS else value for name, value in headers.items()}
