from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart
from quart.testing import QuartClient

ORIGIN = "https://site.example"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]


async def test_an_allowed_preflight_is_a_204_with_every_header(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()

    answer = await anybody.options(f"/api/v1/prediction/{flow['id']}", headers=PREFLIGHT)

    assert (answer.status_code, await answer.get_data(as_text=False)) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
    assert answer.headers["Vary"] == "Origin, Access-Control-Request-Headers"
    assert answer.headers["Content-Length"] == "0"


async def test_a_refused_preflight_meets_the_gate(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow(chatbotConfig=json.dumps({"allowedOrigins": ["https://other.example"]}))

    public = await anybody.options(f"/api/v1/prediction/{flow['id']}", headers=PREFLIGHT)
    private = await anybody.options("/api/v1/chatflows", headers=PREFLIGHT)

    assert private.status_code == 401
    assert not [name for name in (*public.headers.keys(), *private.headers.keys()) if name.lower().startswith("access-control")]


async def test_a_refused_origin_is_still_served_but_cannot_read(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()

    answer = await anybody.post("/api/v1/leads", json={"chatflowid": flow["id"]}, headers={"Origin": ORIGIN})

    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_listed_origins_get_headers_on_answers_and_on_errors(make_app: Callable[..., Quart]) -> None:
    client = make_app(cors_origins=ORIGIN, cors_allow_credentials=True).test_client()

    answers = [await client.get(route, headers={"Origin": ORIGIN}) for route in ("/api/v1/ping", "/api/v1/chatflows")]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert all(answer.headers["Access-Control-Allow-Origin"] == ORIGIN for answer in answers)
    assert all(answer.headers["Access-Control-Allow-Credentials"] == "true" for answer in answers)


async def test_an_unknown_flow_has_no_list_of_its_own(anybody: QuartClient) -> None:
    route = "/api/v1/chatflows-streaming/00000000-0000-4000-8000-000000000000"

    answer = await anybody.get(route, headers={"Origin": ORIGIN})

    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_options_without_an_origin_are_answered_before_the_gate(anybody: QuartClient) -> None:
    for route in ("/api/v1/chatflows", "/api/v1/prediction/00000000-0000-4000-8000-000000000000"):
        answer = await anybody.options(route, headers={"Access-Control-Request-Headers": "a,b"})

        assert (answer.status_code, await answer.get_data(as_text=False)) == (204, b"")
        assert answer.headers["Access-Control-Allow-Methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
        assert answer.headers["Access-Control-Allow-Headers"] == "a,b"
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_answers_to_requests_without_an_origin_tell_caches_that_it_counts(anybody: QuartClient) -> None:
    answers = [await anybody.get(route) for route in ("/api/v1/ping", "/api/v1/chatflows")]

    assert [(answer.status_code, answer.headers["Vary"]) for answer in answers] == [(200, "Origin"), (401, "Origin")]
