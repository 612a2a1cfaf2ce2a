"""Jobs of which something is kept outside Redis, as it is too large: they are marked, and told apart when they are forgotten.

A marked job that is dropped leaves its id in the set `gone`; whoever keeps the rest takes ids from there and forgets it, too.
"""

from __future__ import annotations

from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline, Script

SWEPT_AT_ONCE = 100

_MARK = Script("""
#!lua flags=allow-oom
-- Mark a job; one that is gone already is forgotten at once.
local P, id = ARGV[1], ARGV[2]
if redis.call('EXISTS', P .. 'job:' .. id) == 1 then
  redis.call('HSET', P .. 'job:' .. id, 'stored', 1)
else
  redis.call('SADD', P .. 'gone', id)
end
""")

_TAKE_GONE = Script("""
#!lua flags=allow-oom
-- Take ids of forgotten jobs. Those whose outcome has still to be told somewhere stay; those that began again are left out.
local P, out = ARGV[1], {}
for _, id in ipairs(redis.call('SPOP', P .. 'gone', ARGV[2])) do
  if redis.call('EXISTS', P .. 'callback:' .. id) == 1 then
    redis.call('SADD', P .. 'gone', id)
  elseif redis.call('EXISTS', P .. 'job:' .. id) == 0 then
    out[#out + 1] = id
  end
end
return out
""")


async def mark_stored(pipeline: Pipeline, keys: QueueKeys, job_id: str) -> None:
    """Something of this job is kept elsewhere. Raises RedisUnavailable."""
    await _MARK.run(pipeline, keys.prefix, job_id)


async def take_gone(pipeline: Pipeline, keys: QueueKeys) -> list[str]:
    """Ids of marked jobs that were forgotten, each given once. Raises RedisUnavailable."""
    return [job_id.decode() for job_id in await _TAKE_GONE.run(pipeline, keys.prefix, SWEPT_AT_ONCE, once=True)]
