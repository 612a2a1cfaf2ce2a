"""The command line inside this process, on a data directory of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowisectl.cli.app import run


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


@pytest.fixture
def flowisectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs one command line with the data directory `tmp_path / "data"` and no settings of the machine."""
    for name in ("REDIS_URL", "REDIS_HOST", "DATABASE_TYPE", "DATABASE_PATH", "SECRETKEY_PATH", "PORT", "DEBUG", "MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "data"))
    monkeypatch.setenv("SECRETKEY_PATH", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def ended(*arguments: str) -> Ended:
        capsys.readouterr()
        status = run(arguments)
        seen = capsys.readouterr()
        return Ended(status, seen.out, seen.err)

    return ended
