from __future__ import annotations

from typing import Any

import orjson
import pytest
from agentflow_steps import take_step

from flowisectl.errors import FlowError, FlowNotFound, MissingInput
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


async def test_a_refusal_of_another_server_fails_the_node() -> None:
    http = ScriptedHttp(HttpResponse(status=404, reason="Not Found", headers={}, body=b'{"message": "no such flow"}'))

    with pytest.raises(FlowError, match="flow other at http://elsewhere answered 404: no such flow"):
        await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowBaseURL": "http://elsewhere"}, run_context(http=http))


async def test_the_own_address_is_no_other_server() -> None:
    context = run_context(base_url="http://here:3000", flows=InMemoryFlows({"other": {"text": "near"}}))

    result = await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowBaseURL": "http://here:3000/"}, context)

    assert result.output == {"content": "near"}


async def test_a_flow_cannot_call_itself() -> None:
    with pytest.raises(FlowError, match="Cannot call the same agentflow"):
        await take_step("executeFlowAgentflow", {**INPUTS, "executeFlowSelectedFlow": "flow-1"})


async def test_a_flow_that_is_gone_or_not_chosen_is_named() -> None:
    with pytest.raises(FlowNotFound):
        await take_step("executeFlowAgentflow", INPUTS)
    with pytest.raises(MissingInput, match="executeFlowSelectedFlow"):
        await take_step("executeFlowAgentflow", {})


async def test_overrides_that_are_no_json_fail_the_node_instead_of_being_left_out() -> None:
    flows = InMemoryFlows({"other": {"text": "a"}})
    inputs = {**INPUTS, "executeFlowOverrideConfig": '{"a": said "so"}'}

    with pytest.raises(FlowError, match=r"override config of node 'executeFlowAgentflow_0'.*not valid JSON"):
        await take_step("executeFlowAgentflow", inputs, run_context(flows=flows))

    assert flows.calls == []
