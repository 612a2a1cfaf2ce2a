"""Generated requests for every route of the API's own description: whatever comes, no answer is an unexpected failure."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from quart.testing import QuartClient

from flowisectl.nodes.discovery import load_catalogue
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
REQUESTS = int(os.environ.get("FLOWISECTL_GENERATED_REQUESTS", "1200"))
UNEXPECTED = "the server's log has the cause"
LEFT_OUT = ("/api/v1/account/logout",)

ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "../../etc/passwd",
    "%2e%2e%2f",
    "{{x}}",
    "' OR 1=1 --",
    "\ud7ff",
    "😀" * 9,
    "a\r\nSet-Cookie: x=y",
    "null",
    "-1",
    "99999999999999999999",
    "[",
    '{"nodes":[]}',
    '{"nodes":[{"data":7}],"edges":{}}',
    "<script>",
    "http://169.254.169.254/",
    "2020-13-40",
]
texts = st.one_of(st.text(max_size=30), st.sampled_from(ODD_TEXTS))
ids = st.one_of(st.uuids().map(str), st.just("KNOWN"), texts)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


def of_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Mostly what the schema wants, sometimes anything."""
    return st.one_of(_of_schema(schema), values) if schema else values


def _of_schema(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of(*(_of_schema({"type": item}) for item in kind))
    if kind == "object":
        known = {name: of_schema(inner) for name, inner in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({}, optional=known).flatmap(lambda found: st.one_of(st.just(found), st.just({**found, "extra": 1})))
    if kind == "array":
        return st.lists(of_schema(schema.get("items", {})), max_size=3)
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        return st.integers(-5, 2**40)
    return ids if schema.get("format") == "uuid" else texts


@st.composite
def requests(draw: st.DrawFn, operations: list[tuple[str, str, dict[str, Any]]]) -> tuple[str, str, dict[str, Any], Any, bytes | None]:
    path, method, operation = draw(st.sampled_from(operations))
    query = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            given_value = draw(ids if parameter["schema"].get("format") == "uuid" else texts)
            path = path.replace("{" + parameter["name"] + "}", quote(str(given_value).encode("utf-8", "replace"), safe="") or "x")
        elif draw(st.booleans()):
            query[parameter["name"]] = str(draw(of_schema(parameter["schema"])))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = draw(of_schema(content["schema"])) if content else None
    raw = draw(st.one_of(st.none(), st.none(), st.none(), st.binary(max_size=40))) if content else None
    return method, path, query, body, raw


@pytest.mark.slow
async def test_no_generated_request_fails_unexpectedly(
    services: WebServices, admin: QuartClient, make_flow: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(replace(services, catalogue=load_catalogue()))
    client = QuartClient(app)
    client.cookie_jar = admin.cookie_jar
    known = [
        (await make_flow(isPublic=True))["id"],
        (await make_flow(type="AGENTFLOW", flowData='{"nodes":[],"edges":[]}'))["id"],
        (await make_flow(flowData='{"nodes":[{"id":"a","data":{"name":"x","inputs":7,"inputParams":"y"}}]}'))["id"],
    ]
    description = await (await client.get("/api/v1/openapi.json")).get_json()
    operations = [
        (path, method.upper(), operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if path not in LEFT_OUT
    ]
    failures: list[str] = []
    counts: dict[int, int] = {}
    loop = asyncio.get_running_loop()

    async def send(method: str, path: str, query: dict[str, Any], body: Any, raw: bytes | None) -> None:
        path = path.replace("KNOWN", known[len(path) % len(known)])
        data = raw if raw is not None else (json.dumps(body).encode("utf-8", "surrogatepass") if body is not None else b"")
        if isinstance(body, (dict, list)) and raw is None:
            data = data.replace(b"KNOWN", known[0].encode())
        headers = {**INTERNAL, "Content-Type": "application/json"}
        async with asyncio.timeout(20):
            answer = await client.open(path, method=method, query_string=query, data=data, headers=headers)
            text = (await answer.get_data())[:100_000].decode("utf-8", "replace")
        counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
        if UNEXPECTED in text or "Traceback" in text:
            failures.append(f"{method} {path} {query} {data[:300]!r} → {answer.status_code} {text[:300]}")

    def run(request: tuple[str, str, dict[str, Any], Any, bytes | None]) -> None:
        asyncio.run_coroutine_threadsafe(send(*request), loop).result(30)

    @settings(
        max_examples=REQUESTS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests(operations))
    def all_requests(request: tuple[str, str, dict[str, Any], Any, bytes | None]) -> None:
        run(request)

    with caplog.at_level(logging.ERROR):
        await asyncio.to_thread(all_requests)

    assert sum(counts.values()) >= REQUESTS * 0.9 and counts.get(200, 0) > 50, counts
    assert failures == [], "\n".join(failures[:5])
    assert str(uuid.UUID(known[0])) == known[0]
