"""CPU and memory of processes, from the kernel's accounts (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 1024 * 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, to the nanosecond, and of its children that ended, to the hundredth of a second.

    0 for a process that is gone. The clock is the process's own (`clock_getcpuclockid(3)`: the complement of its id, shifted by
    three, and 2 for the scheduler's account).
    """
    try:
        ended = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
        return time.clock_gettime((~pid << 3) | 2) + sum(map(int, ended)) / TICK
    except OSError:
        return 0.0


def rss_mib(pids: Iterable[int]) -> float:
    """Resident memory, added up, in MiB. Pages that several share count for each."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * PAGE / MIB


def peak_rss_mib(pid: int) -> float:
    """The most that a process ever held, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def children_of(pid: int) -> list[int]:
    """The direct children, oldest first."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return sorted(found)


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    return [pid, *(inner for child in children_of(pid) for inner in tree_of(child))]
