"""The command line opens at once: it imports nothing heavy before a command needs it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "sqlmodel", "sqlalchemy", "pydantic", "alembic", "quart", "hypercorn", "werkzeug", "saq", "redis", "aiohttp", "uvloop", "cryptography",
    "bcrypt", "quickjs", "orjson", "rich", "dotenv", "roles", "config.env",
}  # fmt: skip


def modules_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_application_imports_nothing_heavy() -> None:
    loaded = modules_after("import flowisectl.cli.app")

    assert "typer" in loaded
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith(("flowisectl.nodes.", "flowisectl.database", "flowisectl.web"))}


def test_help_imports_nothing_heavy() -> None:
    loaded = modules_after("from flowisectl.cli.app import run\nrun(['--help'])")

    assert "flowisectl.cli.start" in loaded
    assert not loaded & (HEAVY - {"rich"})


def test_looking_at_the_queue_needs_neither_database_layer_nor_web() -> None:
    loaded = modules_after(
        "import flowisectl.queue.inspection, flowisectl.redis_connection, flowisectl.cli.flow_names, flowisectl.cli.views.status"
    )

    assert not loaded & {"sqlmodel", "quart", "alembic", "aiohttp"}
