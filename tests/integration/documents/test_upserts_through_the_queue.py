"""An upsert from main to its rows: through the queue, on a worker with both lanes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from embedding_server import EmbeddingServer
from redis.asyncio import Redis

from config.settings import QueueSettings, RedisSettings
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.upsert_history import list_upsert_history
from flowisectl.documents import submitter
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.request import UpsertRequest
from flowisectl.documents.runner import UpsertRunner
from flowisectl.documents.submitter import open_upserts
from flowisectl.errors import DeadlinePassed, RedisUnavailable
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.submitter import open_submitter
from flowisectl.queue.inspection import job_detail, snapshot
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.runs.context import RunServices
from flowisectl.supervisor.embedded import EmbeddedRedis
from flowisectl.worker.app import Lanes

RequestFor = Callable[..., UpsertRequest]
StartLanes = Callable[..., Awaitable[Lanes]]
CHUNKS = ["One bridge is blue.", "Two bridges are red."]


async def test_an_upsert_crosses_its_lane_and_leaves_its_history(
    services: RunServices, redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any],
    request_for: RequestFor, embedding_server: EmbeddingServer,
) -> None:  # fmt: skip
    await start_lanes()
    request = request_for(flow_row)

    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request)
        result = await submission.result()

    assert result.error == ""
    answer = orjson.loads(result.body)
    assert answer["numAdded"] == 2
    assert [document["pageContent"] for document in answer["addedDocs"]] == CHUNKS
    assert embedding_server.texts == [CHUNKS]
    rows = await list_upsert_history(services.database, flow_row["id"])
    assert [(row["id"], row["result"]) for row in rows] == [(request.upsert_id, {"numAdded": 2})]
    assert [entry["id"] for entry in rows[0]["flowData"]] == ["splitter_0", "text_0", "embeddings_0", "store_0"]
    detail = await job_detail(redis, queue_settings, submission.job_id, queue="upsert")
    assert detail.state == "done"
    assert [line.node_id for line in detail.nodes] == ["splitter_0", "text_0", "embeddings_0", "store_0"]
    assert (await snapshot(redis, queue_settings)).kept_done == 0


async def test_the_secret_of_a_node_is_nowhere_in_redis(
    redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any], request_for: RequestFor
) -> None:
    await start_lanes()
    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        await submission.result()

    fields = await redis.hgetall(QueueKeys(queue_settings.name, "upsert").job(submission.job_id))  # type: ignore[misc]

    assert fields
    assert not [name for name, value in fields.items() if b"sk-test" in value]


async def test_predictions_do_not_wait_for_upserts_that_fill_their_lane(
    services: RunServices, redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any],
    request_for: RequestFor, embedding_server: EmbeddingServer,
) -> None:  # fmt: skip
    await start_lanes(concurrency=1)
    embedding_server.gate.clear()
    data = {"id": "f_0", "name": "customFunction", "label": "F", "category": "Utilities", "inputParams": [],
            "inputs": {"javascriptFunction": "return 'free'"}, "outputs": {"output": "EndingNode"}}  # fmt: skip
    other = await insert_flow(
        services.database,
        {"name": "f", "type": "CHATFLOW", "flowData": orjson.dumps({"nodes": [{"id": "f_0", "data": data}], "edges": []}).decode()},
    )

    async with open_upserts(redis, queue_settings) as upserts, open_submitter(redis, queue_settings) as predictions:
        held = [await upserts.submit(request_for(flow_row)) for _ in range(3)]
        await asyncio.wait_for(embedding_server.asked.wait(), 10)
        prediction = PredictionRequest(
            flow_id=other["id"], flow_version=other["updatedDate"], chat_id="c", message_id=str(uuid.uuid4()), body={"question": "hi"}
        )
        answer = await asyncio.wait_for((await predictions.submit(prediction)).result(), 10)
        lane = await snapshot(redis, queue_settings, queue="upsert")
        embedding_server.gate.set()
        results = [await upsert.result() for upsert in held]

    assert orjson.loads(answer.body)["text"] == "free"
    assert (lane.running, lane.waiting) == (1, 2)
    assert [result.is_ok for result in results] == [True] * 3


async def test_a_failed_upsert_tells_why_and_leaves_no_history(
    services: RunServices, redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any],
    request_for: RequestFor, embedding_server: EmbeddingServer,
) -> None:  # fmt: skip
    await start_lanes()
    embedding_server.status = 400

    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        result = await submission.result()

    assert result.status == 500
    assert result.error.startswith("Error: ")
    assert "no vectors today" in result.error
    assert (await job_detail(redis, queue_settings, submission.job_id, queue="upsert")).state == "failed"
    assert await list_upsert_history(services.database, flow_row["id"]) == []


async def test_a_job_that_runs_twice_leaves_one_history_row(
    services: RunServices, runner: UpsertRunner, flow_row: dict[str, Any], request_for: RequestFor
) -> None:
    request = request_for(flow_row)
    submitter_ = LocalUpserts(runner, job_timeout_seconds=30)

    for _ in range(2):
        result = await (await submitter_.submit(request)).result()
        assert result.error == ""

    assert len(await list_upsert_history(services.database, flow_row["id"])) == 1


async def test_an_end_whose_notice_was_lost_is_found_by_asking(
    redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any], request_for: RequestFor,
    embedding_server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(submitter, "LOOK_SECONDS", 0.05)
    await start_lanes()
    embedding_server.gate.clear()

    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        await asyncio.wait_for(embedding_server.asked.wait(), 10)
        upserts._subscriber.forget(submission.job_id)
        embedding_server.gate.set()
        result = await asyncio.wait_for(submission.result(), 10)

    assert orjson.loads(result.body)["numAdded"] == 2


async def test_a_job_stopped_by_an_operator_ends_as_stopped_while_it_waits_and_while_it_runs(
    redis: Redis, queue_settings: QueueSettings, pipeline: Pipeline, start_lanes: StartLanes, flow_row: dict[str, Any],
    request_for: RequestFor, embedding_server: EmbeddingServer,
) -> None:  # fmt: skip
    await start_lanes(concurrency=1)
    embedding_server.gate.clear()
    lifecycle = Lifecycle(pipeline, QueueKeys(queue_settings.name, "upsert"), queue_settings)

    async with open_upserts(redis, queue_settings) as upserts:
        running = await upserts.submit(request_for(flow_row))
        await asyncio.wait_for(embedding_server.asked.wait(), 10)
        waiting = await upserts.submit(request_for(flow_row))
        states = [await lifecycle.stop(waiting.job_id), await lifecycle.stop(running.job_id)]
        results = [await asyncio.wait_for(submission.result(), 10) for submission in (waiting, running)]

    assert states == ["queued", "running"]
    assert [result.error_kind for result in results] == ["RunStopped", "RunStopped"]


async def test_a_caller_waits_no_longer_than_it_is_told(
    redis: Redis, queue_settings: QueueSettings, flow_row: dict[str, Any], request_for: RequestFor
) -> None:
    settings = QueueSettings(name=queue_settings.name, wait_timeout_seconds=0.1)

    async with open_upserts(redis, settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        with pytest.raises(DeadlinePassed, match="QUEUE_WAIT_TIMEOUT"):
            await submission.result()


async def test_a_job_that_redis_has_forgotten_does_not_keep_its_caller(
    redis: Redis, queue_settings: QueueSettings, flow_row: dict[str, Any], request_for: RequestFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitter, "LOOK_SECONDS", 0.05)

    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        await redis.delete(QueueKeys(queue_settings.name, "upsert").job(submission.job_id))
        with pytest.raises(RedisUnavailable, match="lost its data"):
            await asyncio.wait_for(submission.result(), 10)


async def test_without_redis_an_upsert_is_refused_at_once(tmp_path_factory: pytest.TempPathFactory, request_for: RequestFor) -> None:
    server = EmbeddedRedis(tmp_path_factory.mktemp("gone"))
    await server.start()
    async with open_redis(RedisSettings(url=server.url), name="main") as redis, open_upserts(redis, QueueSettings(name="x")) as upserts:
        await server.stop()

        with pytest.raises(RedisUnavailable):
            await asyncio.wait_for(upserts.submit(request_for({"id": "f", "updatedDate": ""})), 10)


async def test_lanes_name_the_one_that_takes_no_jobs_and_stop_together(start_lanes: StartLanes) -> None:
    lanes = await start_lanes()

    lanes.stop()

    assert lanes.health().reason == "prediction: the worker is stopping and takes nothing new"


async def test_a_second_stop_hands_a_running_upsert_back_at_once(
    redis: Redis, queue_settings: QueueSettings, start_lanes: StartLanes, flow_row: dict[str, Any], request_for: RequestFor,
    embedding_server: EmbeddingServer,
) -> None:  # fmt: skip
    lanes = await start_lanes(shutdown_grace_seconds=600)
    embedding_server.gate.clear()

    async with open_upserts(redis, queue_settings) as upserts:
        submission = await upserts.submit(request_for(flow_row))
        await asyncio.wait_for(embedding_server.asked.wait(), 10)
        lanes.stop()
        lanes.stop()
        async with asyncio.timeout(10):
            while (await snapshot(redis, queue_settings, queue="upsert")).waiting == 0:
                await asyncio.sleep(0.01)
        embedding_server.gate.set()
        await start_lanes()
        result = await asyncio.wait_for(submission.result(), 20)

    assert orjson.loads(result.body)["numAdded"] == 2


async def test_in_one_process_an_upsert_over_its_time_is_ended_and_names_the_setting(
    runner: UpsertRunner, flow_row: dict[str, Any], request_for: RequestFor, embedding_server: EmbeddingServer
) -> None:
    embedding_server.gate.clear()
    upserts = LocalUpserts(runner, job_timeout_seconds=0.1)

    result = await (await upserts.submit(request_for(flow_row))).result()

    assert result.status == 504
    assert "JOB_TIMEOUT" in result.error


async def test_in_one_process_a_closing_server_ends_what_runs(
    runner: UpsertRunner, flow_row: dict[str, Any], request_for: RequestFor, embedding_server: EmbeddingServer
) -> None:
    embedding_server.gate.clear()
    upserts = LocalUpserts(runner, job_timeout_seconds=60)
    submission = await upserts.submit(request_for(flow_row))
    await asyncio.wait_for(embedding_server.asked.wait(), 10)

    await upserts.close()

    assert (await submission.result()).error_kind == "RunStopped"
