"""The names of everything that a queue keeps in Redis, all under `<QUEUE_NAME>:<queue>:`.

| key | type | what |
| --- | --- | --- |
| `job:<id>` | hash | one job: request, state, times, attempts, worker, result, error, trace |
| `waiting` | list | ids in the order of their turn |
| `suspects` | list | ids of jobs with one attempt left, which are run one at a time on each worker |
| `suspect:<worker>` | string | the one that the worker has |
| `sequence` | number | gives each job its place, so that jobs put back keep their order |
| `leases` | sorted set | worker → when its lease ends; only a holder's claims, events and ends count |
| `running:<worker>` | sorted set | ids that the worker has → their places |
| `landing:<worker>` | list | the id that woke a waiting worker, until it claims it |
| `stopping:<worker>` | set | ids that the worker shall stop |
| `workers` | sorted set | worker → its last beat, also for a while after it was lost |
| `worker:<worker>` | string | what the worker says of itself, JSON |
| `log:<id>:<run>` | string | the events of one run of a job, a line of JSON each; see events/publisher.py |
| `flow:<flow>` | set | ids of live jobs of a flow that limits them |
| `chat:<digest>` | set | ids of live jobs of one chat of one flow |
| `done`, `failed` | sorted sets | ended jobs that are kept → when they ended, µs; `failed` has all that did not succeed |
| `dead` | set | those of `failed` whose workers were lost too often |
| `callbacks`, `callback:<id>` | sorted set, hash | outcomes that have to be told somewhere; see queue/callbacks.py |
| `gone` | set | ids of forgotten jobs of which the database keeps something; see queue/stored_elsewhere.py |
| `pace:<slot>` | hash | what happened in ten seconds: jobs by end, put back `again`, waits by size, `sequence` at the slot's start |
| `tick` | number | when leases were last looked at |
| `control` | channel | `<worker> <id>`: stop this job now |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class QueueKeys:
    queue_name: str
    """QUEUE_NAME"""
    queue: str

    @property
    def prefix(self) -> str:
        return f"{self.queue_name}:{self.queue}:"

    def __getitem__(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def job(self, job_id: str) -> str:
        return f"{self.prefix}job:{job_id}"


def chat_digest(flow_id: str, chat_id: str) -> str:
    """A short name for a chat; the client chooses the chat's id, so it may be long or strange."""
    text = f"{flow_id}\n{chat_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest()
