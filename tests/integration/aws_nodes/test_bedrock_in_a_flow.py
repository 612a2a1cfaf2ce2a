"""A chatflow whose agent's model and memory lie at AWS: Bedrock from a script, DynamoDB as a server."""

from __future__ import annotations

import struct
import uuid
from collections.abc import AsyncIterator
from typing import Any
from zlib import crc32

import orjson
import pytest
from aiohttp import web

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.run import run_flow
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryCredentials, RecordingEventSink, run_context

REGION = "eu-west-1"


def framed(kind: str, data: Any) -> bytes:
    """One message of Bedrock's stream."""
    headers = b""
    for name, value in ((":message-type", "event"), (":event-type", kind)):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    payload = orjson.dumps(data)
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def delta(value: dict[str, Any], index: int = 0) -> bytes:
    return framed("contentBlockDelta", {"delta": value, "contentBlockIndex": index})


CALL = [
    framed("contentBlockStart", {"start": {"toolUse": {"toolUseId": "t1", "name": "calculator"}}, "contentBlockIndex": 0}),
    delta({"toolUse": {"input": '{"input": "6 '}}),
    delta({"toolUse": {"input": '* 7"}'}}),
    framed("messageStop", {"stopReason": "tool_use"}),
    framed("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}),
]
ANSWER = [
    delta({"text": "It is "}),
    delta({"text": "42"}),
    framed("messageStop", {"stopReason": "end_turn"}),
    framed("metadata", {"usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}}),
]


class Bedrock:
    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Any] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(orjson.loads(await request.read()))
        response = web.StreamResponse(headers={"content-type": "application/vnd.amazon.eventstream"})
        await response.prepare(request)
        for piece in (CALL, ANSWER)[len(self.asked) - 1]:
            await response.write(piece)
        return response


@pytest.fixture
async def bedrock() -> AsyncIterator[Bedrock]:
    server = Bedrock()
    app = web.Application()
    app.router.add_post("/{tail:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def node(node_id: str, name: str, category: str, credential: str = "", **inputs: Any) -> dict[str, Any]:
    params = [{"name": key, "type": "string"} for key in inputs]
    data = {"id": node_id, "name": name, "label": name, "category": category, "inputs": inputs, "inputParams": params, "outputs": {}}
    return {"id": node_id, "data": {**data, "credential": credential}}


def edge(source: str, target: str) -> dict[str, str]:
    ends = {"sourceHandle": f"{source}-output-any-Any", "targetHandle": target}
    return {"id": f"{source}-{target}", "source": source, "target": target, **ends}


async def test_an_agent_calls_its_tool_streams_its_answer_and_remembers(aws: Any, http: HttpClient, bedrock: Bedrock) -> None:
    table = f"t{uuid.uuid4().hex}"
    aws.client("dynamodb").create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    nodes = [
        node("model_0", "awsChatBedrock", "Chat Models", "c-1", region=REGION, endpointHost=bedrock.url, streaming=True),
        node(
            "memory_0", "DynamoDBChatMemory", "Memory", "c-2", region=REGION, tableName=table, partitionKey="id", memoryKey="chat_history"
        ),
        node("tool_0", "calculator", "Tools"),
        node(
            "agent_0",
            "toolAgent",
            "Agents",
            model="{{model_0.data.instance}}",
            memory="{{memory_0.data.instance}}",
            tools=["{{tool_0.data.instance}}"],
        ),
    ]
    edges = [edge(source, "agent_0") for source in ("model_0", "memory_0", "tool_0")]
    flow = parse_flow({"nodes": nodes, "edges": edges}, id="f-1", kind="CHATFLOW")
    memory_keys = {"accessKey": "AKIAEXAMPLE", "secretAccessKey": "very-secret-access-key"}
    sink = RecordingEventSink()
    context = run_context(
        question="What is 6 times 7?",
        http=http,
        events=sink,
        session_id="s-1",
        is_streaming=True,
        credentials=InMemoryCredentials({"c-1": aws.credential, "c-2": memory_keys}),
    )

    result = await run_flow(flow, context, load_catalogue())

    assert result.text == sink.text() == "It is 42"
    second = bedrock.asked[1]["messages"]
    assert second[-1]["content"] == [{"toolResult": {"toolUseId": "t1", "content": [{"text": "42"}]}}]
    item = aws.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "s-1"}})["Item"]
    assert [row["M"]["text"]["S"] for row in item["messages"]["L"]] == ["What is 6 times 7?", "It is 42"]
