"""What people see of workers and jobs, and how it is read from the fields that are kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.queue.pace import Pace

LIVE, ENDED = ("queued", "running"), ("done", "failed", "aborted", "dead")
FINISHED = "FINISHED"
"""How a node usually ends: a trace does not write it."""
SUMMARY_FIELDS = ("state", "flow", "chat", "attempts", "worker", "accepted", "started", "finished", "error")


@dataclass(frozen=True, kw_only=True)
class WorkerSummary:
    id: str
    name: str
    """`host:pid`"""
    state: str
    """`taking`, `draining` (finishes what it has), or `lost` (no beat within its lease)."""
    busy: int
    capacity: int
    rss_bytes: int
    beat_age_seconds: float
    version: str
    started_ms: int
    health_port: int
    finished: int
    """Jobs it has finished since it started, however they ended."""


@dataclass(frozen=True, kw_only=True)
class JobSummary:
    """One job. Times are epoch milliseconds of the Redis server's clock, 0 for what has not happened."""

    id: str
    state: str
    """`queued`, `running`, `done`, `failed` (the flow's own error), `aborted`, `dead` (its workers were lost)."""
    flow_id: str
    flow_name: str
    chat_id: str
    attempts: int
    worker: str
    """`host:pid` of the worker that has it or had it last."""
    accepted_ms: int
    started_ms: int
    finished_ms: int
    error: str
    waited_seconds: float
    """From accepted to the last start, or until now for a job that waits."""
    took_seconds: float
    """From the last start to the end, or until now for a job that runs; 0 for one that never started."""

    @classmethod
    def from_fields(cls, job_id: str, fields: Mapping[bytes, bytes], *, now_ms: int) -> JobSummary:
        """The fields of a job's hash."""
        return cls(**job_values(job_id, fields, now_ms))


@dataclass(frozen=True, kw_only=True)
class NodeLine:
    """One node's run. A node that ran twice has two lines."""

    node_id: str
    node_name: str
    label: str
    status: str
    """`running`, or what the engine said: `finished`, `error`, `stopped` …"""
    started_ms: int
    duration_seconds: float
    error: str
    model: str = ""
    """The model that the node asked last."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    first_token_seconds: float | None = None
    """From the node's start to the first piece of an answer."""
    http_status: int | None = None
    """The provider's last answer; 0: no answer came."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An earlier start of the job. The last one is told by the job itself."""

    number: int
    started_ms: int
    finished_ms: int
    """0 when it did not end: its worker was lost, or gave the job back."""
    worker: str
    error: str
    nodes: tuple[NodeLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JobDetail(JobSummary):
    nodes: tuple[NodeLine, ...]
    notes: tuple[str, ...]
    result: str
    """The JSON answer as the client got it, empty while there is none."""
    is_streaming: bool
    events: int
    """How many events were sent."""
    message_id: str
    question: str
    queue: str = "prediction"
    run: int = 0
    """How often it was started, the last one included."""
    earlier: tuple[Attempt, ...] = ()
    reply: str = ""
    """The event stream of the main that waits, empty when none does."""


@dataclass(frozen=True, kw_only=True)
class QueueSnapshot:
    name: str
    queue: str
    taken_ms: int
    waiting: int
    running: int
    oldest_wait_seconds: float
    """How long the job at the head of the queue has waited; 0 for an empty queue."""
    kept_done: int
    kept_failed: int
    """Failed, aborted and dead jobs that are kept."""
    workers: tuple[WorkerSummary, ...]
    last_jobs: tuple[JobSummary, ...]
    """The newest ends, newest first."""
    redis_version: str
    redis_memory_bytes: int
    dead: int = 0
    """Jobs among those that are kept which were set aside because their workers were lost too often."""
    suspects: int = 0
    """Jobs among those that wait whose workers were lost: they have one attempt left, and wait for a worker without another such job."""
    pace: Pace = field(default_factory=Pace)

    @property
    def capacity(self) -> int:
        """How many runs there can be at once."""
        return sum(worker.capacity for worker in self.workers if worker.state == "taking")


def job_values(job_id: str, fields: Mapping[bytes, bytes], now_ms: int) -> dict[str, Any]:
    """The members of a JobSummary from a job's hash; times in milliseconds since 1970, 0 for what has not happened."""

    def text(name: bytes) -> str:
        return fields.get(name, b"").decode("utf-8", "replace")

    def number(name: bytes) -> int:
        return int(fields.get(name) or 0)

    accepted, started, finished = number(b"accepted"), number(b"started"), number(b"finished")
    is_live = text(b"state") in LIVE
    if text(b"state") == "queued":
        started = 0
    until = now_ms if is_live else finished
    return {
        "id": job_id,
        "state": text(b"state"),
        "flow_id": text(b"flow"),
        "flow_name": "",
        "chat_id": text(b"chat"),
        "attempts": number(b"attempts"),
        "worker": _name(text(b"worker")),
        "accepted_ms": accepted,
        "started_ms": started,
        "finished_ms": finished,
        "error": text(b"error"),
        "waited_seconds": max(0, (started or until) - accepted) / 1000,
        "took_seconds": max(0, until - started) / 1000 if started else 0.0,
    }


def worker_summary(worker_id: str, about: Mapping[str, Any], is_alive: bool, beat_age_seconds: float) -> WorkerSummary:
    return WorkerSummary(
        id=worker_id,
        name=_name(worker_id),
        state=str(about.get("state", "taking")) if is_alive else "lost",
        busy=int(about.get("busy", 0)),
        capacity=int(about.get("capacity", 0)),
        rss_bytes=int(about.get("rss", 0)),
        beat_age_seconds=max(0.0, beat_age_seconds),
        version=str(about.get("version", "")),
        started_ms=int(about.get("started", 0)),
        health_port=int(about.get("health_port", 0)),
        finished=int(about.get("finished", 0)),
    )


def node_line(line: Mapping[str, Any], *, ended_ms: int, now_ms: int) -> NodeLine:
    """A node that ran when its job ended was stopped with it."""
    is_open = line["took"] is None
    took = (ended_ms or now_ms) - line["started"] if is_open else line["took"]
    return NodeLine(
        node_id=line["id"],
        node_name=node_name(line),
        label=line["label"],
        status="stopped" if is_open and ended_ms else node_status(line),
        started_ms=line["started"],
        duration_seconds=max(0, took) / 1000,
        error=line.get("error", ""),
        model=line.get("model", ""),
        tokens_in=line.get("in"),
        tokens_out=line.get("out"),
        first_token_seconds=line["first"] / 1000 if "first" in line else None,
        http_status=line.get("http"),
    )


def node_status(line: Mapping[str, Any]) -> str:
    """What became of a line's node; the usual is not written."""
    return str(line.get("status") or ("running" if line["took"] is None else FINISHED))


def node_name(line: Mapping[str, Any]) -> str:
    """The type of a line's node: named, or the id (`type_number`) says it."""
    name = line.get("name")
    return name if isinstance(name, str) else str(line["id"]).rpartition("_")[0]


def earlier_attempts(fields: Mapping[bytes, bytes], now_ms: int) -> tuple[Attempt, ...]:
    """The fields `attempt:<n>`: `<started> <finished> <worker>`, a line end, the error, a line end, the trace."""
    found = []
    for name, value in fields.items():
        if not name.startswith(b"attempt:"):
            continue
        # An error may have line ends itself, a trace has none.
        head, _, rest = value.partition(b"\n")
        error, _, data = rest.rpartition(b"\n")
        started, finished, worker = head.decode("utf-8", "replace").split(" ", 2)
        trace = object_of(data)
        lines = trace.get("nodes", [])
        last = max((line["started"] + (line["took"] or 0) for line in lines), default=int(started))
        found.append(
            Attempt(
                number=int(name[8:]),
                started_ms=int(started),
                finished_ms=int(finished),
                worker=_name(worker),
                error=error.decode("utf-8", "replace"),
                nodes=tuple(node_line(line, ended_ms=int(finished) or last or now_ms, now_ms=now_ms) for line in lines),
                notes=tuple(trace.get("notes", [])),
            )
        )
    return tuple(sorted(found, key=lambda attempt: attempt.number))


def _name(worker_id: str) -> str:
    """`host:pid` of a worker's id `host:pid:random`."""
    return worker_id.rpartition(":")[0]


def request_of(data: bytes) -> Mapping[str, Any]:
    """A job's stored request; its `body` is always an object."""
    request = object_of(data)
    return {**request, "body": request["body"] if isinstance(request.get("body"), dict) else {}}


def object_of(data: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        value = orjson.loads(data) if data else {}
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
