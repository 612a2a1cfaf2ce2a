"""What crosses the queue for an upsert: the request, and how it ended. Both turn into JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from flowisectl.queue.packed import FORM, PLAIN, body_of

FLOW = "flow"
"""The task that fills a vector store of a chatflow."""


@dataclass(frozen=True, kw_only=True)
class UpsertRequest:
    """One accepted job of the lane `upsert`. Flows and stores travel as ids; a worker reads them."""

    task: str = FLOW
    """`flow`, or a task of document stores (`documents/tasks.py`) or of components (`documents/component_tasks.py`)."""
    target_id: str
    """The chatflow or the document store; empty for a task of neither."""
    upsert_id: str
    """The id of the history's row, made by main: however often a job runs, there is one row."""
    body: Mapping[str, Any]
    """The request's body, as the client sent it."""
    body_digest: str = ""
    """Not empty: the body is too large for Redis, and only its beginnings travel here; see runs/large_bodies.py."""
    version: str = ""
    """Of a flow: the row's `updatedDate`."""
    chat_id: str = ""
    workspace_id: str = ""
    organization_id: str = ""
    base_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the route adds to the body: ids out of its path."""
    traceparent: str = ""
    """The request's place in a trace; empty when no traces are sent."""
    reads: int = PLAIN
    """The newest form of answers that the main can read which has queued it; see queue/packed.py."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UpsertRequest:
        """Members that a newer version has added are left out."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in data.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class UpsertResult:
    """How an upsert ended: `body` is the JSON answer as the client gets it, or `error` says why there is none."""

    body: bytes = b""
    error: str = ""
    error_kind: str = ""
    """The class of the error (`NodeError`, `RunStopped`, `DeadlinePassed` …)."""
    status: int = 200
    """The HTTP status that fits; 500 for what failed inside."""
    stored_as: str = ""
    """Not empty: the body is too large for Redis; the database has it under this name."""

    @property
    def is_ok(self) -> bool:
        return not self.error

    def to_bytes(self, reads: int = FORM) -> bytes:
        """`{error, kind, status}` JSON, with `stored` for an answer that the database has, a line end, then the body as it is.

        `reads` is what the request says; answers of this kind have had but one form so far.
        """
        stored = {"stored": self.stored_as} if self.stored_as else {}
        return orjson.dumps({"error": self.error, "kind": self.error_kind, "status": self.status, **stored}) + b"\n" + self.body

    @classmethod
    def from_bytes(cls, data: bytes, job_id: str = "") -> UpsertResult:
        """Raises UnknownForm, which names the job, for what a newer version has packed."""
        head, _, body = data.partition(b"\n")
        fields = orjson.loads(head)
        answer = body_of(fields, body, job_id)
        return cls(
            body=answer, error=fields["error"], error_kind=fields["kind"], status=fields["status"], stored_as=fields.get("stored", "")
        )
