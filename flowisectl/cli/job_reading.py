"""What the job commands read: one job by the beginning of its id in whatever queue, many by a filter, flows by name."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from config.settings import Settings
    from flowisectl.queue.inspection import JobDetail, JobFilter

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


async def find_job(redis: Redis, settings: Settings, job_id: str) -> JobDetail:
    """The job with this id or beginning of an id, wherever it is. Raises JobNotFound, InvalidRequest, RedisUnavailable."""
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.errors import JobNotFound
    from flowisectl.queue.inspection import job_detail
    from flowisectl.queue.overview import QUEUES

    for queue in QUEUES:
        try:
            job = await job_detail(redis, settings.queue, job_id, queue=queue)
        except JobNotFound:
            continue
        return (await with_flow_names([job], settings.database))[0]
    raise JobNotFound(job_id)


async def filter_of(settings: Settings, *, state: str = "", flow: str = "", chat: str = "", since: str = "", error: str = "") -> JobFilter:
    """The filter that options name. Raises CommandFailed for a flow that nobody knows, or a time that is none."""
    from flowisectl.queue.inspection import JobFilter

    flow_id = await _flow_id(settings, flow) if flow else ""
    return JobFilter(state=state, flow_id=flow_id, chat_id=chat, since_ms=since_ms(since), error=error)


def since_ms(text: str, *, now: float | None = None) -> int:
    """Epoch ms of an age (`90s`, `15m`, `2h`, `7d`) or of a time (`2026-01-31`, `2026-01-31 14:00`, local). Raises CommandFailed."""
    from datetime import datetime

    from flowisectl.cli.failure import CommandFailed

    if not text:
        return 0
    if age := _AGE.fullmatch(text.strip()):
        return int(((now or time.time()) - float(age[1]) * _UNITS[age[2].lower()]) * 1000)
    try:
        return int(datetime.fromisoformat(text.strip()).timestamp() * 1000)
    except ValueError:
        raise CommandFailed(f"--since {text}: write an age such as 90s, 15m, 2h, 7d, or a time such as 2026-01-31T14:00") from None


async def _flow_id(settings: Settings, wanted: str) -> str:
    """A flow's id by its name or the beginning of its id; an id that the database does not know is taken as it is."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.flow_names import all_flows

    flows = await all_flows(settings.database)
    named = [flow_id for flow_id, name in flows if name.lower() == wanted.lower()]
    begun = [flow_id for flow_id, _ in flows if flow_id.startswith(wanted.lower())]
    found: Sequence[str] = named or begun
    if len(found) > 1:
        raise CommandFailed(f"{len(found)} flows match {wanted}: give the whole id, one of {', '.join(found[:5])}")
    if found:
        return found[0]
    if len(wanted) == 36:
        return wanted
    raise CommandFailed(f"there is no flow {wanted}: `flowisectl flows list` shows what there is")
