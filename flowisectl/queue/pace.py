"""How fast a queue moves: jobs in and out per second, how long they waited, what failed. Read from the slots that the scripts count in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.script_parts import SLOT_MS

HOUR_SLOTS = 3_600_000 // SLOT_MS
FINE_SLOTS = 60
"""Of so many slots everything is read; of older ones only what went wrong."""
WAIT_SLOTS = 6
WAIT_FACTOR = 1.5
ENDS = (b"done", b"failed", b"aborted", b"dead")
_FAULTS = ("failed", "dead", "again")

Slot = Mapping[bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """None: nothing to tell it from."""

    in_per_second: float | None = None
    out_per_second: float | None = None
    wait_p50_seconds: float | None = None
    """Of the jobs that began within the last minute."""
    wait_p95_seconds: float | None = None
    slow_minutes: int = 0
    """For how many whole minutes in a row, up to now, the p95 of the wait has been above a second; at most ten."""
    failed_last_hour: int = 0
    """Jobs that failed or were set aside as dead."""
    dead_last_hour: int = 0
    again_last_hour: int = 0
    """Jobs that were put back because their worker was lost."""
    ended_lately: int = 0
    """Jobs that were done or failed within the last ten minutes."""
    failed_lately: int = 0
    """Those of them that failed."""


SLOW_SECONDS = 1.0


def ask_pace(pipe: Any, keys: QueueKeys, now_ms: int) -> None:
    """Add the reads to a pipeline; `pace_of` takes their replies."""
    newest = now_ms // SLOT_MS
    for slot in range(newest, newest - FINE_SLOTS, -1):
        pipe.hgetall(keys[f"pace:{slot}"])
    for slot in range(newest - FINE_SLOTS, newest - HOUR_SLOTS, -1):
        pipe.hmget(keys[f"pace:{slot}"], _FAULTS)


def pace_of(replies: Sequence[Any], now_ms: int, sequence: int) -> Pace:
    """`replies` to what `ask_pace` asked, `sequence` as it is now."""
    fine: Sequence[Slot] = replies[:FINE_SLOTS]
    faults = [sum(_number(slot, name.encode()) for slot in fine) for name in _FAULTS]
    for row in replies[FINE_SLOTS:]:
        for place, value in enumerate(row):
            faults[place] += int(value or 0)
    waits = _waits(fine[:WAIT_SLOTS])
    return Pace(
        in_per_second=_in_per_second(fine, now_ms, sequence),
        out_per_second=_out_per_second(fine, now_ms),
        wait_p50_seconds=quantile(waits, 0.50),
        wait_p95_seconds=quantile(waits, 0.95),
        slow_minutes=_slow_minutes(fine),
        failed_last_hour=faults[0] + faults[1],
        dead_last_hour=faults[1],
        again_last_hour=faults[2],
        ended_lately=sum(_number(slot, name) for slot in fine for name in (b"done", b"failed")),
        failed_lately=sum(_number(slot, b"failed") for slot in fine),
    )


def quantile(waits: Mapping[int, int], share: float) -> float | None:
    """Seconds that this share of the waits did not exceed; None without any. `waits`: step → how many, told apart no finer."""
    total = sum(waits.values())
    seen = 0
    for step in sorted(waits):
        if seen + waits[step] >= share * total:
            low = 0.0 if step == 0 else WAIT_FACTOR ** (step - 1)
            return (low + (WAIT_FACTOR**step - low) * (share * total - seen) / waits[step]) / 1000
        seen += waits[step]
    return None


def _waits(slots: Sequence[Slot]) -> dict[int, int]:
    found: dict[int, int] = {}
    for slot in slots:
        for name, value in slot.items():
            if name.startswith(b"wait"):
                step = int(name[4:])
                found[step] = found.get(step, 0) + int(value)
    return found


def _in_per_second(slots: Sequence[Slot], now_ms: int, sequence: int) -> float | None:
    """Over the slot that runs and the one before, or whatever of the last minute has a mark."""
    for age in (1, 0, 2, 3, 4, 5):
        mark = slots[age].get(b"sequence")
        if mark is not None:
            seconds = (now_ms - (now_ms // SLOT_MS - age) * SLOT_MS) / 1000
            return max(0, sequence - int(mark)) / max(seconds, 1.0)
    return None


def _out_per_second(slots: Sequence[Slot], now_ms: int) -> float | None:
    if not any(slots[:WAIT_SLOTS]):
        return None
    age = 1 if slots[1] else 0
    ended = sum(_number(slot, name) for slot in slots[: age + 1] for name in ENDS)
    return ended / max((now_ms - (now_ms // SLOT_MS - age) * SLOT_MS) / 1000, 1.0)


def _slow_minutes(slots: Sequence[Slot]) -> int:
    minutes = 0
    for start in range(0, FINE_SLOTS, WAIT_SLOTS):
        p95 = quantile(_waits(slots[start : start + WAIT_SLOTS]), 0.95)
        if p95 is None or p95 <= SLOW_SECONDS:
            break
        minutes += 1
    return minutes


def _number(slot: Slot, name: bytes) -> int:
    return int(slot.get(name) or 0)
