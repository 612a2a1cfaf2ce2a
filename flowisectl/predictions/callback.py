"""Who is told when a prediction has ended, and what: one POST, signed when there is a secret to sign with."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed
from flowisectl.predictions.request import PredictionResult

TIMEOUT_SECONDS = 10.0
SIGNATURE = "X-Flowise-Signature"
LARGEST_ANSWER = 64 * 1024


class CallbackRefused(Exception):
    """The address may not be called; trying again would not help."""


class CallbackFailed(Exception):
    """Nobody took it; it may be tried again."""


@dataclass(frozen=True, kw_only=True)
class Callback:
    url: str
    secret: str = ""

    def __repr__(self) -> str:
        """An address may hold a key, and the secret is one."""
        return "Callback(…)"


def to_fields(callback: Callback, chat_id: str) -> dict[str, str]:
    """What has to be kept of it, to be sealed."""
    return {"url": callback.url, "secret": callback.secret, "chatId": chat_id}


def from_fields(fields: Mapping[str, Any]) -> tuple[Callback, str] | None:
    """The callback and the chat's id; None for what this key has not sealed."""
    if not fields.get("url"):
        return None
    return Callback(url=str(fields["url"]), secret=str(fields.get("secret", ""))), str(fields.get("chatId", ""))


def outcome_of(chat_id: str, result: PredictionResult) -> dict[str, Any]:
    """`{status, chatId, data | error}`; a run that waits for a human is STOPPED."""
    if not result.is_ok:
        return {"status": "ERROR", "chatId": chat_id, "error": result.error}
    answer = orjson.loads(result.body)
    if isinstance(answer, dict) and answer.get("action"):
        data = {name: answer.get(name) for name in ("text", "executionId", "action")}
        return {"status": "STOPPED", "chatId": chat_id, "data": data}
    return {"status": "SUCCESS", "chatId": chat_id, "data": answer}


async def tell(callback: Callback, body: bytes, client: HttpClient) -> None:
    """POST the outcome once. Raises CallbackFailed unless an answer below 400 comes, CallbackRefused."""
    headers = {"content-type": "application/json"}
    if callback.secret:
        headers[SIGNATURE] = "sha256=" + hmac.digest(callback.secret.encode(), body, "sha256").hex()
    call = HttpCall(method="POST", url=callback.url, headers=headers, body=body, timeout_seconds=TIMEOUT_SECONDS, max_bytes=LARGEST_ANSWER)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            response = await client.request(call)
    except HttpDenied as error:
        raise CallbackRefused(str(error)) from error
    except (HttpFailed, TimeoutError) as error:
        raise CallbackFailed(str(error) or "no answer in time") from error
    if response.status >= 400:
        raise CallbackFailed(f"status {response.status}")
