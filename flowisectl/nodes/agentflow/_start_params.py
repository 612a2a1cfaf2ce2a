"""The inputs of the Start node: each way to begin shows its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeParam, Option

_FORM = {"startInputType": "formInput"}
_WEBHOOK = {"startInputType": "webhookTrigger"}
_SIGNED = {**_WEBHOOK, "webhookEnableAuth": True}
_CALLS_BACK = {**_WEBHOOK, "webhookResponseMode": "async"}
_VALIDATED = {**_WEBHOOK, "webhookEnableValidation": True}
_SCHEDULE = {"startInputType": "scheduleInput"}
_PICKED = {**_SCHEDULE, "scheduleType": "visualPicker"}

_SIMPLE = (Option("String", "string"), Option("Number", "number"), Option("Boolean", "boolean"))
_JSON_ONLY = (
    Option("Object", "object"),
    Option("Array[String]", "array[string]"),
    Option("Array[Number]", "array[number]"),
    Option("Array[Boolean]", "array[boolean]"),
    Option("Array[Object]", "array[object]"),
)


def _form_fields(name: str, label: str, show: Mapping[str, Any]) -> NodeParam:
    return NodeParam(
        name,
        label,
        "array",
        show=show,
        array=(
            NodeParam("type", "Type", "options", "string", options=(*_SIMPLE, Option("Options", "options"))),
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


def _expected(name: str, label: str, *more: NodeParam) -> NodeParam:
    """What a call must bring, by name."""
    fields = (NodeParam("name", "Variable Name", "string"), *more, NodeParam("required", "Required", "boolean"))
    return NodeParam(name, label, "array", optional=True, show=_VALIDATED, array=fields)


_WEBHOOK_INPUTS = (
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
        optional=True,
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
    NodeParam(
        "webhookDefaultInput",
        "Custom Text",
        "string",
        optional=True,
        rows=3,
        accept_variable=True,
        placeholder="{{ $webhook.body.message }}",
        show={**_WEBHOOK, "webhookInputMode": "text"},
    ),
    NodeParam("webhookEnableAuth", "Verify request signature", "boolean", False, optional=True, show=_WEBHOOK),
    NodeParam("webhookSecret", "Webhook Secret", "string", optional=True, show=_SIGNED),
    NodeParam("webhookSignatureHeader", "Signature Header", "string", optional=True, placeholder="x-webhook-signature", show=_SIGNED),
    NodeParam(
        "webhookSignatureType",
        "Signature Type",
        "options",
        "hmac-sha256",
        optional=True,
        options=(Option("HMAC-SHA256", "hmac-sha256"), Option("Plain Token", "plain-token")),
        show=_SIGNED,
    ),
    NodeParam(
        "webhookResponseMode",
        "Response Mode",
        "options",
        "sync",
        options=(Option("Synchronous", "sync"), Option("Asynchronous", "async"), Option("Stream", "stream")),
        show=_WEBHOOK,
    ),
    NodeParam("callbackUrl", "Callback URL", "string", optional=True, show=_CALLS_BACK),
    NodeParam("callbackSecret", "Callback Secret", "string", optional=True, show=_CALLS_BACK),
    NodeParam("webhookEnableValidation", "Validate request shape", "boolean", False, optional=True, show=_WEBHOOK),
    _expected("webhookQueryParams", "Expected Query Parameters"),
    _expected(
        "webhookBodyParams",
        "Expected Body Parameters",
        NodeParam("type", "Type", "options", "string", options=(*_SIMPLE, *_JSON_ONLY)),
    ),
    _expected("webhookHeaderParams", "Expected Headers"),
)

_SCHEDULE_INPUTS = (
    NodeParam(
        "scheduleType",
        "Schedule Type",
        "options",
        "visualPicker",
        options=(Option("Visual Picker", "visualPicker"), Option("Cron Expression", "cronExpression")),
        show=_SCHEDULE,
    ),
    NodeParam(
        "scheduleCronExpression",
        "Cron Expression",
        "string",
        placeholder="0 9 * * 1-5",
        show={**_SCHEDULE, "scheduleType": "cronExpression"},
    ),
    NodeParam(
        "scheduleFrequency",
        "Frequency",
        "options",
        options=tuple(Option(name.capitalize(), name) for name in ("hourly", "daily", "weekly", "monthly")),
        show=_PICKED,
    ),
    NodeParam("scheduleOnMinute", "On Minute", "number", placeholder="30", show={**_PICKED, "scheduleFrequency": "hourly"}),
    NodeParam("scheduleOnTime", "On Time", "timePicker", show={**_PICKED, "scheduleFrequency": ["daily", "weekly", "monthly"]}),
    NodeParam("scheduleOnDayOfWeek", "On Day of Week", "weekDaysPicker", show={**_PICKED, "scheduleFrequency": "weekly"}),
    NodeParam("scheduleOnDayOfMonth", "On Day of Month", "monthDaysPicker", show={**_PICKED, "scheduleFrequency": "monthly"}),
    NodeParam("scheduleEndDate", "End Date", "datePicker", optional=True, show=_SCHEDULE),
    NodeParam("scheduleTimezone", "Timezone", "asyncOptions", "UTC", optional=True, load_method="listTimezones", show=_SCHEDULE),
    NodeParam(
        "scheduleInputMode",
        "Schedule Input Mode",
        "options",
        "text",
        options=(Option("Default Text Input", "text"), Option("Form Input", "form"), Option("No Input", "none")),
        show=_SCHEDULE,
    ),
    NodeParam("scheduleDefaultInput", "Default Input", "string", rows=4, show={**_SCHEDULE, "scheduleInputMode": "text"}),
    _form_fields("scheduleFormInputTypes", "Form Fields", {**_SCHEDULE, "scheduleInputMode": "form"}),
    NodeParam("scheduleFormDefaults", "Default Form Values", "json", optional=True, show={**_SCHEDULE, "scheduleInputMode": "form"}),
)

START_INPUTS = (
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
    *_WEBHOOK_INPUTS,
    *_SCHEDULE_INPUTS,
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
)
