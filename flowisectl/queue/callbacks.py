"""The outbox: outcomes of jobs that somebody wants to be told of. Whoever takes one has a lease on it, so that none is lost with a process.

| key | type | what |
| --- | --- | --- |
| `callbacks` | sorted set | ids of jobs whose outcome has to be told → when, ms |
| `callback:<id>` | hash | `to` (sealed, as it came with the job), `state`, `error`, `result`, and `tries` so far |

An entry is made by the script that ends the job, so there is one for each outcome, whoever ended it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.script_parts import CLOCK
from flowisectl.redis_connection import Pipeline, Script

LEASE_MS = 30_000
"""Longer than a call may take. Then another process tries."""
TAKEN_AT_ONCE = 10

_TAKE = Script(f"""
#!lua flags=allow-oom
-- Take what is due, for so many ms: id, tries with this one, to, state, error and result of each.
local P, lease, out = ARGV[1], tonumber(ARGV[2]), {{}}
{CLOCK}
local now = now_ms()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'callbacks', '-inf', now, 'LIMIT', 0, ARGV[3])) do
  local key = P .. 'callback:' .. id
  local f = redis.call('HMGET', key, 'to', 'state', 'error', 'result')
  if f[1] then
    redis.call('ZADD', P .. 'callbacks', now + lease, id)
    out[#out + 1] = {{id, redis.call('HINCRBY', key, 'tries', 1), f[1], f[2], f[3], f[4]}}
  else
    redis.call('ZREM', P .. 'callbacks', id)
  end
end
return out
""")

_PUT_OFF = Script(f"""
#!lua flags=allow-oom
-- Try again after so many ms.
{CLOCK}
redis.call('ZADD', ARGV[1] .. 'callbacks', 'XX', now_ms() + ARGV[3], ARGV[2])
""")

_SETTLE = Script("""
#!lua flags=allow-oom
-- It was told, or never will be.
redis.call('ZREM', ARGV[1] .. 'callbacks', ARGV[2])
redis.call('UNLINK', ARGV[1] .. 'callback:' .. ARGV[2])
""")


@dataclass(frozen=True, kw_only=True)
class DueCallback:
    job_id: str
    tries: int
    """With the one that begins now."""
    to: str
    """What came with the job; opaque to the queue."""
    state: str
    error: str
    result: bytes


class Outbox:
    """The callbacks of one queue. Every method raises RedisUnavailable."""

    def __init__(self, pipeline: Pipeline, keys: QueueKeys) -> None:
        self._pipeline = pipeline
        self._prefix = keys.prefix

    async def take(self) -> list[DueCallback]:
        """What is due now; others get it again when the lease ends before it is settled or put off."""
        rows = await _TAKE.run(self._pipeline, self._prefix, LEASE_MS, TAKEN_AT_ONCE, once=True)
        return [
            DueCallback(
                job_id=row[0].decode(),
                tries=int(row[1]),
                to=row[2].decode(),
                state=row[3].decode(),
                error=row[4].decode("utf-8", "replace"),
                result=row[5],
            )
            for row in rows
        ]

    async def put_off(self, job_id: str, seconds: float) -> None:
        """Give it out again after this time."""
        await _PUT_OFF.run(self._pipeline, self._prefix, job_id, int(seconds * 1000))

    async def settle(self, job_id: str) -> None:
        """It was told, or is given up."""
        await _SETTLE.run(self._pipeline, self._prefix, job_id)
