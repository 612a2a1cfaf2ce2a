"""Upserts over a real database, a real Valkey and a small model server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from embedding_server import EmbeddingServer, open_embedding_server
from rag_flows import rag_flow
from run_services import open_run_services

from config.settings import QueueSettings, RedisSettings, WorkerSettings
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.credential import insert_credential
from flowisectl.documents.request import UpsertRequest
from flowisectl.documents.runner import UpsertRunner
from flowisectl.predictions.runner import NestedFlows, PredictionRunner
from flowisectl.redis_connection import open_redis
from flowisectl.runs.context import RunServices
from flowisectl.secrets.vault import CredentialVault
from flowisectl.worker.app import Lanes, create_lanes


@pytest.fixture
async def embedding_server() -> AsyncIterator[EmbeddingServer]:
    async with open_embedding_server() as server:
        yield server


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[RunServices]:
    async with open_run_services(tmp_path, security_check=False) as services:
        yield services


@pytest.fixture
async def credential_id(services: RunServices) -> str:
    sealed = CredentialVault(services.database, "key").seal({"openAIApiKey": "sk-test"})
    row = await insert_credential(services.database, {"name": "c", "credentialName": "openAIApi", "encryptedData": sealed})
    return str(row["id"])


@pytest.fixture
async def flow_row(services: RunServices, embedding_server: EmbeddingServer, credential_id: str) -> dict[str, Any]:
    data = rag_flow(embedding_server.url, credential_id)
    return await insert_flow(services.database, {"name": "rag", "flowData": data, "type": "CHATFLOW"})


@pytest.fixture
def predictions(services: RunServices) -> PredictionRunner:
    return PredictionRunner(services)


@pytest.fixture
def runner(services: RunServices, predictions: PredictionRunner) -> UpsertRunner:
    return UpsertRunner(services, NestedFlows(services, predictions))


def upsert_request(row: dict[str, Any], **changes: Any) -> UpsertRequest:
    values = {"target_id": row["id"], "version": row["updatedDate"], "upsert_id": str(uuid.uuid4()), "body": {}, "chat_id": "chat"}
    return UpsertRequest(**{**values, **changes})


@pytest.fixture
def request_for() -> Callable[..., UpsertRequest]:
    return upsert_request


StartLanes = Callable[..., Awaitable[Lanes]]


@pytest.fixture
async def start_lanes(
    redis_settings: RedisSettings, queue_settings: QueueSettings, predictions: PredictionRunner, runner: UpsertRunner
) -> AsyncIterator[StartLanes]:
    async with AsyncExitStack() as stack:

        async def start(**changes: Any) -> Lanes:
            redis = await stack.enter_async_context(open_redis(redis_settings, name=f"{queue_settings.name}-worker"))
            lanes = create_lanes(redis, predictions, runner, queue_settings, WorkerSettings(port=0, **changes))
            task = asyncio.create_task(lanes.run())

            async def end() -> None:
                lanes.stop()
                await asyncio.wait_for(task, 30)

            stack.push_async_callback(end)
            async with asyncio.timeout(10):
                while not lanes.health().is_ok:
                    await asyncio.sleep(0.01)
            return lanes

        yield start
