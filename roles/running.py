"""Opens what runs flows: what a worker needs, and a server with MODE=main. A server with a queue does not even import it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from config.settings import HOME, Settings
from flowisectl.clients.http import open_http
from flowisectl.database.connection import Database, open_database
from flowisectl.database.migrations.runner import wait_for_schema
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.runner import UpsertRunner
from flowisectl.engine.local_paths import LocalPaths
from flowisectl.events.changes import Kept, open_changes
from flowisectl.interfaces.local_programs import LocalPrograms
from flowisectl.interfaces.node_defaults import NodeDefaults, PostgresDefaults
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.observability.telemetry import Telemetry
from flowisectl.predictions.callback_desk import open_callback_desk
from flowisectl.predictions.local import LocalSubmitter
from flowisectl.predictions.runner import NestedFlows, PredictionRunner
from flowisectl.runs.context import RunServices
from flowisectl.runs.text_cache import MemoryTextCaches, RedisTextCaches
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.secrets.encryption_key import encryption_key, fingerprint
from roles.resources import Foundation, foundation_of, open_queue
from roles.shared_storage import storage_identity

SCHEMA_WAIT_SECONDS = 60.0
"""How long a worker waits for the server to bring the database up to date."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a worker takes jobs from, and what does them."""

    redis: Redis
    database: Database
    predictions: PredictionRunner
    upserts: UpsertRunner
    key_fingerprint: str
    storage: str
    """The identity of its storage."""


@asynccontextmanager
async def open_work(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Work]:
    """What a worker needs: the queue, and what does its jobs. Waits for the server to bring the database up to date.

    Raises InvalidSetting, DatabaseUnavailable, RedisUnavailable.
    """
    async with AsyncExitStack() as opened:
        redis = await open_queue(settings, opened)
        database = await opened.enter_async_context(open_database(settings.database, migrate=False))
        await wait_for_schema(database, SCHEMA_WAIT_SECONDS)
        key = await asyncio.to_thread(encryption_key, settings.secrets, create=False)
        foundation = foundation_of(settings, environment, database, key)
        kept: dict[str, Kept] = {"flows": foundation.flows, "credentials": foundation.vault, "variables": foundation.variables}
        await opened.enter_async_context(open_changes(redis, prefix=settings.queue.name, kept=kept))
        services = await open_run_services(settings, foundation, redis, opened)
        predictions, upserts = runners_of(services)
        desk = open_callback_desk(redis, settings.queue, database, services.http, foundation.vault.open)
        await opened.enter_async_context(desk)
        yield Work(
            redis=redis,
            database=database,
            predictions=predictions,
            upserts=upserts,
            key_fingerprint=fingerprint(key),
            storage=await storage_identity(settings, foundation.blobs),
        )


async def open_local(
    settings: Settings, foundation: Foundation, opened: AsyncExitStack, telemetry: Telemetry | None
) -> tuple[LocalSubmitter, LocalUpserts]:
    """What a server without a queue runs its jobs with."""
    predictions, upserts = runners_of(await open_run_services(settings, foundation, None, opened))
    local = LocalSubmitter(predictions, job_timeout_seconds=settings.queue.job_timeout_seconds, telemetry=telemetry)
    opened.push_async_callback(local.close)
    local_upserts = LocalUpserts(upserts, job_timeout_seconds=settings.queue.job_timeout_seconds, telemetry=telemetry)
    opened.push_async_callback(local_upserts.close)
    return local, local_upserts


def runners_of(services: RunServices) -> tuple[PredictionRunner, UpsertRunner]:
    """What does the jobs of each lane, over the same services."""
    predictions = PredictionRunner(services)
    return predictions, UpsertRunner(services, NestedFlows(services, predictions))


async def open_run_services(settings: Settings, foundation: Foundation, redis: Redis | None, opened: AsyncExitStack) -> RunServices:
    """What runs flows. Without Redis the answers that models gave are kept in this process."""
    engine = settings.engine
    http = await opened.enter_async_context(open_http(security_check=engine.http_security_check, deny_list=engine.http_deny_list))
    javascript = await opened.enter_async_context(
        open_sandbox(
            http,
            timeout_seconds=engine.sandbox_timeout_seconds,
            builtin_modules=engine.builtin_modules,
            external_modules=engine.external_modules,
            package_folder=engine.package_folder,
        )
    )
    return RunServices(
        database=foundation.database,
        flows=foundation.flows,
        catalogue=load_catalogue(),
        credentials=foundation.vault,
        blobs=foundation.blobs,
        http=http,
        javascript=javascript,
        text_caches=RedisTextCaches(redis, settings.queue.name) if redis is not None else MemoryTextCaches(),
        variables=foundation.variables,
        max_iterations=engine.max_iterations,
        max_loop_count=engine.max_loop_count,
        opener=foundation.vault,
        local_programs=LocalPrograms(
            is_allowed=engine.mcp_protocol == "stdio",
            commands=frozenset(engine.mcp_commands),
            environment=frozenset(engine.mcp_variables),
            scripts=frozenset(engine.mcp_scripts),
            is_checked=engine.mcp_security_check,
        ),
        defaults=NodeDefaults(
            vectors=PostgresDefaults(**vars(settings.vectors_postgres)), records=PostgresDefaults(**vars(settings.records_postgres))
        ),
        texts=foundation.texts,
        paths=LocalPaths(
            is_checked=engine.path_traversal_safety,
            home=HOME,
            storage=settings.storage.path,
            database=settings.database.path,
            own_database=settings.database.sqlite_file if settings.database.type == "sqlite" else None,
        ),
    )
