"""Opens what a main process needs, and closes it in reverse order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from config.settings import Settings
from flowisectl.database.connection import Database, open_database
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.submission import UpsertSubmitter
from flowisectl.documents.submitter import open_upserts
from flowisectl.events.changes import Kept, open_changes
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.predictions.local import LocalSubmitter
from flowisectl.predictions.submission import Submitter
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.secrets.api_keys import ApiKeyChecker
from flowisectl.secrets.auth_secrets import AuthSecrets, auth_secrets
from flowisectl.secrets.encryption_key import encryption_key, fingerprint
from flowisectl.secrets.tokens import LoginTokens
from flowisectl.web.auth import Authentication
from flowisectl.web.rate_limit import LocalCounters, RedisCounters
from flowisectl.web.services import WebServices
from flowisectl.web.sessions import LocalSessions, RedisSessions, Sessions
from roles.presence import readiness_of
from roles.resources import Foundation, check_backends, foundation_of, open_queue, open_run_services, runners_of


@dataclass(frozen=True, kw_only=True)
class Main:
    """What a main process has opened."""

    services: WebServices
    redis: Redis | None
    """None with MODE=main."""
    key_fingerprint: str


@asynccontextmanager
async def open_web(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[Main]:
    """With MODE=queue the way to the queue; with MODE=main everything that runs flows.

    Raises InvalidSetting, DatabaseUnavailable, RedisUnavailable.
    """
    check_backends(settings)
    async with AsyncExitStack() as opened:
        # Before the schema: a worker that waits for the schema then finds the key.
        key = encryption_key(settings.secrets, create=True)
        secrets = auth_secrets(settings.secrets)
        database = await opened.enter_async_context(open_database(settings.database))
        redis = await open_queue(settings, opened) if settings.mode == "queue" else None
        foundation = foundation_of(settings, environment, database, key)
        submitter, upserts = await _open_submitters(settings, foundation, redis, opened)
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
            readiness=readiness_of(database, redis),
        )
        yield Main(services=services, redis=redis, key_fingerprint=fingerprint(key))


async def _open_submitters(
    settings: Settings, foundation: Foundation, redis: Redis | None, opened: AsyncExitStack
) -> tuple[Submitter, UpsertSubmitter]:
    if redis is not None:
        submitter = await opened.enter_async_context(open_submitter(redis, settings.queue))
        return submitter, await opened.enter_async_context(open_upserts(redis, settings.queue))
    predictions, upserts = runners_of(await open_run_services(settings, foundation, None, opened))
    local = LocalSubmitter(predictions, job_timeout_seconds=settings.queue.job_timeout_seconds)
    opened.push_async_callback(local.close)
    local_upserts = LocalUpserts(upserts, job_timeout_seconds=settings.queue.job_timeout_seconds)
    opened.push_async_callback(local_upserts.close)
    return local, local_upserts


def _open_authentication(
    settings: Settings, secrets: AuthSecrets, database: Database, redis: Redis | None, opened: AsyncExitStack
) -> Authentication:
    sessions: Sessions = LocalSessions()
    if redis is not None and not settings.secrets.expire_tokens_on_restart:
        sessions = RedisSessions(redis, prefix=settings.queue.name)
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
