"""Real child processes for the supervisor, and what they said."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flowisectl.supervisor.process import Role


class Lines:
    """What the roles said, as it comes; `until` waits for a line that holds a text."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []
        self._came = asyncio.Event()

    def __call__(self, name: str, text: str) -> None:
        self.all.append((name, text))
        self._came.set()

    def of(self, name: str) -> list[str]:
        return [text for role, text in self.all if role == name]

    async def until(self, text: str, *, count: int = 1, timeout_seconds: float = 20) -> None:
        async with asyncio.timeout(timeout_seconds):
            while sum(text in line for _, line in self.all) < count:
                self._came.clear()
                await self._came.wait()


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Role]:
    """Makes a role out of a few lines of Python."""

    def make(name: str, code: str, **fields: Any) -> Role:
        path = tmp_path / f"{name}.py"
        path.write_text(code)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        return Role(name=name, command=(sys.executable, str(path)), environment=environment, **fields)

    return make


@pytest.fixture
def gone() -> Callable[[int], Awaitable[None]]:
    """Waits until a process is gone (a zombie, whose parent has not looked yet, counts as gone)."""

    async def wait(pid: int) -> None:
        async with asyncio.timeout(20):
            while is_alive(pid):
                await asyncio.sleep(0.01)

    return wait


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
