from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
JSON = {"Content-Type": "application/json"}
WRONG: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "text", "a\x00b", "\ud800", [], [1], [[]], {}, {"a": {"b": []}}, "x" * 70_000]
BROKEN = [b"{not json", b"{", b'{"a":}', b"[1,", b"5", b'"text"', b"nul", b"NaN", b'{"a":NaN}', b"\xff\xfe", b"[" * 5000, b'{"a":1}x']
ID = "00000000-0000-4000-8000-000000000000"
WRITES = [
    ("POST", "chatflows", ("name", "flowData", "type", "deployed", "isPublic", "apikeyid", "chatbotConfig", "apiConfig", "category")),
    ("POST", "variables", ("name", "value", "type")),
    ("POST", "tools", ("name", "description", "color", "iconSrc", "schema", "func")),
    ("POST", "credentials", ("id", "name", "credentialName", "plainDataObj")),
    ("POST", "apikey", ("keyName", "permissions")),
    ("DELETE", "executions", ("executionIds",)),
    ("PUT", f"executions/{ID}", ("isPublic", "state", "action")),
    ("POST", "feedback", ("messageId", "rating", "chatId", "chatflowid", "content")),
    ("PUT", f"feedback/{ID}", ("rating", "content")),
    ("POST", "leads", ("chatflowid", "chatId", "name", "email", "phone")),
    ("PATCH", "upsert-history", ("ids",)),
    ("POST", "auth/login", ("email", "password")),
    ("POST", "account/register", ("user",)),
]
GOOD: dict[str, Any] = {
    "flowData": '{"nodes":[],"edges":[]}',
    "type": "CHATFLOW",
    "name": "n",
    "value": "v",
    "description": "d",
    "credentialName": "openAIApi",
    "keyName": "k",
    "permissions": ["tools:view"],
    "email": "ada@example.com",
    "password": "x",
    "messageId": ID,
    "rating": "THUMBS_UP",
}


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("route", ["prediction/{flow}", "leads", "feedback", "auth/login"])
async def test_json_that_is_none_is_a_400(anybody: QuartClient, make_flow: MakeFlow, body: bytes, route: str) -> None:
    flow = await make_flow()

    answer = await anybody.post(f"/api/v1/{route.format(flow=flow['id'])}", data=body, headers=JSON)

    assert answer.status_code == 400
    assert (await answer.get_json())["message"].startswith("The request body is not valid JSON")


@pytest.mark.parametrize(
    "field",
    [
        "question",
        "overrideConfig",
        "chatId",
        "sessionId",
        "history",
        "uploads",
        "streaming",
        "leadEmail",
        "action",
        "humanInput",
        "form",
        "stopNodeId",
        "unknown",
    ],
)
async def test_no_value_of_a_predictions_field_breaks_the_server(anybody: QuartClient, make_flow: MakeFlow, field: str) -> None:
    flow = await make_flow()

    statuses = {}
    for value in WRONG:
        answer = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=json.dumps({"question": "x", field: value}), headers=JSON)
        statuses[repr(value)[:40]] = answer.status_code

    assert set(statuses.values()) <= {200, 400}, statuses


@pytest.mark.parametrize(("method", "route", "fields"), WRITES)
async def test_no_value_of_a_field_breaks_the_server(
    anybody: QuartClient, key: dict[str, str], method: str, route: str, fields: tuple[str, ...]
) -> None:
    headers = {**JSON} if route.startswith(("auth", "account")) else {**JSON, **key}
    base = {name: GOOD[name] for name in fields if name in GOOD}

    broken = []
    for field in fields:
        for value in WRONG:
            answer = await anybody.open(f"/api/v1/{route}", method=method, data=json.dumps({**base, field: value}), headers=headers)
            told = await answer.get_data(as_text=True)
            if answer.status_code >= 500 and "not found" not in told:
                broken.append((field, repr(value)[:40], answer.status_code, told[:200]))

    assert broken == []


@pytest.mark.parametrize("query", ["page=x&limit=y", "page=99999999999999999999&limit=5", "page=1&limit=0", "page=1.5&limit=2", "type=%00"])
@pytest.mark.parametrize("route", ["chatflows", "variables", "tools", "apikey", "executions"])
async def test_odd_pages_are_no_reason_to_fail(anybody: QuartClient, key: dict[str, str], route: str, query: str) -> None:
    answer = await anybody.get(f"/api/v1/{route}?{query}", headers=key)

    assert answer.status_code == 200


@pytest.mark.parametrize("route", ["chatflows", "variables", "tools", "apikey"])
async def test_a_negative_page_is_a_412(anybody: QuartClient, key: dict[str, str], route: str) -> None:
    answers = [await anybody.get(f"/api/v1/{route}?{query}", headers=key) for query in ("page=-1&limit=2", "page=1&limit=-2")]

    assert [answer.status_code for answer in answers] == [412, 412]


async def test_a_date_that_is_none_is_a_400(anybody: QuartClient, key: dict[str, str], make_flow: MakeFlow) -> None:
    flow = await make_flow()

    answers = [
        await anybody.get(f"/api/v1/{route}", headers=key)
        for route in (
            f"chatmessage/{flow['id']}?startDate=soon",
            "executions?endDate=2026-13-40",
            f"upsert-history/{flow['id']}?startDate=%00",
        )
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


@pytest.mark.parametrize("wrong", ["x", "%00", "..%2f..", "a" * 5000, "00000000-0000-4000-8000-00000000000g", "%F0%9F%98%80", "%ff"])
@pytest.mark.parametrize(
    "route",
    [
        "chatflows/{}",
        "chatmessage/{}",
        "executions/{}",
        "variables/{}",
        "tools/{}",
        "credentials/{}",
        "apikey/{}",
        "public-chatflows/{}",
        "public-chatbotConfig/{}",
        "chatflows-streaming/{}",
        "chatflows-uploads/{}",
        "public-executions/{}",
        "feedback/{}",
        "leads/{}",
        "upsert-history/{}",
        "nodes/{}",
        "verify/apikey/{}",
        "chatflows/apikey/{}",
    ],
)
async def test_an_id_that_is_none_never_breaks_the_server(anybody: QuartClient, key: dict[str, str], route: str, wrong: str) -> None:
    answer = await anybody.get(f"/api/v1/{route.format(wrong)}", headers=key)

    told = await answer.get_data(as_text=True)
    known = any(text in told for text in ("not found", "Unauthorized access", "Invalid Chatflow ID"))
    assert answer.status_code in (200, 400, 401, 404) or known, (answer.status_code, told)
    assert "Internal Server Error" not in told


async def test_a_body_of_60_mb_is_a_413(make_app: Callable[..., Quart], make_flow: MakeFlow) -> None:
    flow = await make_flow()
    client = make_app(file_size_limit=50 * 1024 * 1024).test_client()

    answer = await client.post(f"/api/v1/prediction/{flow['id']}", data=b'{"question":"' + b"x" * 60_000_000 + b'"}', headers=JSON)

    assert answer.status_code == 413
    assert await answer.get_json() == {"statusCode": 413, "success": False, "message": "request entity too large", "stack": {}}


async def test_a_body_that_grows_beyond_the_limit_when_unpacked_is_a_413(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    bomb = gzip.compress(b'{"question":"' + b"x" * 3_000_000 + b'"}')
    small = gzip.compress(b'{"question":"packed"}')

    over = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    good = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=small, headers={**JSON, "Content-Encoding": "gzip"})
    cut = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=small[:-9], headers={**JSON, "Content-Encoding": "gzip"})
    unknown = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=small, headers={**JSON, "Content-Encoding": "x-own"})

    assert [over.status_code, good.status_code, cut.status_code, unknown.status_code] == [413, 200, 400, 415]
    assert submitter.requests[0].body == {"question": "packed"}


async def test_bodies_in_other_charsets_are_read_or_refused(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    body = {"question": "größe"}

    wide = await anybody.post(
        f"/api/v1/prediction/{flow['id']}",
        data=json.dumps(body).encode("utf-16"),
        headers={"Content-Type": "application/json; charset=utf-16"},
    )
    other = await anybody.post(
        f"/api/v1/prediction/{flow['id']}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json; charset=x-own"}
    )

    assert (wide.status_code, other.status_code) == (200, 415)
    assert submitter.requests[0].body == body


async def test_a_byte_order_mark_before_the_json_is_read_over(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()

    data, headers = b"\xef\xbb\xbf" + b'{"question":"x"}', {"Content-Type": "application/json"}
    answer = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=data, headers=headers)

    assert answer.status_code == 200 and submitter.requests[0].body == {"question": "x"}


async def test_a_form_with_a_thousand_and_one_fields_is_a_413(anybody: QuartClient, make_flow: MakeFlow) -> None:
    flow = await make_flow()
    body = "&".join(f"f{number}=1" for number in range(1001)).encode()

    answer = await anybody.post(
        f"/api/v1/prediction/{flow['id']}", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == 413


async def test_a_multipart_form_without_a_boundary_or_with_a_foreign_field_is_a_400(anybody: QuartClient, make_flow: MakeFlow) -> None:
    from io import BytesIO

    from quart.datastructures import FileStorage

    flow = await make_flow()
    file = FileStorage(BytesIO(b"x"), filename="a.txt", content_type="text/plain")

    bare = await anybody.post(f"/api/v1/prediction/{flow['id']}", data=b"junk", headers={"Content-Type": "multipart/form-data"})
    foreign = await anybody.post(f"/api/v1/prediction/{flow['id']}", form={"question": "x"}, files={"other": file})
    vars_ = await anybody.post(f"/api/v1/prediction/{flow['id']}", form={"vars": "{broken"}, files={"files": file})

    assert [bare.status_code, foreign.status_code, vars_.status_code] == [400, 400, 400]
