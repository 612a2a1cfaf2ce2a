from __future__ import annotations

from typing import Any

import pytest
from agentflow_steps import take_step

from flowisectl.engine.agentflow.step import StepResult
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpResponse, Reach
from flowisectl.testing import ScriptedHttp, run_context


def answer(body: bytes = b'{"ok": true}', status: int = 200, reason: str = "OK") -> HttpResponse:
    return HttpResponse(status=status, reason=reason, headers={"content-type": "application/json"}, body=body)


async def send(*script: Any, credential: Any = None, **inputs: Any) -> tuple[StepResult, HttpCall]:
    http = ScriptedHttp(*(script or (answer(),)))
    values = {"method": "GET", "url": "http://example.test/a", **inputs}
    result = await take_step("httpAgentflow", values, run_context(http=http), credential=credential)
    return result, http.calls[0]


async def test_an_answer_is_told_with_its_status_and_headers() -> None:
    result, call = await send(headers=[{"key": "x-a", "value": "1"}, {"key": "", "value": "2"}, {"key": "x-b", "value": ""}])

    http = result.output["http"]
    assert http == {"data": {"ok": True}, "status": 200, "statusText": "OK", "headers": {"content-type": "application/json"}}
    assert call.headers == {"accept": "application/json, text/plain, */*", "x-a": "1"}
    assert call.reach is Reach.PUBLIC
    assert list(result.input["http"]) == ["method", "url", "headers", "queryParams", "bodyType", "body", "responseType"]


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("http://example.test/a", "http://example.test/a?q=a+%26+b&n=5"),
        ("http://example.test/?x=1", "http://example.test/?x=1&q=a+%26+b&n=5"),
    ],
)
async def test_query_parameters_follow_the_address(url: str, full: str) -> None:
    _, call = await send(url=url, queryParams=[{"key": "q", "value": "a & b"}, {"key": "n", "value": 5}, {"key": "", "value": "z"}])

    assert call.url == full


@pytest.mark.parametrize(
    ("kind", "body", "sent", "media_type"),
    [
        ("json", '{"a": 1}', b'{"a":1}', "application/json"),
        ("json", "{a: 'x'}", b'{"a":"x"}', "application/json"),
        ("json", "[1, 2]", b"[1,2]", "application/json"),
        ("raw", "as it is", b"as it is", "application/x-www-form-urlencoded"),
        ("xWwwFormUrlencoded", '{"a": "x y", "b": [1, 2]}', b"a=x+y&b=1&b=2", "application/x-www-form-urlencoded"),
        ("xWwwFormUrlencoded", [{"key": "a", "value": "x"}], b"0=", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_is_sent_as_its_type_says(kind: str, body: Any, sent: bytes, media_type: str) -> None:
    _, call = await send(method="POST", bodyType=kind, body=body)

    assert (call.body, call.headers["content-type"]) == (sent, media_type)


async def test_the_author_s_content_type_wins_whatever_its_case() -> None:
    _, call = await send(method="POST", bodyType="raw", body="x", headers=[{"key": "Content-Type", "value": "text/plain"}])

    assert {name: value for name, value in call.headers.items() if name.lower() == "content-type"} == {"Content-Type": "text/plain"}


async def test_a_query_parameter_may_come_twice() -> None:
    _, call = await send(url="http://example.test", queryParams=[{"key": "tag", "value": "a"}, {"key": "tag", "value": "b*"}])

    assert call.url == "http://example.test?tag=a&tag=b*"


async def test_the_credential_wins_over_a_header_of_its_name() -> None:
    headers = [{"key": "authorization", "value": "Bearer written"}, {"key": "X-A", "value": "1"}]

    _, call = await send(url="http://example.test", headers=headers, credential={"token": "stored"})

    assert [value for name, value in call.headers.items() if name.lower() == "authorization"] == ["Bearer stored"]
    assert call.headers["X-A"] == "1"


async def test_form_data_is_sent_as_fields() -> None:
    rows = [{"key": "a", "value": "x"}, {"key": "tag", "value": "1"}, {"key": "tag", "value": "2"}]

    _, call = await send(method="POST", bodyType="formData", body=rows)

    assert (call.body, call.form) == (None, {"a": "x", "tag": ["1", "2"]})


async def test_a_get_has_no_body() -> None:
    _, call = await send(method="GET", bodyType="json", body='{"a": 1}')

    assert (call.body, call.form) == (None, None)


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"basicAuthUsername": "u", "basicAuthPassword": "p"}, ("authorization", "Basic dTpw")),
        ({"token": "t"}, ("authorization", "Bearer t")),
        ({"key": "x-key", "value": "k"}, ("x-key", "k")),
    ],
)
async def test_a_credential_becomes_a_header_that_the_trace_does_not_show(fields: dict[str, str], header: tuple[str, str]) -> None:
    result, call = await send(credential=fields)

    assert call.headers[header[0]] == header[1]
    assert header[1] not in str(result.input)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("json", {"ok": True}),
        ("", {"ok": True}),
        ("text", '{"ok": true}'),
        ("base64", "eyJvayI6IHRydWV9"),
        ("arraybuffer", {"type": "Buffer", "data": [*b'{"ok": true}']}),
    ],
)
async def test_the_data_has_the_type_that_was_asked_for(kind: str, data: Any) -> None:
    result, _ = await send(responseType=kind)

    assert result.output["http"]["data"] == data


async def test_an_answer_that_is_no_json_is_text() -> None:
    result, _ = await send(answer(b"plain"), responseType="json")

    assert result.output["http"]["data"] == "plain"


@pytest.mark.parametrize(("status", "reason"), [(302, "Found"), (404, "Not Found"), (503, "Service Unavailable")])
async def test_an_answer_of_any_status_is_the_node_s_output(status: int, reason: str) -> None:
    result, _ = await send(answer(b'{"message": "not today"}', status, reason))

    http = result.output["http"]
    assert (http["status"], http["statusText"], http["data"]) == (status, reason, {"message": "not today"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_call_without_the_body_that_it_might_have_is_an_empty_form(method: str) -> None:
    _, call = await send(method=method, bodyType="json", body="")

    assert (call.body, call.headers["content-type"]) == (None, "application/x-www-form-urlencoded")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_other_calls_without_a_body_have_no_type(method: str) -> None:
    _, call = await send(method=method)

    assert "content-type" not in call.headers


@pytest.mark.parametrize("body", ["no json", '{"a": "x "y""}', '{"a": 1'])
async def test_a_json_body_that_is_none_fails_the_node(body: str) -> None:
    with pytest.raises(InvalidFlow, match=r"Invalid JSON format in body.*httpAgentflow_0"):
        await send(method="POST", bodyType="json", body=body)


async def test_a_json_body_is_json_whatever_the_author_s_header_says() -> None:
    _, call = await send(method="POST", bodyType="json", body="[1]", headers=[{"key": "Content-Type", "value": "text/x"}])

    assert {name: value for name, value in call.headers.items() if name.lower() == "content-type"} == {"content-type": "application/json"}


async def test_a_denied_address_fails_the_node() -> None:
    with pytest.raises(HttpDenied):
        await send(HttpDenied("Access to this host is denied by policy."))


async def test_a_node_without_an_address_says_so() -> None:
    with pytest.raises(MissingInput, match=r"httpAgentflow_0.*has no URL"):
        await send(url=" ")
