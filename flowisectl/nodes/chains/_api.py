"""What the chains share that call an HTTP API."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.service_inputs import headers_of
from flowisectl.errors import FlowError
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed
from flowisectl.interfaces.url_text import shown
from flowisectl.llm.api_answers import ApiChain


def api_chain(method: str, inputs: NodeInputs, context: RunContext, *, call_prompt: str, answer_prompt: str) -> ApiChain:
    """A chain whose model chooses the address: the whole deny list holds."""
    headers = headers_of(inputs, "headers")

    async def send(url: str, body: Any) -> str:
        data = None if body is None else orjson.dumps(body)
        sent = headers if data is None else {"content-type": "application/json", **headers}
        try:
            response = await context.http.request(HttpCall(method=method, url=url, headers=sent, body=data))
        except (HttpFailed, HttpDenied) as error:
            raise FlowError(f"{shown(url)}: {error}") from error
        return response.text

    return ApiChain(
        model=inputs.require("model"),
        documentation=inputs.text("apiDocs"),
        call_prompt=inputs.wording("urlPrompt", call_prompt),
        answer_prompt=inputs.wording("ansPrompt", answer_prompt),
        with_body=method == "POST",
        send=send,
    )
