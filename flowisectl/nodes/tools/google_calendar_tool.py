"""Lets an agent use calendars of Google."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._google_calendar import API_URL, CALENDARS, EVENTS, FREE_AND_BUSY
from flowisectl.nodes.tools._google_calendar_params import PARAMS
from flowisectl.nodes.tools._login_tools import login_tools

_EVENT = (
    "calendarId", "eventId", "summary", "description", "location", "startDateTime", "endDateTime", "timeZone", "allDay", "startDate",
    "endDate", "attendees", "sendUpdates", "recurrence", "reminderMinutes", "visibility", "quickAddText", "timeMin", "timeMax",
    "maxResults", "singleEvents", "orderBy", "query",
)  # fmt: skip
KINDS = {
    "event": ("eventActions", EVENTS, {name: name for name in _EVENT}),
    "calendar": (
        "calendarActions",
        CALENDARS,
        {
            "calendarIdForCalendar": "calendarId", "calendarSummary": "summary", "calendarDescription": "description",
            "calendarLocation": "location", "calendarTimeZone": "timeZone", "showHidden": "showHidden", "minAccessRole": "minAccessRole",
        },
    ),
    "freebusy": (
        "freebusyActions",
        FREE_AND_BUSY,
        {
            "freebusyTimeMin": "timeMin", "freebusyTimeMax": "timeMax", "calendarIds": "calendarIds",
            "groupExpansionMax": "groupExpansionMax", "calendarExpansionMax": "calendarExpansionMax",
        },
    ),
}  # fmt: skip
"""Kind → the input that names its actions, these actions, and the inputs that fix an argument of theirs."""


class GoogleCalendarTool(Node):
    definition = NodeDefinition(
        name="googleCalendarTool",
        label="Google Calendar",
        category="Tools",
        version=1.0,
        type="GoogleCalendar",
        base_classes=("Tool",),
        description="Lets an agent use calendars of Google",
        credential=CredentialParam(("googleCalendarOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        name, actions, fixed = KINDS.get(inputs.text("calendarType"), KINDS["event"])
        return login_tools(
            inputs, context, provider="googlecalendar", base_url=API_URL, actions=actions, wanted=inputs.json(name), fixed=fixed
        )
