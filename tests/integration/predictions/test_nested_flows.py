"""Flows that run other flows, with a real database and no queue."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from flowisectl.database.api_key import insert_api_key
from flowisectl.database.chat_flow import insert_flow, update_flow
from flowisectl.database.chat_message import session_messages
from flowisectl.database.connection import Database
from flowisectl.engine.context import RunRequest
from flowisectl.errors import AccessDenied
from flowisectl.predictions.local import LocalSubmitter
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.runner import MAX_DEPTH, NestedFlows, PredictionRunner
from flowisectl.runs.context import RunServices
from flowisectl.secrets.api_keys import make_api_key
from flowisectl.testing import run_context


def agentflow(name: str, inputs: dict[str, Any]) -> str:
    """Start and one node behind it."""
    parts = [("startAgentflow", {"startInputType": "chatInput"}), (name, inputs)]
    nodes = [
        {
            "id": f"{kind}_0",
            "data": {
                "id": f"{kind}_0",
                "name": kind,
                "label": kind,
                "category": "Agent Flows",
                "inputs": given,
                "inputParams": [{"name": key, "acceptVariable": True} for key in given],
            },
        }
        for kind, given in parts
    ]
    edge = {"id": "e", "source": "startAgentflow_0", "target": f"{name}_0", "sourceHandle": "o", "targetHandle": f"{name}_0"}
    return orjson.dumps({"nodes": nodes, "edges": [edge]}).decode()


def calls(flow_id: str, question: str) -> str:
    return agentflow("executeFlowAgentflow", {"executeFlowSelectedFlow": flow_id, "executeFlowInput": question})


async def store(database: Database, flow_data: str) -> str:
    return str((await insert_flow(database, {"name": "f", "flowData": flow_data, "type": "AGENTFLOW"}))["id"])


async def ask(services: RunServices, flow_id: str) -> PredictionResult:
    request = PredictionRequest(
        flow_id=flow_id,
        flow_version="",
        chat_id="chat",
        message_id="22222222-2222-4222-8222-222222222222",
        body={"question": "hi"},
        accepted_ms=1_763_900_000_123,
    )
    return await (await LocalSubmitter(PredictionRunner(services), job_timeout_seconds=30).submit(request)).result()


async def test_flows_in_flows_answer_through_all_of_them_and_each_keeps_its_own_messages(services: RunServices) -> None:
    inner = await store(services.database, agentflow("directReplyAgentflow", {"directReplyMessage": "said {{ question }}"}))
    middle = await store(services.database, calls(inner, "inner {{ question }}"))
    outer = await store(services.database, calls(middle, "middle {{ question }}"))

    result = await ask(services, outer)

    assert orjson.loads(result.body)["text"] == "said inner middle hi"
    asked = [(await session_messages(services.database, flow_id, "chat"))[0]["content"] for flow_id in (outer, middle, inner)]
    assert asked == ["hi", "middle hi", "inner middle hi"]


async def test_the_error_of_an_inner_flow_is_its_answer_and_stays_in_its_own_execution(services: RunServices) -> None:
    inner = await store(services.database, agentflow("httpAgentflow", {"method": "GET", "url": ""}))
    outer = await store(services.database, calls(inner, "Q"))

    result = await ask(services, outer)

    told = orjson.loads(orjson.loads(result.body)["text"])
    assert (told["statusCode"], told["success"], told["stack"]) == (500, False, {})
    assert told["message"].startswith("Error: predictionsServices.buildChatflow - ")
    rows = await services.database.fetch(sa.text('select "agentflowId", state from execution'))
    states = {row["agentflowId"]: row["state"] for row in rows}
    assert states == {inner: "ERROR", outer: "FINISHED"}


async def test_an_array_that_an_inner_flow_answers_with_is_shown_as_it_is(services: RunServices) -> None:
    data = {"id": "customFunction_0", "name": "customFunction", "label": "F", "category": "Utilities", "outputs": {"output": "EndingNode"},
            "inputs": {"javascriptFunction": "return [1]"}}  # fmt: skip
    function = orjson.dumps({"nodes": [{"id": "customFunction_0", "data": data}], "edges": []}).decode()
    inner = (await insert_flow(services.database, {"name": "f", "flowData": function, "type": "CHATFLOW"}))["id"]
    outer = await store(services.database, calls(inner, "Q"))

    assert orjson.loads((await ask(services, outer)).body)["text"] == "[\n  1\n]"


async def test_flows_that_call_each_other_in_a_circle_end_with_an_error_that_says_so(services: RunServices) -> None:
    first = await store(services.database, calls("to be changed", "again"))
    second = await store(services.database, calls(first, "again"))
    await update_flow(services.database, first, {"flowData": calls(second, "again")})

    result = await ask(services, first)

    assert "call each other in a circle" in result.error
    assert len(await services.database.fetch(sa.text("select id from execution"))) == MAX_DEPTH + 1


@pytest.mark.parametrize("given", ["right", "wrong", "none"])
async def test_a_flow_that_is_bound_to_a_key_runs_for_another_flow_only_with_that_key(services: RunServices, given: str) -> None:
    right, wrong = make_api_key(), make_api_key()
    for made, name in ((right, "right"), (wrong, "wrong")):
        row = await insert_api_key(services.database, {"keyName": name, "apiKey": made.key, "apiSecret": made.secret, "permissions": "[]"})
        if made is right:
            key_id = row["id"]
    inner = await store(services.database, agentflow("directReplyAgentflow", {"directReplyMessage": "secret"}))
    await update_flow(services.database, inner, {"apikeyid": key_id})
    outer = await store(services.database, calls(inner, "Q"))
    keys = {"right": right.key, "wrong": wrong.key, "none": ""}
    context = run_context(question="Q")

    runner = PredictionRunner(services)
    run = NestedFlows(services, runner).run(inner, RunRequest(question="Q"), context, chat_id="chat", api_key=keys[given])

    if given == "right":
        assert (await run)["text"] == "secret"
    else:
        with pytest.raises(AccessDenied, match=f"flow {inner} is bound to an API key"):
            await run
    assert "bound to an API key" in (await ask(services, outer)).error
