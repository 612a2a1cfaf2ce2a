"""Callbacks as requests and flows name them, and what tells an outcome where there is no queue to keep it (MODE=main)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from flowisectl.errors import FlowisectlError
from flowisectl.interfaces.http import HttpClient
from flowisectl.predictions.callback import Callback, CallbackFailed, CallbackRefused, outcome_of, tell
from flowisectl.predictions.submission import Submission
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import to_json

__all__ = ["Callback", "callback_of", "deliver", "tell_when_done"]

PAUSES_SECONDS = (0.0, 3.0, 6.0)

log = logging.getLogger(__name__)


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
    reason = ""
    for pause in pauses:
        if pause:
            await asyncio.sleep(pause)
        try:
            await tell(callback, body, client)
            return True
        except CallbackRefused as error:
            log.warning("a webhook's callback was refused: %s", error)
            return False
        except CallbackFailed as error:
            reason = str(error)
    log.warning("a webhook's callback was tried %d times without success: %s", len(pauses), reason)
    return False
