"""What a finished or stopped agentflow run answers, and what the rows of its messages are made of."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.agentflow.credentials import without_credentials
from flowisectl.engine.agentflow.js_values import compact_json, text_of
from flowisectl.engine.agentflow.messages import form_lines
from flowisectl.engine.agentflow.opening import Opening
from flowisectl.engine.agentflow.state import AgentflowState
from flowisectl.engine.context import RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.post_processing import post_processed
from flowisectl.engine.result import FlowResult

_STORED = ("sourceDocuments", "usedTools", "fileAnnotations", "artifacts", "reasonContent")


async def flow_result(flow: Flow, opening: Opening, state: AgentflowState) -> FlowResult:
    """The answer: the last executed node's content, a single blank when it has none."""
    request = opening.context.request
    output = state.executed[-1].output if state.executed else {}
    content = output.get("content")
    content = " " if content is None else content
    if flow.chatbot.get("postProcessing"):
        given = None if request.question else request.form
        answer = {**output, "text": content}
        content = (await post_processed(flow, opening.context, answer, given=given, fences_data=False))["text"]
    executed = [without_credentials(item.json) for item in state.executed]
    action = output.get("humanInputAction")
    fields: dict[str, Any] = {"text": content}
    if request.has_question:
        fields["question"] = request.question
    if request.form is not None:
        fields["form"] = request.form
    fields["executionId"] = opening.execution_id
    fields["agentFlowExecutedData"] = executed
    stored = {name: output[name] for name in _STORED if output.get(name)}
    if action:
        fields["action"] = stored["action"] = action
    return FlowResult(
        text=text_of(content),
        fields=fields,
        user_content=_user_content(request, opening.input_type),
        stored=stored,
        execution_id=opening.execution_id,
        clears_action=opening.is_resumed,
        executed=executed,
    )


def _user_content(request: RunRequest, input_type: str) -> str:
    """The content of the user's row: never empty, a blank stands for nothing."""
    feedback = str((request.human_input or {}).get("feedback") or "")
    if input_type == "formInput" and request.form:
        return form_lines(request.form)
    if input_type == "webhookTrigger":
        if request.webhook is not None and not request.question:
            return compact_json(request.webhook)
        return feedback or request.question or " "
    return request.question or feedback or " "
