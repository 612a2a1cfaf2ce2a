"""Looking at a queue is quick because little is imported for it. What is imported is counted, not how long it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob
from flowisectl.redis_connection import Pipeline
from flowisectl.supervisor.embedded import EmbeddedRedis

NEVER = {
    "aiohttp", "alembic", "bcrypt", "croniter", "flask", "hypercorn", "jinja2", "numpy", "opentelemetry.metrics",
    "opentelemetry.sdk.metrics", "pydantic", "quart", "quickjs", "saq", "sqlalchemy", "sqlmodel", "uvloop", "werkzeug", "yarl",
}  # fmt: skip
JOB = "0123456789abcdef" * 2
MOST_MODULES = 480
PROGRAM = r"""
import sys
from flowisectl.cli.app import run
status = run(sys.argv[1:])
print("\nloaded", status, *sys.modules, file=sys.stderr)
"""
Loaded = Callable[..., set[str]]


@pytest.fixture
async def loaded(tmp_path: Path, valkey: EmbeddedRedis, pipeline: Pipeline, redis: Redis) -> Loaded:
    """Runs a command beside a queue with one job; gives the modules that it has imported."""
    settings = QueueSettings()
    lifecycle = Lifecycle(pipeline, QueueKeys(settings.name, "prediction"), settings)
    await lifecycle.enqueue(NewJob(id=JOB, request=b'{"body":{"question":"hi"}}', flow_id="f" * 36, chat_id="c"))
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "VIRTUAL_ENV", "PYTHONPATH")}
    environment = {
        **kept, "REDIS_URL": valkey.url, "MODE": "queue", "DATABASE_PATH": str(tmp_path), "SECRETKEY_PATH": str(tmp_path),
    }  # fmt: skip

    def modules_of(*arguments: str) -> set[str]:
        command = [sys.executable, "-c", PROGRAM, *arguments]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
        told = done.stderr.rpartition("\nloaded ")[2].split()
        assert told[0] in ("0", "1", "2") and "unexpected" not in done.stderr, done.stderr[:500]
        assert JOB[:8] in done.stdout or arguments[0] != "jobs", done.stdout
        return set(told[1:])

    return modules_of


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "list"),
        ("jobs", "list", "--json"),
        ("jobs", "list", "--state", "queued"),
        ("jobs", "inspect", JOB),
        ("jobs", "inspect", JOB[:6], "--json"),
        ("status",),
        ("status", "--json"),
        ("status", "--plain"),
    ],
    ids=" ".join,
)
def test_looking_at_the_queue_imports_only_what_it_needs(loaded: Loaded, arguments: tuple[str, ...]) -> None:
    found = loaded(*arguments)

    assert "redis.asyncio" in found
    assert not found & NEVER
    assert len(found) < MOST_MODULES
    assert not {name for name in found if name.startswith(("flowisectl.nodes", "flowisectl.web", "flowisectl.engine"))}


def test_a_list_for_programs_draws_nothing(loaded: Loaded) -> None:
    assert "rich.console" not in loaded("jobs", "list", "--json")


def test_a_health_check_needs_not_even_redis(loaded: Loaded) -> None:
    found = loaded("health", "--url", "http://127.0.0.1:9")

    assert not found & (NEVER | {"redis", "rich", "cryptography"})
