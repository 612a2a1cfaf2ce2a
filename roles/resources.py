"""Opens what every role needs that knows flows, and does not run them itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from redis.asyncio import Redis

from config.settings import Settings
from flowisectl.database.connection import Database
from flowisectl.redis_connection import open_redis
from flowisectl.runs.flows import FlowStore
from flowisectl.runs.workspace import VariableStore
from flowisectl.secrets.aws_secrets import named_secrets
from flowisectl.secrets.vault import CredentialVault
from flowisectl.storage.blob_store import Storage
from flowisectl.storage.opening import storage_of
from flowisectl.texts.text import BuiltInTexts
from roles.built_in_texts import texts_of


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What stands on the database and the files, in main and worker alike."""

    database: Database
    flows: FlowStore
    vault: CredentialVault
    blobs: Storage
    variables: VariableStore
    texts: BuiltInTexts


def foundation_of(settings: Settings, environment: Mapping[str, str], database: Database, key: str) -> Foundation:
    """Raises InvalidSetting."""
    return Foundation(
        database=database,
        flows=FlowStore(database),
        vault=CredentialVault(database, key, named=named_secrets(settings.secrets)),
        blobs=storage_of(settings.storage, check_paths=settings.engine.path_traversal_safety),
        variables=VariableStore(database, environment),
        texts=texts_of(settings),
    )


async def open_queue(settings: Settings, opened: AsyncExitStack) -> Redis:
    return await opened.enter_async_context(open_redis(settings.redis, name=f"flowisectl-{settings.queue.name}"))
