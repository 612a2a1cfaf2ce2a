"""Flows that a flow asks: in this process, or on another server over its prediction API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.errors import FlowError, FlowNotFound
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach
from flowisectl.interfaces.url_text import shown


class FlowAnswer(NamedTuple):
    """What a flow of another server answered."""

    status: int
    data: Any
    """The answer's JSON, or its text when it is none."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


async def answer_of_flow(
    flow_id: str, request: RunRequest, context: RunContext, *, chat_id: str, base_url: str = "", api_key: str = ""
) -> Mapping[str, Any]:
    """The response of a flow of this server or, when it has none of this id, of the server at `base_url`.

    An address may as well be another one of this very server: the flow is looked for here first, and needs no second worker then.
    Raises FlowNotFound, FlowError and what the flow raises.
    """
    try:
        return await context.flows.run(flow_id, request, context, chat_id=chat_id, api_key=api_key)
    except FlowNotFound:
        if not base_url or base_url.rstrip("/") == context.base_url.rstrip("/"):
            raise
    try:
        answer = await ask_flow(
            context.http,
            base_url,
            flow_id,
            question=request.question,
            chat_id=chat_id,
            overrides=request.override_config,
            api_key=api_key,
        )
    except (HttpDenied, HttpFailed) as error:
        raise FlowError(f"flow {flow_id} at {shown(base_url)} cannot be asked: {error}") from error
    if not answer.is_success or not isinstance(answer.data, Mapping):
        raise FlowError(f"flow {flow_id} at {shown(base_url)} answered {answer.status}: {str(answer.data)[:500]}")
    return answer.data


async def ask_flow(
    http: HttpClient, base_url: str, flow_id: str, *, question: str, chat_id: str, overrides: Mapping[str, Any], api_key: str = ""
) -> FlowAnswer:
    """What a flow of another server answers, whatever the status. Raises HttpDenied, HttpFailed."""
    # The header says that a flow asks, not a person.
    headers = {"content-type": "application/json", "flowise-tool": "true"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    body = orjson.dumps({"question": question, "chatId": chat_id, "overrideConfig": dict(overrides)})
    url = f"{base_url.rstrip('/')}/api/v1/prediction/{quote(flow_id, safe='')}"
    response = await http.request(HttpCall(method="POST", url=url, headers=headers, body=body, reach=Reach.ENDPOINT))
    try:
        data = orjson.loads(response.body)
    except ValueError:
        data = response.text
    return FlowAnswer(response.status, data)
