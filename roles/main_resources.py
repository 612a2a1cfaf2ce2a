"""Opens what a main process needs, and closes it in reverse order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from redis.asyncio import Redis

from config.settings import Settings
from flowisectl.database.connection import Database, open_database
from flowisectl.documents.submission import UpsertSubmitter
from flowisectl.documents.submitter import open_upserts
from flowisectl.events.changes import Kept, open_changes
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.observability.telemetry import Telemetry
from flowisectl.predictions.callback_desk import open_callback_desk
from flowisectl.predictions.schedule_clock import ScheduleClock, open_schedule_clock
from flowisectl.predictions.submission import Submitter
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.secrets.api_keys import ApiKeyChecker
from flowisectl.secrets.auth_secrets import AuthSecrets, auth_secrets
from flowisectl.secrets.encryption_key import KeyMissing, encryption_key, fingerprint
from flowisectl.secrets.sealed_values import has_sealed_values
from flowisectl.secrets.shared_key import publish_fingerprint
from flowisectl.secrets.tokens import LoginTokens
from flowisectl.web.access.auth import Authentication
from flowisectl.web.access.database_sessions import DatabaseSessions
from flowisectl.web.access.login_limit import LoginLimit
from flowisectl.web.access.rate_limit import LocalCounters, RedisCounters
from flowisectl.web.access.sessions import LocalSessions, RedisSessions, Sessions
from flowisectl.web.metrics import MainMetrics
from flowisectl.web.services import WebServices
from flowisectl.web.webhooks.listeners import LocalListeners, RedisListeners, WebhookListeners
from roles.metrics_page import metrics_page
from roles.outgoing import open_outgoing
from roles.presence import readiness_of
from roles.resources import Foundation, foundation_of, open_queue
from roles.shared_storage import SharedStorage, storage_identity


@dataclass(frozen=True, kw_only=True)
class Main:
    """What a main process has opened."""

    services: WebServices
    redis: Redis | None
    """None with MODE=main."""
    key_fingerprint: str
    storage: str
    """The identity of its storage; empty with MODE=main, where nobody compares it."""
    metrics: MainMetrics | None
    """None without ENABLE_METRICS."""


@asynccontextmanager
async def open_web(settings: Settings, environment: Mapping[str, str], telemetry: Telemetry | None = None) -> AsyncIterator[Main]:
    """With MODE=queue the way to the queue; with MODE=main everything that runs flows.

    Raises InvalidSetting, DatabaseUnavailable, RedisUnavailable.
    """
    async with AsyncExitStack() as opened:
        # Before the schema: a worker that waits for the schema then finds the key.
        key = await key_of(settings)
        secrets = await asyncio.to_thread(auth_secrets, settings.secrets)
        database = await opened.enter_async_context(open_database(settings.database))
        redis = await open_queue(settings, opened) if settings.mode == "queue" else None
        foundation = foundation_of(settings, environment, database, key)
        storage = await storage_identity(settings, foundation.blobs) if redis is not None or settings.storage.type != "local" else ""
        submitter, upserts = await _open_submitters(settings, foundation, redis, opened, telemetry)
        authentication = _open_authentication(settings, secrets, database, redis, opened)
        if redis is not None:
            kept: dict[str, Kept] = {
                "flows": foundation.flows,
                "credentials": foundation.vault,
                "keys": authentication.keys,
                "variables": foundation.variables,
            }
            await opened.enter_async_context(open_changes(redis, prefix=settings.queue.name, kept=kept))
        services = WebServices(
            database=database,
            flows=foundation.flows,
            submitter=submitter,
            upserts=upserts,
            vault=foundation.vault,
            variables=foundation.variables,
            authentication=authentication,
            catalogue=load_catalogue(),
            blobs=foundation.blobs,
            counters=RedisCounters(redis, prefix=settings.queue.name) if redis is not None else LocalCounters(),
            http=settings.http,
            password_rounds=settings.secrets.password_rounds,
            mode=settings.mode,
            jobs=submitter if isinstance(submitter, QueueSubmitter) else None,
            cancels_on_disconnect=settings.queue.on_disconnect == "cancel",
            storage_problem=SharedStorage(redis, settings.queue.name, storage).problem if redis is not None else None,
            readiness=readiness_of(database, redis),
            outgoing=await opened.enter_async_context(open_outgoing(settings.engine)),
            login_limit=LoginLimit(RedisCounters(redis, prefix=settings.queue.name) if redis is not None else None),
            min_schedule_seconds=settings.engine.min_schedule_seconds,
            texts=foundation.texts,
            listeners=_listeners(redis, submitter, settings.queue.name),
        )
        await opened.enter_async_context(open_schedule_clock(_clock(settings, foundation, submitter)))
        metrics = None
        if settings.http.has_metrics:
            metrics = MainMetrics(lambda: len(services.streams))
            services = replace(services, metrics=partial(_metrics_page, settings, metrics, services, redis))
        if redis is not None:
            assert services.outgoing is not None
            desk = open_callback_desk(redis, settings.queue, database, services.outgoing, foundation.vault.open)
            await opened.enter_async_context(desk)
            await publish_fingerprint(redis, settings.queue.name, fingerprint(key))
        yield Main(services=services, redis=redis, key_fingerprint=fingerprint(key), storage=storage, metrics=metrics)


async def _metrics_page(settings: Settings, metrics: MainMetrics, services: WebServices, redis: Redis | None, is_open: bool) -> bytes:
    assert services.readiness is not None
    return await metrics_page(settings, metrics.all(), await services.readiness.report(), redis, is_open=is_open)


async def key_of(settings: Settings) -> str:
    """The encryption key. A missing one is made, unless with MODE=queue the database holds something that another key has closed.

    Raises InvalidSetting, DatabaseUnavailable.
    """
    if settings.mode != "queue":
        return await asyncio.to_thread(encryption_key, settings.secrets, create=True)
    try:
        return await asyncio.to_thread(encryption_key, settings.secrets, create=False)
    except KeyMissing:
        if not await _has_sealed_values(settings):
            return await asyncio.to_thread(encryption_key, settings.secrets, create=True)
        raise


async def _has_sealed_values(settings: Settings) -> bool:
    if settings.database.type == "sqlite" and not settings.database.sqlite_file.exists():
        return False
    async with open_database(settings.database, migrate=False) as database:
        return await has_sealed_values(database)


async def _open_submitters(
    settings: Settings, foundation: Foundation, redis: Redis | None, opened: AsyncExitStack, telemetry: Telemetry | None
) -> tuple[Submitter, UpsertSubmitter]:
    if redis is not None:
        submitter = await opened.enter_async_context(open_submitter(redis, settings.queue, foundation.database, foundation.vault.seal))
        return submitter, await opened.enter_async_context(open_upserts(redis, settings.queue, foundation.database))
    from roles.running import open_local

    return await open_local(settings, foundation, opened, telemetry)


def _listeners(redis: Redis | None, submitter: Submitter, prefix: str) -> WebhookListeners:
    if redis is None or not isinstance(submitter, QueueSubmitter):
        return LocalListeners()
    return RedisListeners(redis, submitter, prefix=prefix)


def _clock(settings: Settings, foundation: Foundation, submitter: Submitter) -> ScheduleClock:
    base_url = settings.http.app_url.rstrip("/") or f"http://localhost:{settings.http.port}"
    run_seconds = max(settings.queue.wait_timeout_seconds, settings.queue.job_timeout_seconds)
    return ScheduleClock(foundation.database, foundation.flows, submitter, run_seconds=run_seconds, base_url=base_url)


def _open_authentication(
    settings: Settings, secrets: AuthSecrets, database: Database, redis: Redis | None, opened: AsyncExitStack
) -> Authentication:
    sessions: Sessions = LocalSessions()
    if not settings.secrets.expire_tokens_on_restart:
        sessions = RedisSessions(redis, prefix=settings.queue.name) if redis is not None else DatabaseSessions(database)
    keys = ApiKeyChecker(database)
    opened.callback(keys.close)
    tokens = LoginTokens(
        secrets, access_minutes=settings.secrets.jwt_token_minutes, refresh_minutes=settings.secrets.jwt_refresh_token_minutes
    )
    return Authentication(
        database=database,
        sessions=sessions,
        tokens=tokens,
        keys=keys,
        session_secret=secrets.session,
    )
