"""What the web has of an upsert that was accepted. Two submitters make one: over the queue, and in the own process (MODE=main)."""

from __future__ import annotations

from typing import Protocol

from flowisectl.documents.request import UpsertRequest, UpsertResult


class UpsertSubmission(Protocol):
    job_id: str

    async def result(self) -> UpsertResult:
        """How the upsert ended. Raises DeadlinePassed when QUEUE_WAIT_TIMEOUT passed, RedisUnavailable."""
        ...


class UpsertSubmitter(Protocol):
    async def submit(self, request: UpsertRequest) -> UpsertSubmission:
        """Accept an upsert: it is stored (or running) when this returns. Raises RedisUnavailable."""
        ...
