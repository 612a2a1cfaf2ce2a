"""What one process opens to run flows: a real database, a real sandbox and files, all in one folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config.settings import DatabaseSettings
from flowisectl.clients.http import open_http
from flowisectl.database.connection import open_database
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.local_paths import LocalPaths
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.runs.context import RunServices
from flowisectl.runs.flows import FlowStore
from flowisectl.runs.text_cache import MemoryTextCaches
from flowisectl.runs.workspace import VariableStore
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.secrets.vault import CredentialVault
from flowisectl.storage.local import LocalBlobs


@asynccontextmanager
async def open_run_services(
    folder: Path, *, catalogue: NodeCatalogue | None = None, security_check: bool = True
) -> AsyncIterator[RunServices]:
    """Without `security_check` flows may call servers of this machine."""
    async with (
        open_database(DatabaseSettings(path=folder)) as database,
        open_http(security_check=security_check) as http,
        open_sandbox(http, timeout_seconds=10) as javascript,
    ):
        yield RunServices(
            database=database,
            flows=FlowStore(database),
            catalogue=catalogue or load_catalogue(),
            credentials=CredentialVault(database, "key"),
            blobs=LocalBlobs(folder / "storage"),
            http=http,
            javascript=javascript,
            text_caches=MemoryTextCaches(),
            variables=VariableStore(database, {}),
            paths=LocalPaths(storage=folder),
        )
