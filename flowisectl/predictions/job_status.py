"""One job as its client may see it: state, times, and the answer when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flowisectl.errors import JobNotFound
from flowisectl.events.wire import from_json, to_json
from flowisectl.predictions.large import whole_result
from flowisectl.predictions.request import PredictionResult
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.payloads import Payloads

_FIELDS = ("state", "flow", "chat", "attempts", "accepted", "started", "finished", "error", "result", "request")


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    id: str
    state: str
    """`queued`, `running`, `done`, `failed`, `aborted` or `dead`."""
    flow_id: str
    chat_id: str
    message_id: str
    is_internal: bool
    attempts: int
    accepted_ms: int
    started_ms: int
    finished_ms: int
    error: str
    result: PredictionResult | None
    """Of an ended job."""

    @property
    def is_live(self) -> bool:
        return self.state in ("queued", "running")

    def to_bytes(self) -> bytes:
        """`{id, state, flowId, chatId, chatMessageId, attempts, acceptedAt, startedAt, finishedAt, error?, result?, …Url}`.

        Times are ISO 8601 or null; `result` is the JSON answer as a waiting client would have got it, forwarded unparsed.
        """
        members: dict[str, Any] = {
            "id": self.id,
            "state": self.state,
            "flowId": self.flow_id,
            "chatId": self.chat_id,
            "chatMessageId": self.message_id,
            "attempts": self.attempts,
            "acceptedAt": _iso(self.accepted_ms),
            "startedAt": _iso(self.started_ms),
            "finishedAt": _iso(self.finished_ms),
            **urls(self.id),
        }
        if self.error:
            members["error"] = self.error
        head = to_json(members)
        if self.result is None or not self.result.body:
            return head
        return head[:-1] + b',"result":' + self.result.body + b"}"


def urls(job_id: str) -> dict[str, str]:
    """Where a client finds a job, relative to the server."""
    return {"statusUrl": f"/api/v1/jobs/{job_id}", "eventsUrl": f"/api/v1/jobs/{job_id}/events"}


async def load_status(pipeline: Pipeline, keys: QueueKeys, job_id: str, payloads: Payloads | None = None) -> JobStatus:
    """Raises JobNotFound, RedisUnavailable, and for a large answer DatabaseUnavailable."""
    if len(job_id) != 32 or not set(job_id) <= set("0123456789abcdef"):
        raise JobNotFound(job_id[:64])
    values = await pipeline.execute("HMGET", keys.job(job_id), *_FIELDS)
    fields = dict(zip(_FIELDS, values, strict=True))
    if not fields["state"]:
        raise JobNotFound(job_id)

    def text(name: str) -> str:
        return (fields[name] or b"").decode("utf-8", "replace")

    def number(name: str) -> int:
        return int(fields[name] or 0)

    request = from_json(fields["request"]) if fields["request"] else {}
    state = text("state")
    result = PredictionResult.from_bytes(fields["result"], job_id) if fields["result"] else None
    if result is None and state not in ("queued", "running"):
        result = PredictionResult.without_worker(job_id, state, text("error"))
    if result is not None:
        result = await whole_result(result, job_id, payloads)
    return JobStatus(
        id=job_id,
        state=state,
        flow_id=text("flow"),
        chat_id=str(request.get("chat_id", text("chat"))),
        message_id=str(request.get("message_id", "")),
        is_internal=bool(request.get("is_internal")),
        attempts=number("attempts"),
        accepted_ms=number("accepted"),
        started_ms=number("started"),
        finished_ms=number("finished"),
        error=text("error"),
        result=result,
    )


def _iso(milliseconds: int) -> str | None:
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
