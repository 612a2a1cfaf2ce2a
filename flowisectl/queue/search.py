"""Jobs by their state, flow, chat, time and error. The server looks through them in small steps, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import InvalidRequest
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.reading import load_jobs, running_ids, server_ms, untyped
from flowisectl.queue.summary import ENDED, LIVE, JobSummary
from flowisectl.redis_connection import Script, failures_named

STEP = 2_000
"""Jobs that one call looks through: about two milliseconds of the server."""
PAGE = 500

# ARGV: prefix, kind (done, failed, waiting), first place, last place, newest µs wanted, state, flow, chat, error, most ids.
# Gives how many were looked at, whether older ones are of no interest, and the ids that match.
_FIND = Script("""
#!lua flags=no-writes
local P, kind, first, last, since = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local state, flow, chat, text, most = ARGV[6], ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10])
local rows, step = nil, 2
if kind == 'waiting' then
  rows, step = redis.call('LRANGE', P .. 'waiting', first, last), 1
else
  rows = redis.call('ZRANGE', P .. kind, first, last, 'REV', 'WITHSCORES')
end
local looked, over, out = 0, 0, {}
local is_plain = (state == '' or state == 'done') and flow == '' and chat == '' and text == ''
for i = 1, #rows, step do
  if step == 2 and tonumber(rows[i + 1]) < since then over = 1 break end
  looked = looked + 1
  local fits = is_plain
  if not fits then
    local key = P .. 'job:' .. rows[i]
    fits = (chat == '' or redis.call('HGET', key, 'chat') == chat) and (flow == '' or redis.call('HGET', key, 'flow') == flow)
      and (state == '' or state == 'done' or redis.call('HGET', key, 'state') == state)
      and (text == '' or string.find(string.lower(redis.call('HGET', key, 'error') or ''), text, 1, true))
  end
  if fits then
    out[#out + 1] = rows[i]
    if #out >= most then break end
  end
end
return {looked, over, out}
""")


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """What is left empty does not matter."""

    state: str = ""
    flow_id: str = ""
    chat_id: str = ""
    since_ms: int = 0
    """Jobs that ended since then or, as long as they live, were accepted since then."""
    error: str = ""
    """Part of the error's text, in whatever case."""

    def fits(self, job: JobSummary) -> bool:
        return (
            self.state in ("", job.state)
            and self.flow_id in ("", job.flow_id)
            and self.chat_id in ("", job.chat_id)
            and (job.finished_ms or job.accepted_ms) >= self.since_ms
            and self.error.lower() in job.error.lower()
        )


async def list_jobs(
    redis: Redis,
    settings: QueueSettings,
    *,
    state: str | None = None,
    limit: int = 20,
    queue: str = "prediction",
    wanted: JobFilter | None = None,
) -> tuple[JobSummary, ...]:
    """Jobs: running, then waiting in their order, then ended ones, newest first. `state` is short for a filter with it.

    Raises InvalidRequest for an unknown state, RedisUnavailable.
    """
    wanted = wanted or JobFilter(state=state or "")
    if wanted.state and wanted.state not in (*LIVE, *ENDED):
        raise InvalidRequest(f"{wanted.state!r} is no state of a job: {', '.join((*LIVE, *ENDED))}")
    keys, client = QueueKeys(settings.name, queue), untyped(redis)
    jobs: list[JobSummary] = []
    with failures_named(redis):
        now_ms = await server_ms(client)
        if wanted.state in ("", "running") and not wanted.error:
            jobs += await _running(client, keys, now_ms, wanted, limit)
        if wanted.state in ("", "queued") and not wanted.error and len(jobs) < limit:
            jobs += await _waiting(client, keys, now_ms, wanted, limit - len(jobs))
        if wanted.state not in LIVE and len(jobs) < limit:
            jobs += await ended_jobs(client, keys, now_ms, wanted, limit - len(jobs))
    return tuple(jobs)


async def ended_jobs(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    """The newest ends that fit. Failures of every kind lie in one set."""
    kinds = {"done" if state == "done" else "failed" for state in ((wanted.state,) if wanted.state else ENDED)}
    if wanted.error:
        kinds.discard("done")
    ids = [job_id for kind in sorted(kinds) async for job_id in _found(redis, keys, kind, wanted, limit)]
    jobs = [job for job in await _loaded(redis, keys, ids, now_ms) if wanted.fits(job)]
    if len(kinds) > 1:
        jobs.sort(key=lambda job: -job.finished_ms)
    return jobs[:limit]


async def _running(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    workers = [worker.decode() for worker in await redis.zrange(keys["leases"], 0, -1)]
    ids = await running_ids(redis, keys, workers)
    if not (wanted.flow_id or wanted.chat_id or wanted.since_ms):
        ids = ids[:limit]
    jobs = [job for job in await _loaded(redis, keys, ids, now_ms) if wanted.fits(job)]
    return sorted(jobs, key=lambda job: job.started_ms)[:limit]


async def _waiting(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    if not (wanted.flow_id or wanted.chat_id or wanted.since_ms):
        ids = [job_id.decode() for job_id in await redis.lrange(keys["waiting"], 0, limit - 1)]
    else:
        most = limit if not wanted.since_ms else 10**9
        ids = [job_id async for job_id in _found(redis, keys, "waiting", wanted, most)]
    return [job for job in await _loaded(redis, keys, ids, now_ms) if wanted.fits(job)][:limit]


async def _found(redis: Any, keys: QueueKeys, kind: str, wanted: JobFilter, limit: int) -> AsyncIterator[str]:
    """Ids that fit, the newest first (of waiting ones the next first). Each step is one short call."""
    find = redis.register_script(_FIND.text)
    state = "" if kind == "waiting" else wanted.state
    text = wanted.error.lower().encode("utf-8", "replace")
    first, seen = 0, set[str]()
    while len(seen) < limit:
        args = [keys.prefix, kind, first, first + STEP - 1, wanted.since_ms * 1000]
        most = limit - len(seen)
        looked, over, ids = await find(keys=[], args=[*args, state, wanted.flow_id, wanted.chat_id, text, most])
        for job_id in ids:
            name = job_id.decode()
            if name not in seen:  # what ended meanwhile has moved the places
                seen.add(name)
                yield name
        first += looked
        if over or (looked < STEP and len(ids) < most):
            return


async def _loaded(redis: Any, keys: QueueKeys, ids: list[str], now_ms: int) -> list[JobSummary]:
    jobs: list[JobSummary] = []
    rest = iter(ids)
    while page := list(islice(rest, PAGE)):
        jobs += await load_jobs(redis, keys, page, now_ms)
    return jobs
