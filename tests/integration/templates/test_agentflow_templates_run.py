"""The AgentFlow V2 templates run to their end, or to where they wait for a human."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from answering_wire import AnsweringWire
from template_files import TEMPLATES
from template_run import CATALOGUE, load, template_context

from flowisectl.engine.context import RunRequest
from flowisectl.engine.run import run_flow

FORMS: dict[str, dict[str, Any]] = {
    "Human In The Loop": {"subject": "Prices", "body": "What does it cost?", "from": "ann@flows.test"},
}
REACHED = {"Workplace Chat": ("slack.com/api", "graph.microsoft.com")}
"""Services that a template is made for."""


async def test_the_template_runs(v2_template: Path) -> None:
    flow = load(v2_template)
    wire = AnsweringWire()
    form = FORMS.get(v2_template.stem) or _form(flow)
    request = RunRequest(question="" if form else "Tell me about flows", has_question=not form, form=form)

    async with template_context(wire, request=request, max_iterations=60, max_loop_count=3) as context:
        result = await run_flow(flow, context, CATALOGUE)

        failed = [node for node in result.executed or () if node["status"] == "ERROR"]
        assert not failed
        assert result.executed
        assert wire.calls, "no model was asked"
        stopped = [node for node in result.executed if node["status"] == "STOPPED"]
        assert result.text or stopped
        for service in REACHED.get(v2_template.stem, ()):
            assert wire.to(service), f"{service} was not asked"


async def test_a_template_that_waited_for_a_human_sends_its_mail_when_it_goes_on() -> None:
    path = TEMPLATES / "agentflowsv2" / "Human In The Loop.json"
    if not path.exists():
        pytest.skip("the templates are not beside this checkout")
    flow, wire = load(path), AnsweringWire()
    async with template_context(wire, request=RunRequest(has_question=False, form=FORMS[path.stem])) as context:
        await run_flow(flow, context, CATALOGUE)
        assert wire.to("gmail.googleapis.com") == []
        waits = next(node for node in flow.nodes if node.name == "humanInputAgentflow")

        answer = RunRequest(has_question=False, human_input={"type": "proceed", "startNodeId": waits.id})
        result = await run_flow(flow, replace(context, request=answer), CATALOGUE)

        assert not [node for node in result.executed or () if node["status"] == "ERROR"]
        assert len(wire.to("gmail.googleapis.com")) == 1


def _form(flow: Any) -> dict[str, Any] | None:
    start = next(node for node in flow.nodes if node.name == "startAgentflow")
    if start.inputs.get("startInputType") != "formInput":
        return None
    fields = start.inputs.get("formInputTypes") or []
    return {str(field["name"]): "flows" for field in fields}
