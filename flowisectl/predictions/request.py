"""What crosses the queue for a prediction: the request, and how it ended. Both turn into JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import orjson

from flowisectl.queue.packed import FORM, PACKED, PLAIN, body_of, is_worth_packing, pack

EXTERNAL_PREFIX = "Error: predictionsServices.buildChatflow - "
"""What stands before the error text of an external prediction, as clients of Flowise know it."""


@dataclass(frozen=True, kw_only=True)
class PredictionRequest:
    """One accepted prediction. The flow travels as id and version, never as a body: a worker reads and keeps it."""

    flow_id: str
    flow_version: str
    chat_id: str
    message_id: str
    """The id of the answer's row, made by main: however often a job runs, there is one answer."""
    body: Mapping[str, Any]
    """The request's body, as the client sent it."""
    body_digest: str = ""
    """Not empty: the body is too large for Redis, and only its beginnings travel here; see predictions/large.py."""
    workspace_id: str = ""
    organization_id: str = ""
    base_url: str = ""
    chat_type: str = "EXTERNAL"
    is_internal: bool = False
    is_tool_call: bool = False
    wants_stream: bool = False
    """The client listens to events."""
    accepted_ms: int = 0
    """Epoch milliseconds; the user's row gets this time."""
    traceparent: str = ""
    """The request's place in a trace, as in the header of that name; empty when no traces are sent."""
    reads: int = PLAIN
    """The newest form of answers that the main can read which has queued it; see queue/packed.py."""

    def to_json(self) -> dict[str, Any]:
        """Members that are as they would be anyway are left out: it is kept with the job, long after its end."""
        return {name: value for name, value in vars(self).items() if value != _DEFAULTS[name]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PredictionRequest:
        """Members that a newer version has added are left out."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in data.items() if name in known})


_DEFAULTS = {field.name: field.default for field in fields(PredictionRequest)}


@dataclass(frozen=True, kw_only=True)
class PredictionResult:
    """How a prediction ended: `body` is the JSON answer as the client gets it, or `error` says why there is none."""

    body: bytes = b""
    error: str = ""
    error_kind: str = ""
    """The class of the error (`NodeError`, `RunStopped`, `DeadlinePassed` …), for status codes and exit codes."""
    status: int = 200
    """The HTTP status that fits; 500 for a failed flow."""
    stored_as: str = ""
    """Not empty: the body is too large for Redis; the database has it under this name."""

    @property
    def is_ok(self) -> bool:
        return not self.error

    @classmethod
    def without_worker(cls, job_id: str, state: str, error: str) -> PredictionResult:
        """Of a job that no worker ended: stopped while it waited, or its workers were lost."""
        kind = {"aborted": "RunStopped", "dead": "WorkerLost"}.get(state, "UnexpectedError")
        return cls(error=error or f"job {job_id} left no result", error_kind=kind, status=500)

    def to_bytes(self, reads: int = FORM) -> bytes:
        """`{error, kind, status}` JSON, a line end, then the body: main forwards it unparsed. With `packed` as in queue/packed.py,
        in no newer form than the one that it can read."""
        head = {"error": self.error, "kind": self.error_kind, "status": self.status}
        if self.stored_as:
            return orjson.dumps({**head, "stored": self.stored_as}) + b"\n"
        if reads >= PACKED and is_worth_packing(self.body):
            return orjson.dumps({**head, "packed": PACKED}) + b"\n" + pack(self.body)
        return orjson.dumps(head) + b"\n" + self.body

    @classmethod
    def from_bytes(cls, data: bytes, job_id: str = "") -> PredictionResult:
        """Raises UnknownForm, which names the job, for what a newer version has packed."""
        head, _, body = data.partition(b"\n")
        told = orjson.loads(head)
        answer = body_of(told, body, job_id)
        return cls(body=answer, error=told["error"], error_kind=told["kind"], status=told["status"], stored_as=told.get("stored", ""))
