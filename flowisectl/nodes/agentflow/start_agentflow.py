"""Where an agentflow begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.agentflow._params import CATEGORY

_FORM = {"startInputType": "formInput"}
_WEBHOOK = {"startInputType": "webhookTrigger"}
_SCHEDULE = {"startInputType": "scheduleInput"}
_TYPES = (Option("String", "string"), Option("Number", "number"), Option("Boolean", "boolean"), Option("Options", "options"))


def _form_fields(name: str, label: str, show: Mapping[str, Any]) -> NodeParam:
    return NodeParam(
        name,
        label,
        "array",
        show=show,
        array=(
            NodeParam("type", "Type", "options", "string", options=_TYPES),
            NodeParam("label", "Label", "string", placeholder="What the field is called"),
            NodeParam("name", "Variable Name", "string", placeholder="One word, without blanks"),
            NodeParam(
                "addOptions",
                "Add Options",
                "array",
                show={f"{name}[$index].type": "options"},
                array=(NodeParam("option", "Option", "string"),),
            ),
        ),
    )


class StartAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="startAgentflow",
        label="Start",
        category=CATEGORY,
        version=1.4,
        base_classes=("Start",),
        description="Where the flow begins",
        color="#7EE787",
        hide_input=True,
        inputs=(
            NodeParam(
                "startInputType",
                "Input Type",
                "options",
                "chatInput",
                options=(
                    Option("Chat Input", "chatInput", "Begin with a chat message"),
                    Option("Form Input", "formInput", "Begin with a filled-in form"),
                    Option("Webhook Trigger", "webhookTrigger", "Begin with an HTTP request from elsewhere"),
                    Option("Schedule Input", "scheduleInput", "Begin at set times"),
                ),
            ),
            NodeParam("formTitle", "Form Title", "string", show=_FORM),
            NodeParam("formDescription", "Form Description", "string", show=_FORM),
            _form_fields("formInputTypes", "Form Input Types", _FORM),
            NodeParam(
                "webhookMethod",
                "HTTP Method",
                "options",
                "POST",
                options=tuple(Option(name, name) for name in ("GET", "POST", "PUT", "PATCH", "DELETE")),
                show=_WEBHOOK,
            ),
            NodeParam(
                "webhookContentType",
                "Content Type",
                "options",
                "application/json",
                options=tuple(Option(name, name) for name in ("application/json", "application/x-www-form-urlencoded")),
                show=_WEBHOOK,
            ),
            NodeParam("webhookURL", "Webhook URL", "string", optional=True, show=_WEBHOOK),
            NodeParam(
                "webhookInputMode",
                "Input Mode",
                "options",
                "text",
                options=(Option("Text", "text"), Option("None", "none"), Option("Payload", "payload")),
                show=_WEBHOOK,
            ),
            NodeParam("webhookDefaultInput", "Default Input", "string", accept_variable=True, show=_WEBHOOK),
            NodeParam("webhookEnableAuth", "Enable Authentication", "boolean", False, optional=True, show=_WEBHOOK),
            NodeParam("webhookSecret", "Webhook Secret", "string", optional=True, show=_WEBHOOK),
            NodeParam("webhookSignatureHeader", "Signature Header", "string", optional=True, show=_WEBHOOK),
            NodeParam(
                "webhookSignatureType",
                "Signature Type",
                "options",
                "hmac-sha256",
                options=(Option("HMAC-SHA256", "hmac-sha256"), Option("Plain Token", "plain-token")),
                show=_WEBHOOK,
            ),
            NodeParam(
                "webhookResponseMode",
                "Response Mode",
                "options",
                "sync",
                options=(Option("Synchronous", "sync"), Option("Asynchronous", "async"), Option("Stream", "stream")),
                show=_WEBHOOK,
            ),
            NodeParam("callbackUrl", "Callback URL", "string", optional=True, show=_WEBHOOK),
            NodeParam("callbackSecret", "Callback Secret", "string", optional=True, show=_WEBHOOK),
            NodeParam("webhookEnableValidation", "Enable Validation", "boolean", False, optional=True, show=_WEBHOOK),
            *(
                NodeParam(
                    name,
                    label,
                    "array",
                    optional=True,
                    show=_WEBHOOK,
                    array=(
                        NodeParam("name", "Name", "string"),
                        *(() if name == "webhookHeaderParams" else (NodeParam("type", "Type", "options", "string", options=_TYPES[:3]),)),
                        NodeParam("required", "Required", "boolean"),
                    ),
                )
                for name, label in (
                    ("webhookQueryParams", "Query Parameters"),
                    ("webhookBodyParams", "Body Parameters"),
                    ("webhookHeaderParams", "Header Parameters"),
                )
            ),
            NodeParam(
                "scheduleType",
                "Schedule Type",
                "options",
                "visualPicker",
                options=(Option("Visual Picker", "visualPicker"), Option("Cron Expression", "cronExpression")),
                show=_SCHEDULE,
            ),
            NodeParam("scheduleCronExpression", "Cron Expression", "string", placeholder="0 9 * * 1-5", show=_SCHEDULE),
            NodeParam(
                "scheduleFrequency",
                "Frequency",
                "options",
                options=tuple(Option(name.capitalize(), name) for name in ("hourly", "daily", "weekly", "monthly")),
                show=_SCHEDULE,
            ),
            NodeParam("scheduleOnMinute", "On Minute", "number", show=_SCHEDULE),
            NodeParam("scheduleOnTime", "On Time", "timePicker", show=_SCHEDULE),
            NodeParam("scheduleOnDayOfWeek", "On Day of Week", "weekDaysPicker", show=_SCHEDULE),
            NodeParam("scheduleOnDayOfMonth", "On Day of Month", "monthDaysPicker", show=_SCHEDULE),
            NodeParam("scheduleEndDate", "End Date", "datePicker", optional=True, show=_SCHEDULE),
            NodeParam("scheduleTimezone", "Timezone", "asyncOptions", "UTC", load_method="listTimezones", show=_SCHEDULE),
            NodeParam(
                "scheduleInputMode",
                "Input Mode",
                "options",
                "text",
                options=(Option("Text", "text"), Option("Form", "form"), Option("None", "none")),
                show=_SCHEDULE,
            ),
            NodeParam("scheduleDefaultInput", "Default Input", "string", show=_SCHEDULE),
            _form_fields("scheduleFormInputTypes", "Form Input Types", _SCHEDULE),
            NodeParam("scheduleFormDefaults", "Form Defaults", "json", show=_SCHEDULE),
            NodeParam(
                "startEphemeralMemory",
                "Ephemeral Memory",
                "boolean",
                optional=True,
                description="Begin every run without the past of its session",
            ),
            NodeParam(
                "startState",
                "Flow State",
                "array",
                optional=True,
                description="Values that the nodes of a run share",
                array=(
                    NodeParam("key", "Key", "string", placeholder="Foo"),
                    NodeParam("value", "Value", "string", placeholder="Bar", optional=True),
                ),
            ),
            NodeParam(
                "startPersistState",
                "Persist State",
                "boolean",
                optional=True,
                description="Keep the flow state for the next run of the session",
            ),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        # A request may lay an object over the rows; it is in the step's state already.
        rows = NodeInputs(step.node.inputs) if isinstance(inputs.values.get("startState"), Mapping) else inputs
        first = {str(row["key"]): row.get("value") for row in rows.rows("startState") if row.get("key")}
        shown, output = self._entered(inputs, context, step)
        if inputs.flag("startEphemeralMemory"):
            output["ephemeralMemory"] = True
        if inputs.flag("startPersistState"):
            output["persistState"] = True
        return StepResult(input=shown, output=output, state={**first, **step.state})

    def _entered(self, inputs: NodeInputs, context: RunContext, step: Step) -> tuple[dict[str, Any], dict[str, Any]]:
        """What came in, as the node's input and its output."""
        kind = inputs.text("startInputType")
        question = {} if step.input is None else {"question": step.input}
        if kind == "formInput" or (kind == "scheduleInput" and context.request.form):
            form = {
                "title": inputs.values.get("formTitle", ""),
                "description": inputs.values.get("formDescription", ""),
                "inputs": inputs.values.get("formInputTypes" if kind == "formInput" else "scheduleFormInputTypes", ""),
            }
            # A form that comes with the request is newer than the session's.
            entered = step.input if context.request.form else step.form or step.input
            return {"form": form}, {"form": entered} if entered else {}
        if kind == "webhookTrigger":
            webhook = {"webhook": step.webhook}
            return webhook, {**webhook, "question": context.request.question} if context.request.question else dict(webhook)
        return dict(question), dict(question)
