from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from agentflow_steps import take_step

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.errors import (
    AccessDenied,
    FlowCircle,
    FlowError,
    FlowNotFound,
    MissingInput,
    NodeError,
    RedisUnavailable,
    RunStopped,
)
from flowisectl.interfaces.http import HttpResponse, Reach
from flowisectl.testing import InMemoryFlows, ScriptedHttp, run_context

INPUTS = {"executeFlowSelectedFlow": "other", "executeFlowInput": "sub question"}


async def test_the_other_flow_answers_in_this_chat() -> None:
    flows = InMemoryFlows({"other": {"text": "sub answer", "chatId": "chat-1"}})
    context = run_context(question="Q", flows=flows)
    inputs = {**INPUTS, "executeFlowOverrideConfig": '{"a": 1}', "executeFlowUpdateState": [{"key": "k", "value": "{{ output }}"}]}

    result = await take_step("executeFlowAgentflow", inputs, context, credential={"chatflowApiKey": "key"})

    flow_id, request, chat_id, api_key = flows.calls[0]
    assert (flow_id, request.question, request.override_config, chat_id, api_key) == ("other", "sub question", {"a": 1}, "chat-1", "key")
    assert result.output == {"content": "sub answer"}
    assert result.input == {"messages": [{"role": "user", "content": "sub question"}]}
    assert result.chat_history == [
        {"role": "user", "content": "sub question"},
        {"role": "user", "content": "sub answer", "name": "execute_flow"},
    ]
    assert result.state == {"k": "sub answer"}
    assert context.events.text() == "sub answer"  # type: ignore[attr-defined]


async def test_what_comes_with_the_answer_is_handed_on() -> None:
    extras = {"sourceDocuments": [{"pageContent": "p", "metadata": {}}], "usedTools": [{"tool": "t"}], "artifacts": []}
    context = run_context(flows=InMemoryFlows({"other": {"text": "a", **extras}}))

    result = await take_step("executeFlowAgentflow", INPUTS, context)

    assert result.output == {"content": "a", "sourceDocuments": extras["sourceDocuments"], "usedTools": extras["usedTools"]}
    assert context.events.kinds() == ["token", "sourceDocuments", "usedTools"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("body", "content"), [({"json": {"a": 1}}, '```json\n{\n  "a": 1\n}\n```'), ({"other": 1}, '{\n  "other": 1\n}')])
async def test_an_answer_without_text_is_shown_as_data(body: dict[str, Any], content: str) -> None:
    result = await take_step("executeFlowAgentflow", INPUTS, run_context(flows=InMemoryFlows({"other": body})))

    assert result.output == {"content": content}


async def test_another_server_is_asked_over_http() -> None:
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=b'{"text": "far"}'))
    inputs = {**INPUTS, "executeFlowBaseURL": "http://elsewhere:3000/"}

    result = await take_step("executeFlowAgentflow", inputs, run_context(http=http), credential={"chatflowApiKey": "key"})

    call = http.calls[0]
    assert result.output == {"content": "far"}
    assert (call.method, call.url, call.reach) == ("POST", "http://elsewhere:3000/api/v1/prediction/other", Reach.ENDPOINT)
    assert call.headers == {"content-type": "application/json", "flowise-tool": "true", "authorization": "Bearer key"}
    assert call.body is not None
    assert orjson.loads(call.body) == {"question": "sub question", "chatId": "chat-1", "overrideConfig": {}}


async def test_a_refusal_of_another_server_goes_on_as_its_answer() -> None:
    http = ScriptedHttp(HttpResponse(status=404, reason="Not Found", headers={}, body=b'{"message": "no such flow"}'))

    result = await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowBaseURL": "http://elsewhere"}, run_context(http=http))

    assert result.output == {"content": '{\n  "message": "no such flow"\n}'}


async def test_a_refusal_that_is_no_data_fails_the_node() -> None:
    http = ScriptedHttp(HttpResponse(status=502, reason="Bad Gateway", headers={}, body=b"<html>"))

    with pytest.raises(FlowError, match="flow other at http://elsewhere answered 502: <html>"):
        await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowBaseURL": "http://elsewhere"}, run_context(http=http))


class FailingFlows:
    """Flows that fail with this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def run(self, flow_id: str, request: RunRequest, context: RunContext, *, chat_id: str, api_key: str = "") -> Mapping[str, Any]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (FlowNotFound("other"), 404, "Chatflow other not found in the database!"),
        (NodeError("boom", node_id="n", node_name="llm"), 500, "Error: predictionsServices.buildChatflow - boom"),
    ],
)
async def test_the_error_of_a_flow_that_failed_goes_on_as_its_answer(error: Exception, status: int, message: str) -> None:
    result = await take_step("executeFlowAgentflow", INPUTS, run_context(flows=FailingFlows(error)))

    assert orjson.loads(result.output["content"]) == {"statusCode": status, "success": False, "message": message, "stack": {}}


@pytest.mark.parametrize("cause", [FlowCircle("round and round"), RedisUnavailable("away"), RunStopped()])
async def test_circles_stops_and_outages_end_the_outer_flow_too(cause: Exception) -> None:
    error = NodeError(str(cause), node_id="n", node_name="executeFlowAgentflow")
    error.__cause__ = cause

    with pytest.raises(NodeError):
        await take_step("executeFlowAgentflow", INPUTS, run_context(flows=FailingFlows(error)))


async def test_a_flow_that_is_bound_to_a_key_fails_the_node() -> None:
    with pytest.raises(AccessDenied):
        await take_step("executeFlowAgentflow", INPUTS, run_context(flows=FailingFlows(AccessDenied("bound to a key"))))


async def test_the_own_address_is_no_other_server() -> None:
    context = run_context(base_url="http://here:3000", flows=InMemoryFlows({"other": {"text": "near"}}))

    result = await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowBaseURL": "http://here:3000/"}, context)

    assert result.output == {"content": "near"}


async def test_a_flow_cannot_call_itself() -> None:
    with pytest.raises(FlowError, match="Cannot call the same agentflow"):
        await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowSelectedFlow": "flow-1"})


async def test_a_flow_that_is_not_chosen_is_named() -> None:
    with pytest.raises(MissingInput, match="executeFlowSelectedFlow"):
        await take_step("executeFlowAgentflow", {})


async def test_overrides_that_are_no_json_fail_the_node_instead_of_being_left_out() -> None:
    flows = InMemoryFlows({"other": {"text": "a"}})
    inputs = {**INPUTS, "executeFlowOverrideConfig": '{"a": said "so"}'}

    with pytest.raises(FlowError, match=r"override config of node 'executeFlowAgentflow_0'.*not valid JSON"):
        await take_step("executeFlowAgentflow", inputs, run_context(flows=flows))

    assert flows.calls == []
