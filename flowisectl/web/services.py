"""What blueprints may use: everything that a main process opened once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, cast

from config.settings import HttpSettings
from flowisectl.database.connection import Database
from flowisectl.documents.submission import UpsertSubmitter
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.predictions.submission import Submitter
from flowisectl.runs.flows import FlowStore
from flowisectl.secrets.vault import CredentialVault
from flowisectl.storage.blob_store import BlobStore
from flowisectl.web.auth import Authentication
from flowisectl.web.rate_limit import RequestCounters
from flowisectl.web.request_source import current_scope
from flowisectl.web.streams import OpenStreams

SERVICES_KEY = "flowisectl.services"
"""Where the edge leaves the services of the application in a request."""


class Storage(Protocol):
    """The stored files of every organization."""

    def of_organization(self, organization_id: str) -> BlobStore: ...


@dataclass(frozen=True, kw_only=True)
class WebServices:
    database: Database
    flows: FlowStore
    submitter: Submitter
    upserts: UpsertSubmitter
    vault: CredentialVault
    authentication: Authentication
    """Sessions, tokens and API keys."""
    catalogue: NodeCatalogue
    blobs: Storage
    counters: RequestCounters
    """Rate limits: `LocalCounters` in MODE=main, `RedisCounters` in MODE=queue."""
    http: HttpSettings
    password_rounds: int = 10
    """PASSWORD_SALT_HASH_ROUNDS."""
    mode: str = "main"
    streams: OpenStreams = field(default_factory=OpenStreams)
    """The role drains these before it stops the server."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


def current_services() -> WebServices:
    """The services of the application that serves this request."""
    return cast(WebServices, current_scope()[SERVICES_KEY])
