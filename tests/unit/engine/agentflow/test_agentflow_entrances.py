"""What comes in by a form, a webhook or a schedule reaches every part of a run, and every run that goes on from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentflow_building import CATALOGUE, agentflow, chain, node, reply, start

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.testing import run_context

WEBHOOK = {"body": {"who": "Ada"}, "headers": {"x-kind": "test"}, "query": {}}


async def ask(flow: Flow, context: RunContext, **request: Any) -> FlowResult:
    asked = RunRequest(**{"has_question": "question" in request, **request})
    return await run_flow(flow, replace(context, request=asked), CATALOGUE)


def asks_a_human(entrance: str, message: str) -> Flow:
    question = node("humanInputAgentflow_0", {"humanInputDescriptionType": "fixed", "humanInputDescription": "Send it?"})
    edges: list[tuple[Any, ...]] = [
        ("startAgentflow_0", "humanInputAgentflow_0"),
        ("humanInputAgentflow_0", "directReplyAgentflow_0", 0),
    ]
    return agentflow([start(startInputType=entrance), question, reply(0, message)], edges)


def output_of_start(result: FlowResult) -> Mapping[str, Any]:
    output: Mapping[str, Any] = result.fields["agentFlowExecutedData"][0]["data"]["output"]
    return output


async def test_a_form_is_still_known_when_a_stopped_run_goes_on() -> None:
    flow, context = asks_a_human("formInput", "<p>To {{ $form.to }}, {{ $form.count }}</p>"), run_context()

    await ask(flow, context, form={"to": "ann@flows.test", "count": 2})
    result = await ask(flow, context, human_input={"type": "proceed"})

    assert result.text == "To ann@flows.test, 2"


async def test_a_payload_is_still_known_when_a_stopped_run_goes_on() -> None:
    flow, context = asks_a_human("webhookTrigger", "<p>To {{ $webhook.body.who }}</p>"), run_context()

    await ask(flow, context, webhook=WEBHOOK)
    result = await ask(flow, context, human_input={"type": "proceed"})

    assert result.text == "To Ada"


async def test_a_payload_is_known_inside_an_iteration() -> None:
    flow = agentflow(
        [
            start(startInputType="webhookTrigger", webhookInputMode="payload"),
            node("iterationAgentflow_0", {"iterationInput": "[1, 2]"}),
            node(
                "directReplyAgentflow_1",
                {"directReplyMessage": "<p>{{ $iteration }} {{ $webhook.body.who }} {{ $webhook.headers.x-kind }}</p>"},
                parent="iterationAgentflow_0",
            ),
            reply(0, "<p>{{ iterationAgentflow_0 }}</p>"),
        ],
        [("startAgentflow_0", "iterationAgentflow_0"), ("iterationAgentflow_0", "directReplyAgentflow_0")],
    )

    result = await ask(flow, run_context(), webhook=WEBHOOK)

    assert result.text == "1 Ada test\n2 Ada test"


async def test_a_scheduled_form_is_shown_as_a_form() -> None:
    flow = chain(start(startInputType="scheduleInput", scheduleInputMode="form"), reply(0, "<p>{{ $form.day }}</p>"))

    result = await ask(flow, run_context(), form={"day": "Monday"}, is_scheduled=True)

    assert result.text == "Monday"
    assert output_of_start(result) == {"form": "day: Monday"}


async def test_a_state_given_as_an_object_is_laid_over_the_configured_one() -> None:
    allowed = {"overrideConfig": {"status": True, "nodes": {"Start": [{"name": "startState", "enabled": True}]}}}
    rows = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    message = "<p>{{ $flow.state.a }} {{ $flow.state.b }} {{ $flow.state.c }}</p>"
    flow = chain(start(startState=rows), reply(0, message), api_config=json.dumps(allowed))

    result = await ask(flow, run_context(), question="Q", override_config={"startState": {"b": "x", "c": 3}})

    assert result.text == "1 x 3"


class Sandbox:
    """Gives data back, and keeps what it was given."""

    def __init__(self) -> None:
        self.names: Mapping[str, Any] = {}

    async def run(self, code: str, names: Mapping[str, Any], **settings: Any) -> Any:
        self.names = names
        return {"said": names["$flow"]["rawOutput"]}


async def test_post_processing_gets_the_form_and_its_data_becomes_bare_json() -> None:
    sandbox = Sandbox()
    setting = {"postProcessing": {"enabled": True, "customFunction": json.dumps("return {}")}}
    flow = chain(start(startInputType="formInput"), reply(0, "<p>hello</p>"), chatbot_config=json.dumps(setting))

    result = await ask(flow, run_context(javascript=sandbox), form={"a": 1})

    assert sandbox.names["$flow"]["input"] == {"a": 1}
    assert result.text == '{\n  "said": "hello"\n}'
