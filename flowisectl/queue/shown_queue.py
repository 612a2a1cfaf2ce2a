"""The queue as SAQ's page shows it: every state's newest jobs, and what they carry only to those who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import orjson
from saq.job import Job

from flowisectl.observability.logging import masked
from flowisectl.queue.inspection import list_jobs
from flowisectl.queue.queue import JobQueue
from flowisectl.queue.search import JobFilter
from flowisectl.queue.summary import object_of

SHOWS_PAYLOADS: ContextVar[bool] = ContextVar("shows_payloads", default=False)
"""Whether the request that is answered may see questions and answers."""
HIDDEN = "(hidden: only an administrator of the organization sees what was asked and answered)"
SHOWN = (("running", 20), ("queued", 20), ("done", 30), ("failed", 30), ("aborted", 15), ("dead", 15))
"""How many jobs of each state the page lists: those that wait must not push out those that ended."""
MAX_CHARS = 20_000


class ShownQueue(JobQueue):
    """Reads and steers as `JobQueue` does."""

    async def _page(self, offset: int, limit: int) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = []
        for state, most in SHOWN:
            for job in await list_jobs(self.redis, self.settings, limit=most, queue=self.keys.queue, wanted=JobFilter(state=state)):
                shown.append(_readable(self._to_saq(job).to_dict()))
        return shown

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        keys = list(job_keys)
        found = await super().jobs(keys)
        for key, job in zip(keys, found, strict=True):
            if job is not None:
                await self._fill(key, job)
        return found

    async def _fill(self, key: str, job: Job) -> None:
        """What the page shows as arguments and result."""
        if not SHOWS_PAYLOADS.get():
            job.result = HIDDEN if job.result else None
            return
        job.result = _short(str(job.result or "")) or None
        body = object_of(await self.pipeline.execute("HGET", self.job_id(key), "request") or b"").get("body", {})
        job.kwargs = {**(job.kwargs or {}), "body": _short(orjson.dumps(body).decode())}


def _readable(job: dict[str, Any]) -> dict[str, Any]:
    """The page prints arguments as they come, and would print an object as `[object Object]`."""
    return {**job, "kwargs": ", ".join(f"{name}={value}" for name, value in (job.get("kwargs") or {}).items())}


def _short(text: str) -> str:
    """Without what looks like a key, and not endless."""
    clean = masked(text[:MAX_CHARS])
    return clean if len(text) <= MAX_CHARS else f"{clean}… ({len(text):,} characters)"
