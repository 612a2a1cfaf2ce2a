"""What blueprints may use: everything that a main process opened once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, cast

from config.settings import HttpSettings
from flowisectl.database.connection import Database
from flowisectl.documents.submission import UpsertSubmitter
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.interfaces.http import HttpClient
from flowisectl.observability.readiness import Readiness
from flowisectl.predictions.submission import JobDesk, Submitter
from flowisectl.runs.flows import FlowStore
from flowisectl.runs.workspace import VariableStore
from flowisectl.secrets.vault import CredentialVault
from flowisectl.storage.blob_store import BlobStore
from flowisectl.texts.text import OURS, BuiltInTexts
from flowisectl.web.access.auth import Authentication
from flowisectl.web.access.login_limit import LoginLimit
from flowisectl.web.access.rate_limit import RequestCounters
from flowisectl.web.source import current_scope
from flowisectl.web.streams.open_streams import OpenStreams
from flowisectl.web.webhooks.listeners import LocalListeners, WebhookListeners

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
    variables: VariableStore
    authentication: Authentication
    """Sessions, tokens and API keys."""
    catalogue: NodeCatalogue
    blobs: Storage
    counters: RequestCounters
    """Rate limits: `LocalCounters` in MODE=main, `RedisCounters` in MODE=queue."""
    http: HttpSettings
    password_rounds: int = 10
    """PASSWORD_SALT_HASH_ROUNDS."""
    texts: BuiltInTexts = OURS
    min_schedule_seconds: int = 60
    """MIN_SCHEDULE_INTERVAL_SECONDS."""
    outgoing: HttpClient | None = None
    """What calls others for a flow: the callback of a webhook, a speech provider. It holds the deny list."""
    login_limit: LoginLimit = field(default_factory=LoginLimit)
    mode: str = "main"
    jobs: JobDesk | None = None
    """What answers for jobs by their ids; None in MODE=main, where there are none."""
    cancels_on_disconnect: bool = False
    """ON_DISCONNECT=cancel."""
    listeners: WebhookListeners = field(default_factory=LocalListeners)
    """Who watches webhook calls: `RedisListeners` in MODE=queue."""
    streams: OpenStreams = field(default_factory=OpenStreams)
    """The role drains these before it stops the server."""
    storage_problem: Callable[[], Awaitable[str]] | None = None
    """Why files stored here would be missing in a run, empty when they are not; None in MODE=main, where they never are."""
    readiness: Readiness | None = None
    """What `/readyz` asks; None: ready as long as it answers."""
    metrics: Callable[[bool], Awaitable[bytes]] | None = None
    """The text at `/api/v1/metrics`, with True as OpenMetrics; None: there is no such page."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


def current_services() -> WebServices:
    """The services of the application that serves this request."""
    return cast(WebServices, current_scope()[SERVICES_KEY])
