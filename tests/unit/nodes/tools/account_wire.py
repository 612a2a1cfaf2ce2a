"""Builds a node's tools against a script of answers, and reads what they asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.testing import ScriptedHttp, run_context

SECRET = "tk-very-secret"
LOGIN = {"access_token": SECRET}


def answer(body: Any = None, status: int = 200) -> HttpResponse:
    data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=data)


async def build(node: Node, *script: Any, credential: Any = LOGIN, context: Any = None, **inputs: Any) -> tuple[list[Any], ScriptedHttp]:
    http = ScriptedHttp(*script)
    values = NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential)
    built = await node.build(values, run_context(http=http, **(context or {})))
    return built if isinstance(built, list) else [built], http


def sent(call: HttpCall) -> Any:
    return orjson.loads(call.body or b"null")


def place_of(call: HttpCall) -> tuple[str, str]:
    return call.method, urlsplit(call.url).path


def query_of(call: HttpCall) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call.url).query)
