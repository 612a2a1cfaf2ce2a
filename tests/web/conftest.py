"""An application over a real SQLite database, a submitter that answers as a test scripts it, and clients that are logged in."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypercorn.config import Config
from quart import Quart
from quart.testing import QuartClient

from config.settings import DatabaseSettings, HttpSettings, SecretSettings
from flowisectl.database.connection import Database, open_database
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import PLAIN, Acceptance
from flowisectl.runs.flows import FlowStore
from flowisectl.runs.workspace import VariableStore
from flowisectl.secrets.api_keys import ApiKeyChecker
from flowisectl.secrets.auth_secrets import auth_secrets
from flowisectl.secrets.tokens import LoginTokens
from flowisectl.secrets.vault import CredentialVault
from flowisectl.storage.local import LocalBlobs
from flowisectl.web.access.auth import Authentication
from flowisectl.web.access.rate_limit import LocalCounters
from flowisectl.web.access.sessions import LocalSessions
from flowisectl.web.app import create_app
from flowisectl.web.connections.server import serve
from flowisectl.web.services import WebServices

EMAIL, PASSWORD = "ada@example.com", "Correct-horse-9"
INTERNAL = {"x-request-from": "internal"}
PERMISSIONS = [
    f"{group}:{verb}"
    for group, verbs in {
        "chatflows": "view create update delete",
        "agentflows": "view create update delete",
        "credentials": "view create update delete",
        "variables": "view create update delete",
        "tools": "view create update delete",
        "apikeys": "view create update delete",
        "executions": "view update delete",
    }.items()
    for verb in verbs.split()
]


@dataclass
class ScriptedSubmission:
    """A submission whose events and result a test decides; batches are given at once or pushed later."""

    job_id: str = "job-1"
    batches: list[list[bytes]] = field(default_factory=list)
    outcome: PredictionResult | Exception = field(default_factory=lambda: PredictionResult(body=b'{"text":"hello"}'))
    events_error: Exception | None = None
    gate: asyncio.Event | None = None
    """Opened by the test: what comes after the batches waits for it."""

    async def events(self) -> AsyncIterator[list[bytes]]:
        for batch in self.batches:
            yield batch
        if self.gate is not None:
            await self.gate.wait()
        if self.events_error is not None:
            raise self.events_error

    async def result(self) -> PredictionResult:
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@dataclass
class ScriptedSubmitter:
    """Gives the scripted submission to every request, and keeps what it was asked."""

    submission: ScriptedSubmission = field(default_factory=ScriptedSubmission)
    refusal: Exception | None = None
    requests: list[PredictionRequest] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)

    async def submit(self, request: PredictionRequest, acceptance: Acceptance = PLAIN) -> ScriptedSubmission:
        if self.refusal is not None:
            raise self.refusal
        self.requests.append(request)
        return self.submission

    async def stop(self, flow_id: str, chat_id: str) -> int:
        self.stopped.append((flow_id, chat_id))
        return 0

    async def stop_job(self, job_id: str) -> None:
        self.stopped.append(("job", job_id))


@dataclass
class ScriptedUpserts:
    """Ends every upsert as it is told, and keeps what it was asked."""

    outcome: UpsertResult | Exception = field(default_factory=lambda: UpsertResult(body=b'{"numAdded":0,"addedDocs":[]}'))
    requests: list[UpsertRequest] = field(default_factory=list)
    job_id: str = "job-2"

    async def submit(self, request: UpsertRequest) -> ScriptedUpserts:
        self.requests.append(request)
        return self

    async def result(self) -> UpsertResult:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(DatabaseSettings(path=tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def submitter() -> ScriptedSubmitter:
    return ScriptedSubmitter()


@pytest.fixture
def upserts() -> ScriptedUpserts:
    return ScriptedUpserts()


@pytest.fixture
def services(database: Database, submitter: ScriptedSubmitter, upserts: ScriptedUpserts, tmp_path: Path) -> WebServices:
    secrets = auth_secrets(SecretSettings(path=tmp_path / "secrets"))
    authentication = Authentication(
        database=database,
        sessions=LocalSessions(),
        tokens=LoginTokens(secrets),
        keys=ApiKeyChecker(database),
        session_secret=secrets.session,
    )
    return WebServices(
        database=database,
        flows=FlowStore(database),
        submitter=submitter,
        upserts=upserts,
        vault=CredentialVault(database, "an encryption key"),
        variables=VariableStore(database, {}),
        authentication=authentication,
        catalogue=NodeCatalogue({}),
        blobs=LocalBlobs(tmp_path / "storage"),
        counters=LocalCounters(),
        http=HttpSettings(file_size_limit=1024 * 1024),
        password_rounds=4,
    )


@pytest.fixture
def app(services: WebServices) -> Quart:
    return create_app(services)


@pytest.fixture
def stopping() -> asyncio.Event:
    """Set, it tells the server of `port` to stop."""
    return asyncio.Event()


@pytest.fixture
def server_config() -> Config:
    config = Config()
    config.errorlog, config.graceful_timeout, config.keep_alive_timeout = None, 1, 3600
    return config


@pytest.fixture
async def port(app: Quart, server_config: Config, stopping: asyncio.Event) -> AsyncIterator[int]:
    """The application behind the real server, on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = asyncio.create_task(serve(app, server_config, listener.dup(), stopping.wait))
    yield int(listener.getsockname()[1])
    stopping.set()
    server.cancel()
    await asyncio.gather(server, return_exceptions=True)
    listener.close()


@pytest.fixture
def make_app(services: WebServices) -> Callable[..., Quart]:
    """An application with some settings changed."""
    return lambda **changes: create_app(replace(services, http=replace(services.http, **changes)))


@pytest.fixture
def anybody(app: Quart) -> QuartClient:
    return QuartClient(app, use_cookies=False)


@pytest.fixture
async def admin(app: Quart) -> QuartClient:
    """A client with the cookies of the first account."""
    client = QuartClient(app)
    user = {"name": "Ada", "email": EMAIL, "credential": PASSWORD}
    registered = await client.post("/api/v1/account/register", json={"user": user})
    assert registered.status_code == 201, await registered.get_data(as_text=True)
    logged_in = await client.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
    assert logged_in.status_code == 200, await logged_in.get_data(as_text=True)
    return client


@pytest.fixture
async def key_row(admin: QuartClient) -> dict[str, Any]:
    answer = await admin.post("/api/v1/apikey", json={"keyName": "tests", "permissions": PERMISSIONS}, headers=INTERNAL)
    rows = await answer.get_json()
    return next(row for row in rows if row["keyName"] == "tests")


@pytest.fixture
def key(key_row: dict[str, Any]) -> dict[str, str]:
    """Headers with an API key."""
    return {"Authorization": f"Bearer {key_row['apiKey']}"}


def flow_data() -> str:
    """A small chatflow: a model that may stream, plugged into a chain."""
    model = {"id": "model_0", "name": "chatOpenAI", "label": "Model", "category": "Chat Models", "inputs": {"streaming": True}}
    chain = {"id": "chain_0", "name": "llmChain", "label": "Chain", "category": "Chains", "inputs": {"model": "{{model_0.data.instance}}"}}
    nodes = [{"id": data["id"], "position": {"x": 0, "y": 0}, "data": data} for data in (model, chain)]
    edges = [{"id": "e", "source": "model_0", "target": "chain_0", "sourceHandle": "a", "targetHandle": "chain_0-input-model-x"}]
    return json.dumps({"nodes": nodes, "edges": edges, "viewport": {}})


@pytest.fixture
def make_flow(admin: QuartClient) -> Callable[..., Any]:
    """Make a flow over HTTP and give its row."""

    async def make(**members: Any) -> dict[str, Any]:
        body = {"name": "greeter", "flowData": flow_data(), "type": "CHATFLOW", **members}
        answer = await admin.post("/api/v1/chatflows", json=body, headers=INTERNAL)
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        row: dict[str, Any] = await answer.get_json()
        return row

    return make
