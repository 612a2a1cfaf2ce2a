"""Whether a process can do its work now: named probes, each with a time limit, and what they found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

PROBE_SECONDS = 2.0
KEPT_SECONDS = 1.0
"""Who asks more often gets the same answer: asking costs the database nothing."""

Probe = Callable[[], Awaitable[str | None]]
"""Raises what is wrong, with a text for people; gives what is worth saying although nothing is."""


@dataclass(frozen=True, kw_only=True)
class Check:
    is_ok: bool
    milliseconds: float
    reason: str = ""
    """What is wrong; of a check that is OK, what soon may be."""


@dataclass(frozen=True, kw_only=True)
class ReadinessReport:
    checks: Mapping[str, Check]

    @property
    def is_ready(self) -> bool:
        return all(check.is_ok for check in self.checks.values())

    @property
    def reason(self) -> str:
        """What is wrong, in one line; empty when nothing is."""
        return "; ".join(f"{name}: {check.reason}" for name, check in self.checks.items() if not check.is_ok)

    def to_json(self) -> dict[str, Any]:
        """`{"status": "ready" | "not ready", "checks": {name: {"ok", "ms", "reason"?}}}`"""
        return {
            "status": "ready" if self.is_ready else "not ready",
            "checks": {
                name: {"ok": check.is_ok, "ms": round(check.milliseconds, 1), **({"reason": check.reason} if check.reason else {})}
                for name, check in self.checks.items()
            },
        }


class Readiness:
    """Asks every probe at once; several callers at a time share one round."""

    def __init__(self, probes: Mapping[str, Probe], *, probe_seconds: float = PROBE_SECONDS, kept_seconds: float = KEPT_SECONDS) -> None:
        self._probes = dict(probes)
        self._probe_seconds = probe_seconds
        self._kept_seconds = kept_seconds
        self._asked_at = float("-inf")
        self._round: asyncio.Task[ReadinessReport] | None = None
        self.last = ReadinessReport(checks={})

    async def report(self) -> ReadinessReport:
        if self._round is None or (self._round.done() and time.monotonic() - self._asked_at > self._kept_seconds):
            self._asked_at = time.monotonic()
            self._round = asyncio.create_task(self._ask_all(), name="readiness")
        self.last = await asyncio.shield(self._round)
        return self.last

    async def _ask_all(self) -> ReadinessReport:
        checks = await asyncio.gather(*(self._ask(probe) for probe in self._probes.values()))
        return ReadinessReport(checks=dict(zip(self._probes, checks, strict=True)))

    async def _ask(self, probe: Probe) -> Check:
        began = time.perf_counter()
        is_ok = False
        try:
            async with asyncio.timeout(self._probe_seconds):
                reason = await probe() or ""
            is_ok = True
        except TimeoutError:
            reason = f"no answer within {self._probe_seconds:g} s"
        except Exception as error:
            reason = str(error) or type(error).__name__
        return Check(is_ok=is_ok, milliseconds=(time.perf_counter() - began) * 1000, reason=reason)
