"""A prediction from request to rows, with a real database and no queue."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from flowisectl.database.chat_flow import insert_flow, update_flow
from flowisectl.database.chat_message import session_messages
from flowisectl.database.connection import Database
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import NoEvents
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import RunStopped
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.nodes.utilities.custom_function import CustomFunction
from flowisectl.predictions.error_text import KEY_ADVICE
from flowisectl.predictions.local import LocalSubmitter
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.attempt import AttemptLost, OnlyAttempt
from flowisectl.runs.context import RunServices
from flowisectl.testing import NullTrace, ScriptedChatModel

MESSAGE = "22222222-2222-4222-8222-222222222222"


def function_flow(code: str) -> str:
    data = {
        "id": "customFunction_0",
        "name": "customFunction",
        "label": "Function",
        "category": "Utilities",
        "inputs": {"functionInputVariables": "", "javascriptFunction": code},
        "inputParams": [],
        "outputs": {"output": "EndingNode"},
    }
    return orjson.dumps({"nodes": [{"id": "customFunction_0", "data": data}], "edges": []}).decode()


async def store(database: Database, code: str) -> dict[str, Any]:
    return await insert_flow(database, {"name": "f", "flowData": function_flow(code), "type": "CHATFLOW"})


def request_for(row: dict[str, Any], question: str = "hi", message_id: str = MESSAGE) -> PredictionRequest:
    return PredictionRequest(
        flow_id=row["id"],
        flow_version=row["updatedDate"],
        chat_id="chat",
        message_id=message_id,
        body={"question": question},
        wants_stream=True,
        accepted_ms=1_763_900_000_123,
    )


async def test_an_answer_leaves_two_rows_however_often_it_runs(services: RunServices) -> None:
    row = await store(services.database, "return 'said ' + $input")
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30)

    for _ in range(2):
        result = await (await submitter.submit(request_for(row))).result()
        assert result.error == ""
        assert orjson.loads(result.body)["text"] == "said hi"

    messages = await session_messages(services.database, row["id"], "chat")
    assert [(message["role"], message["content"]) for message in messages] == [("userMessage", "hi"), ("apiMessage", "said hi")]
    assert messages[1]["id"] == MESSAGE


async def test_an_array_of_a_function_is_the_whole_answer(services: RunServices) -> None:
    row = await store(services.database, "return [1, {a: $input}]")

    result = await (await LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30).submit(request_for(row))).result()

    assert orjson.loads(result.body) == [1, {"a": "hi"}]
    messages = await session_messages(services.database, row["id"], "chat")
    assert [message["content"] for message in messages] == ["hi", '[\n  1,\n  {\n    "a": "hi"\n  }\n]']


async def test_a_function_sees_the_run_but_no_answer_of_it(services: RunServices) -> None:
    row = await store(services.database, "return {names: Object.keys($flow).sort().join(), flow: $flow}")

    result = await (await LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30).submit(request_for(row))).result()

    answer = orjson.loads(result.body)
    assert list(answer["flow"]) == ["input", "chatflowId", "chatId", "rawOutput", "chatHistory"]
    assert {"sourceDocuments", "usedTools", "artifacts", "fileAnnotations", "sessionId"} < set(answer["names"].split(","))


class InThread(NodeCatalogue):
    """A catalogue whose function answers as an assistant of OpenAI does."""

    def __init__(self) -> None:
        class Answer(CustomFunction):
            async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
                return {"text": "x", "assistant": {"threadId": "thread_1"}}

        super().__init__({"customfunction": Answer})


async def test_the_thread_of_an_assistant_is_the_session_of_its_messages(services: RunServices) -> None:
    row = await store(services.database, "return 1")
    submitter = LocalSubmitter(PredictionRunner(replace(services, catalogue=InThread())), job_timeout_seconds=30)

    result = await (await submitter.submit(request_for(row))).result()

    assert orjson.loads(result.body)["sessionId"] == "thread_1"
    messages = await session_messages(services.database, row["id"], "thread_1")
    assert [(message["role"], message["chatId"]) for message in messages] == [("userMessage", "chat"), ("apiMessage", "chat")]


async def test_ids_that_came_as_numbers_are_answered_as_numbers_and_kept_as_texts(services: RunServices) -> None:
    row = await store(services.database, "return 'said ' + $input")
    request = replace(request_for(row), chat_id="7", body={"question": 5, "chatId": 7})

    result = await (await LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30).submit(request)).result()

    answer = orjson.loads(result.body)
    assert (answer["question"], answer["chatId"], answer["sessionId"]) == (5, 7, 7)
    assert [message["content"] for message in await session_messages(services.database, row["id"], "7")] == ["5", "said 5"]


async def test_a_failing_flow_answers_with_its_error_and_leaves_no_row(services: RunServices) -> None:
    row = await store(services.database, "throw new Error('no luck')")
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30)

    submission = await submitter.submit(request_for(row))
    events = [orjson.loads(event) async for batch in submission.events() for event in batch]
    result = await submission.result()

    assert "no luck" in result.error
    assert result.status == 500
    assert events[-1]["event"] == "error"
    assert events[-1]["data"] == f"Error: predictionsServices.buildChatflow - {result.error}"
    assert await session_messages(services.database, row["id"], "chat") == []


async def test_a_failing_run_is_one_line_in_the_servers_log(services: RunServices, caplog: pytest.LogCaptureFixture) -> None:
    row = await store(services.database, "throw new Error('no luck')")
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30)

    submission = await submitter.submit(request_for(row, question="my-secret-question"))
    await submission.result()

    [line] = [record.getMessage() for record in caplog.records if record.name == "flowisectl.predictions.local"]
    assert line.startswith(f"run {submission.job_id} failed after ")
    assert line.endswith(": NodeError in node customFunction_0 (Function)")


async def test_a_changed_flow_is_run_as_it_is_now(services: RunServices) -> None:
    row = await store(services.database, "return 'old'")
    runner = PredictionRunner(services)
    submitter = LocalSubmitter(runner, job_timeout_seconds=30)
    await (await submitter.submit(request_for(row))).result()

    changed = await update_flow(services.database, row["id"], {"flowData": function_flow("return 'new'")})
    assert changed is not None
    other = request_for(changed, message_id="33333333-3333-4333-8333-333333333333")
    result = await (await submitter.submit(other)).result()

    assert orjson.loads(result.body)["text"] == "new"


async def test_a_stopped_run_ends_at_once_and_says_so(services: RunServices) -> None:
    row = await store(services.database, "await new Promise(done => setTimeout(done, 60000)); return 'late'")
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=120)
    submission = await submitter.submit(request_for(row))

    stopped = await submitter.stop(row["id"], "chat")
    result = await asyncio.wait_for(submission.result(), 10)

    assert stopped == 1
    assert result.error_kind == "RunStopped"
    assert await submitter.stop(row["id"], "chat") == 0


async def test_a_run_over_its_time_is_ended_and_names_the_setting(services: RunServices) -> None:
    row = await store(services.database, "await new Promise(done => setTimeout(done, 60000)); return 'late'")
    submitter = LocalSubmitter(PredictionRunner(services), job_timeout_seconds=0.2)

    result = await (await submitter.submit(request_for(row))).result()

    assert result.status == 504
    assert "JOB_TIMEOUT" in result.error


def agent_flow(code: str) -> str:
    """Start, and a function."""
    shared = {"category": "Agent Flows", "inputParams": [], "outputs": {}}
    start = {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start", "inputs": {"startInputType": "chatInput"}, **shared}
    function = {
        "id": "customFunctionAgentflow_0",
        "name": "customFunctionAgentflow",
        "label": "Function",
        "inputs": {"customFunctionJavascriptFunction": code},
        **shared,
    }
    edge = {"id": "e", "source": start["id"], "target": function["id"], "sourceHandle": "", "targetHandle": function["id"]}
    return orjson.dumps({"nodes": [{"id": data["id"], "data": data} for data in (start, function)], "edges": [edge]}).decode()


class LostAttempt(OnlyAttempt):
    """Another attempt has taken the job."""

    async def confirm(self) -> None:
        raise AttemptLost


async def test_an_attempt_that_lost_its_job_writes_no_row(services: RunServices) -> None:
    chat = await store(services.database, "return 'late'")
    agent = await insert_flow(services.database, {"name": "a", "flowData": agent_flow("return 'late'"), "type": "AGENTFLOW"})
    runner = PredictionRunner(services)

    for row in (chat, agent):
        with pytest.raises(AttemptLost):
            await runner.run(request_for(row), NoEvents(), NullTrace(), LostAttempt())
        await runner.stopped(request_for(row), NoEvents(), RunStopped(), "late", OnlyAttempt())

    assert await services.database.fetch(sa.text("select id from execution")) == []
    assert await session_messages(services.database, agent["id"], "chat") == []


async def test_an_agentflow_that_is_tried_again_leaves_one_trace_and_one_pair_of_messages(services: RunServices) -> None:
    row = await insert_flow(services.database, {"name": "a", "flowData": agent_flow("return 'done'"), "type": "AGENTFLOW"})
    runner = PredictionRunner(services)

    for _ in range(2):
        assert (await runner.run(request_for(row), NoEvents(), NullTrace())).is_ok

    assert len(await services.database.fetch(sa.text("select id from execution"))) == 1
    assert [message["content"] for message in await session_messages(services.database, row["id"], "chat")] == ["hi", "done"]


async def test_what_a_stopped_chatflow_had_said_is_kept_and_marked(services: RunServices) -> None:
    row = await store(services.database, "return 'never'")

    result = await PredictionRunner(services).stopped(request_for(row), NoEvents(), RunStopped(), "the begin")

    assert result.error_kind == "RunStopped"
    question, answer = await session_messages(services.database, row["id"], "chat")
    assert (question["content"], question["artifacts"]) == ("hi", None)
    assert (answer["id"], answer["content"]) == (MESSAGE, "the begin")
    assert answer["artifacts"][0]["type"] == "markdown"


async def test_follow_up_questions_are_kept_with_the_answer_and_told_to_the_client(services: RunServices) -> None:
    model = ScriptedChatModel('{"questions": ["And then?"]}')
    settings = {"status": True, "selectedProvider": "chatOpenAI", "chatOpenAI": {"modelName": "m", "prompt": "next after {history}"}}
    values = {"name": "f", "flowData": function_flow("return 'said ' + $input"), "type": "CHATFLOW"}
    row = await insert_flow(services.database, {**values, "followUpPrompts": orjson.dumps(settings).decode()})
    runner = PredictionRunner(replace(services, catalogue=WithModel(model)))
    submission = await LocalSubmitter(runner, job_timeout_seconds=30).submit(request_for(row))

    events = [orjson.loads(event) async for batch in submission.events() for event in batch]
    result = await submission.result()

    assert model.calls[0].texts == [("user", "next after said hi")]
    assert orjson.loads(orjson.loads(orjson.loads(result.body)["followUpPrompts"])) == ["And then?"]
    metadata = next(event["data"] for event in events if event["event"] == "metadata")
    assert orjson.loads(metadata["followUpPrompts"]) == ["And then?"]
    answer = (await session_messages(services.database, row["id"], "chat"))[1]
    assert answer["followUpPrompts"] in (["And then?"], '["And then?"]')


async def test_a_refused_key_is_told_with_advice_in_the_stream_too(services: RunServices) -> None:
    row = await store(services.database, "throw new Error('401 Incorrect API key provided: sk-1')")
    submission = await LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30).submit(request_for(row))

    events = [orjson.loads(event) async for batch in submission.events() for event in batch]

    assert events[-1]["event"] == "error" and events[-1]["data"] == KEY_ADVICE


class WithModel(NodeCatalogue):
    """The real catalogue, with one chat model that is scripted."""

    def __init__(self, model: ScriptedChatModel) -> None:
        super().__init__({})
        self._real = load_catalogue()
        self._model = model

    def get(self, name: str, *, node_id: str = "", flow_id: str = "") -> Node:
        return self._real.get(name, node_id=node_id, flow_id=flow_id)

    async def build(self, name: str, inputs: Mapping[str, Any], context: RunContext, *, node_id: str = "", credential_id: str = "") -> Any:
        assert name == "chatOpenAI"
        return self._model
