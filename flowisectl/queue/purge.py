"""Forgetting ended jobs before their time."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.reading import untyped
from flowisectl.redis_connection import Script, failures_named

STEP = 500

_PURGE = Script("""
#!lua flags=allow-oom
-- Forget jobs that have ended; those that live are left alone. Gives how many were forgotten.
local P, gone = ARGV[1], 0
for i = 2, #ARGV do
  local id = ARGV[i]
  local state = redis.call('HGET', P .. 'job:' .. id, 'state')
  if state and state ~= 'queued' and state ~= 'running' then
    if redis.call('HEXISTS', P .. 'job:' .. id, 'stored') == 1 then redis.call('SADD', P .. 'gone', id) end
    redis.call('UNLINK', P .. 'job:' .. id)
    redis.call('ZREM', P .. 'done', id)
    redis.call('ZREM', P .. 'failed', id)
    redis.call('SREM', P .. 'dead', id)
    gone = gone + 1
  end
end
return gone
""")


async def purge_jobs(redis: Redis, settings: QueueSettings, ids: Sequence[str], *, queue: str = "prediction") -> int:
    """Forget these jobs, result and all; gives how many had ended and are gone. Raises RedisUnavailable."""
    prefix = QueueKeys(settings.name, queue).prefix
    purge = untyped(redis).register_script(_PURGE.text)
    gone = 0
    with failures_named(redis):
        for start in range(0, len(ids), STEP):
            gone += int(await purge(keys=[], args=[prefix, *ids[start : start + STEP]]))
    return gone
