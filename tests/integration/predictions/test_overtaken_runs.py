"""Two runs of one job that both believe they count: the database keeps the rows of the newer one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from flowisectl.database.attempt import Fence
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.chat_message import session_messages
from flowisectl.engine.events import NoEvents
from flowisectl.errors import RunStopped
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.attempt import OnlyAttempt, begin_attempt
from flowisectl.runs.context import RunServices
from flowisectl.testing import NullTrace

MESSAGE = "33333333-3333-4333-8333-333333333333"


class SureAttempt(OnlyAttempt):
    """Nothing has told it that it was overtaken."""

    def __init__(self, run: int) -> None:
        self.fence = Fence(MESSAGE, run)


def agent_flow(code: str) -> str:
    shared = {"category": "Agent Flows", "inputParams": [], "outputs": {}}
    start = {"id": "startAgentflow_0", "name": "startAgentflow", "label": "Start", "inputs": {"startInputType": "chatInput"}, **shared}
    inputs = {"customFunctionJavascriptFunction": code}
    function = {"id": "customFunctionAgentflow_0", "name": "customFunctionAgentflow", "label": "Function", "inputs": inputs, **shared}
    edge = {"id": "e", "source": start["id"], "target": function["id"], "sourceHandle": "", "targetHandle": function["id"]}
    return orjson.dumps({"nodes": [{"id": data["id"], "data": data} for data in (start, function)], "edges": [edge]}).decode()


def request_for(row: dict[str, Any], question: str) -> PredictionRequest:
    return PredictionRequest(
        flow_id=row["id"], flow_version="", chat_id="chat", message_id=MESSAGE, body={"question": question}, accepted_ms=1_790_000_000_000
    )


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_rows_are_those_of_the_newer_run_whichever_ends_first(services: RunServices, order: tuple[int, int]) -> None:
    row = await insert_flow(
        services.database, {"name": "a", "flowData": agent_flow("return 'said to ' + $flow.input"), "type": "AGENTFLOW"}
    )
    runner, old, new = PredictionRunner(services), SureAttempt(1), SureAttempt(2)
    await begin_attempt(services.database, new)

    for run in order:
        attempt = new if run == 2 else old
        assert (await runner.run(request_for(row, f"run {run}"), NoEvents(), NullTrace(), attempt)).is_ok

    found = await session_messages(services.database, row["id"], "chat")
    executions = await services.database.fetch(sa.text("select state, executionData as data from execution"))
    assert [message["content"] for message in found] == ["run 2", "said to run 2"]
    assert [trace["state"] for trace in executions] == ["FINISHED"]
    assert "said to run 2" in executions[0]["data"] and "run 1" not in executions[0]["data"]


async def test_answer_that_a_lost_run_had_stored_is_replaced_by_the_one_that_is_given(services: RunServices) -> None:
    row = await insert_flow(
        services.database, {"name": "a", "flowData": agent_flow("return 'said to ' + $flow.input"), "type": "AGENTFLOW"}
    )
    runner = PredictionRunner(services)

    await runner.run(request_for(row, "run 1"), NoEvents(), NullTrace(), SureAttempt(1))
    result = await runner.run(request_for(row, "run 2"), NoEvents(), NullTrace(), SureAttempt(2))

    found = await session_messages(services.database, row["id"], "chat")
    assert orjson.loads(result.body)["text"] == found[1]["content"] == "said to run 2"
    assert len(found) == 2


async def test_beginning_of_an_answer_is_not_kept_for_an_overtaken_run(services: RunServices) -> None:
    data = {"id": "customFunction_0", "name": "customFunction", "label": "F", "category": "Utilities", "inputParams": []}
    inputs = {"functionInputVariables": "", "javascriptFunction": "return 'never'"}
    flow = {"nodes": [{"id": data["id"], "data": {**data, "inputs": inputs, "outputs": {"output": "EndingNode"}}}], "edges": []}
    row = await insert_flow(services.database, {"name": "c", "flowData": orjson.dumps(flow).decode(), "type": "CHATFLOW"})
    runner = PredictionRunner(services)
    await begin_attempt(services.database, SureAttempt(2))

    await runner.stopped(request_for(row, "q"), NoEvents(), RunStopped(), "the begin", SureAttempt(1))
    none = await session_messages(services.database, row["id"], "chat")
    await runner.stopped(request_for(row, "q"), NoEvents(), RunStopped(), "the begin", SureAttempt(2))

    assert none == []
    assert len(await session_messages(services.database, row["id"], "chat")) == 2
