"""The memory of this process, on systems that tell and on those that do not."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from flowisectl.observability import memory


def highest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")
def test_resident_memory_is_told_in_bytes() -> None:
    assert 1_000_000 < memory.resident_bytes() <= highest() * 1024 * 1.1


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1024), ("darwin", 1)])
def test_without_proc_it_is_the_highest_so_far_in_the_systems_unit(monkeypatch: pytest.MonkeyPatch, platform: str, unit: int) -> None:
    monkeypatch.setattr(memory, "_STATM", Path("/nowhere/statm"))
    monkeypatch.setattr(sys, "platform", platform)

    before, told, after = highest(), memory.resident_bytes(), highest()

    assert before * unit <= told <= after * unit
