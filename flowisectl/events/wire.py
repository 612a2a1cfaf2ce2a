"""How events and ends of jobs travel from workers to a main: one Redis stream for each main process.

An entry of the stream has one of these shapes:

- `e <frames>`: event frames joined by line ends, each `<job> <attempt> <number> <event JSON>`. Numbers count from 1 in each
  attempt, so a reader sees what came twice and what is missing.
- `r "<job> <attempt> <state> <events>" b <result> x <error>`: the job has ended. It is written by the script that ends the
  job, after the job's last event. `<events>` says how many events the attempt sent, -1 when its end came from elsewhere
  (stopped while it waited, its workers lost). `<result>` is what the worker stored, empty when it must be read from the job.
- `h`: the stream begins here.

An event of more than `LARGE_EVENT_BYTES` stands in the database; in its frame and in the job's log there is
`{"kept":"<name>","event":"<kind>","bytes":<length>}` instead. No event of a run begins like that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.engine.events import EventKind, FlowEvent

EVENTS_FIELD = b"e"
END_FIELD = b"r"

LARGE_EVENT_BYTES = 256 * 1024
_KEPT_HEAD = b'{"kept":"'

RETRY_EVENT = b'{"event":"retry","data":"The worker was lost; the answer starts again"}'
"""Goes to a client before the events of a second attempt, when it has got some of the first."""


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended, as the queue says it. `result` is opaque here."""

    job_id: str
    attempt: int
    state: str
    events: int
    result: bytes = b""
    error: str = ""

    @property
    def is_from_elsewhere(self) -> bool:
        """No worker ended it, so no worker sent its last event."""
        return self.events < 0


def encode_event(event: FlowEvent) -> bytes:
    """`{"event":…,"data":…}` in compact UTF-8, one line; members without a value are left out."""
    kind, data, duration = event
    if kind is EventKind.TOKEN and duration is None and data is not None:  # nearly all of a stream
        return b'{"event":"token","data":%b}' % to_json(data)
    members: dict[str, Any] = {"event": kind.value}
    if data is not None:
        members["data"] = data
    if duration is not None:
        members["duration"] = duration
    return to_json(members)


def kept_event(name: str, event: bytes) -> bytes:
    """What travels in place of an event that is kept under this name."""
    kind = orjson.loads(event).get("event", "")
    return orjson.dumps({"kept": name, "event": kind, "bytes": len(event)})


def kept_name(event: bytes) -> str:
    """Under which name the event is kept that this stands for; empty when it is an event itself."""
    return str(orjson.loads(event)["kept"]) if event.startswith(_KEPT_HEAD) else ""


def has_kept(events: Iterable[bytes]) -> bool:
    """Whether any of these stands for an event that is kept elsewhere."""
    return any([event.startswith(_KEPT_HEAD) for event in events])


def to_json(value: Any) -> bytes:
    """Compact JSON as JavaScript writes it: lone surrogates escaped, integers of any size, no NaN."""
    try:
        return orjson.dumps(value, default=str)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(_without_nan(value), ensure_ascii=False, separators=(",", ":"), default=str)
        return text.encode("utf-8", "backslashreplace")


def from_json(data: bytes) -> Any:
    """The value that `to_json` wrote. orjson refuses lone surrogates, the standard library reads them."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)


def error_event(text: str) -> bytes:
    """The event that ends a stream which failed: `{"event":"error","data":<text>}`."""
    return encode_event(FlowEvent(EventKind.ERROR, text))


def frame_head(job_id: str, attempt: int) -> bytes:
    """What all frames of an attempt begin with."""
    return b"%b %d " % (job_id.encode(), attempt)


def frame(head: bytes, number: int, event: bytes) -> bytes:
    """One event as it stands in an entry, without a line end; `head` is `frame_head`'s."""
    return b"%b%d %b" % (head, number, event)


def parse_frame(data: bytes) -> tuple[str, int, int, bytes]:
    """(job id, attempt, number, event as JSON)"""
    job_id, attempt, number, event = data.split(b" ", 3)
    return job_id.decode(), int(attempt), int(number), event


def parse_end(header: bytes, result: bytes, error: bytes) -> JobEnd:
    """The three fields of an `r` entry."""
    job_id, attempt, state, events = header.decode().split(" ")
    return JobEnd(job_id, int(attempt), state, int(events), result, error.decode("utf-8", "replace"))


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value
