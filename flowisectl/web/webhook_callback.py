"""What an asynchronous webhook tells when its run has ended: one POST to the callback address, signed, tried three times."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from flowisectl.errors import FlowisectlError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed
from flowisectl.predictions.request import PredictionResult
from flowisectl.predictions.submission import Submission
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import to_json

PAUSES_SECONDS = (0.0, 3.0, 6.0)
TIMEOUT_SECONDS = 10.0
SIGNATURE = "X-Flowise-Signature"
LARGEST_ANSWER = 64 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Callback:
    url: str
    secret: str = ""


def callback_of(url: str, secret: str) -> Callback | None:
    """The callback that a flow names; None for none. Raises HttpError 400 for an address that cannot be called."""
    url = url.strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise HttpError(400, "Invalid callback URL: it must begin with http:// or https:// and name a host")
    return Callback(url=url, secret=secret)


def outcome_of(chat_id: str, result: PredictionResult) -> dict[str, Any]:
    """`{status, chatId, data | error}`; a run that waits for a human is STOPPED."""
    if not result.is_ok:
        return {"status": "ERROR", "chatId": chat_id, "error": result.error}
    answer = orjson.loads(result.body)
    if isinstance(answer, dict) and answer.get("action"):
        data = {name: answer.get(name) for name in ("text", "executionId", "action")}
        return {"status": "STOPPED", "chatId": chat_id, "data": data}
    return {"status": "SUCCESS", "chatId": chat_id, "data": answer}


async def tell_when_done(
    submission: Submission, chat_id: str, callback: Callback | None, client: HttpClient | None, *, pauses: Sequence[float] = PAUSES_SECONDS
) -> bool:
    """Wait for the run, then tell its outcome. Gives whether somebody was told; never raises for a run or a callback that fails."""
    try:
        outcome = outcome_of(chat_id, await submission.result())
    except FlowisectlError as error:
        outcome = {"status": "ERROR", "chatId": chat_id, "error": error.message}
    if callback is None:
        return False
    if client is None:
        log.error("chat %s: the callback cannot be called: this process has no way out", chat_id)
        return False
    return await deliver(callback, to_json(outcome), client, pauses=pauses)


async def deliver(callback: Callback, body: bytes, client: HttpClient, *, pauses: Sequence[float] = PAUSES_SECONDS) -> bool:
    """POST the outcome until an answer below 400 comes; a refusal by the deny list is final."""
    headers = {"content-type": "application/json"}
    if callback.secret:
        headers[SIGNATURE] = "sha256=" + hmac.digest(callback.secret.encode(), body, "sha256").hex()
    call = HttpCall(
        method="POST", url=callback.url, headers=headers, body=body, timeout_seconds=TIMEOUT_SECONDS, max_bytes=LARGEST_ANSWER
    )
    reason = ""
    for pause in pauses:
        if pause:
            await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await client.request(call)
            if response.status < 400:
                return True
            reason = f"status {response.status}"
        except HttpDenied as error:
            log.warning("a webhook's callback was refused: %s", error)
            return False
        except (HttpFailed, TimeoutError) as error:
            reason = str(error) or "no answer in time"
    log.warning("a webhook's callback was tried %d times without success: %s", len(pauses), reason)
    return False
