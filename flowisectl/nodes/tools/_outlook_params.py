"""The inputs of the node microsoftOutlook: which of its actions it offers, and arguments that it fixes for each of them."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice

_CHOICES = (
    kind_choice("outlookType", {"calendar": "Calendar", "message": "Message"}),
    action_choice(
        "calendarActions",
        "Calendar Actions",
        {
            "listCalendars": "List Calendars",
            "getCalendar": "Get Calendar",
            "createCalendar": "Create Calendar",
            "updateCalendar": "Update Calendar",
            "deleteCalendar": "Delete Calendar",
            "listEvents": "List Events",
            "getEvent": "Get Event",
            "createEvent": "Create Event",
            "updateEvent": "Update Event",
            "deleteEvent": "Delete Event",
        },
        outlookType="calendar",
    ),
    action_choice(
        "messageActions",
        "Message Actions",
        {
            "listMessages": "List Messages",
            "getMessage": "Get Message",
            "createDraftMessage": "Create Draft Message",
            "sendMessage": "Send Message",
            "updateMessage": "Update Message",
            "deleteMessage": "Delete Message",
            "copyMessage": "Copy Message",
            "moveMessage": "Move Message",
            "replyMessage": "Reply to Message",
            "forwardMessage": "Forward Message",
        },
        outlookType="message",
    ),
)
_LABELS = {option.name: option.label for param in _CHOICES for option in param.options} | {"replyMessage": "Reply Message"}


def _param(kind: str, action: str, argument: str, label: str, **more: Any) -> NodeParam:
    """The input that fixes one argument of one action."""
    return fixed_argument(
        f"{kind}Actions",
        f"{argument}{action[:1].upper()}{action[1:]}",
        f"{label} [{_LABELS[action]}]",
        action,
        kind={"outlookType": kind},
        **more,
    )


PARAMS = (
    *_CHOICES,
    _param("calendar", "listCalendars", "maxResults", "Max Results", type="number", default=50),
    _param("calendar", "getCalendar", "calendarId", "Calendar ID"),
    _param("calendar", "createCalendar", "calendarName", "Calendar Name", placeholder="My New Calendar"),
    _param("calendar", "updateCalendar", "calendarId", "Calendar ID"),
    _param("calendar", "updateCalendar", "calendarName", "Calendar Name"),
    _param("calendar", "deleteCalendar", "calendarId", "Calendar ID"),
    _param("calendar", "listEvents", "calendarId", "Calendar ID"),
    _param("calendar", "listEvents", "maxResults", "Max Results", type="number", default=50),
    _param("calendar", "listEvents", "startDateTime", "Start Date Time", placeholder="2024-01-01T00:00:00Z"),
    _param("calendar", "listEvents", "endDateTime", "End Date Time", placeholder="2024-12-31T23:59:59Z"),
    _param("calendar", "getEvent", "eventId", "Event ID"),
    _param("calendar", "createEvent", "subject", "Subject", placeholder="Meeting Title"),
    _param("calendar", "createEvent", "body", "Body", placeholder="Meeting description", rows=3),
    _param("calendar", "createEvent", "startDateTime", "Start Date Time", placeholder="2024-01-15T10:00:00"),
    _param("calendar", "createEvent", "endDateTime", "End Date Time", placeholder="2024-01-15T11:00:00"),
    _param("calendar", "createEvent", "timeZone", "Time Zone", default="UTC", placeholder="UTC"),
    _param("calendar", "createEvent", "location", "Location", placeholder="Conference Room A"),
    _param("calendar", "createEvent", "attendees", "Attendees", placeholder="user1@example.com,user2@example.com"),
    _param("calendar", "updateEvent", "eventId", "Event ID"),
    _param("calendar", "updateEvent", "subject", "Subject"),
    _param("calendar", "deleteEvent", "eventId", "Event ID"),
    _param("message", "listMessages", "maxResults", "Max Results", type="number", default=50),
    _param("message", "listMessages", "filter", "Filter"),
    _param("message", "getMessage", "messageId", "Message ID"),
    _param("message", "createDraftMessage", "to", "To", placeholder="user@example.com"),
    _param("message", "createDraftMessage", "subject", "Subject", placeholder="Email Subject"),
    _param("message", "createDraftMessage", "body", "Body", placeholder="Email body content", rows=4),
    _param("message", "createDraftMessage", "cc", "CC", placeholder="cc@example.com"),
    _param("message", "createDraftMessage", "bcc", "BCC", placeholder="bcc@example.com"),
    _param("message", "sendMessage", "to", "To", placeholder="user@example.com"),
    _param("message", "sendMessage", "subject", "Subject", placeholder="Email Subject"),
    _param("message", "sendMessage", "body", "Body", placeholder="Email body content", rows=4),
    _param("message", "updateMessage", "messageId", "Message ID"),
    _param("message", "updateMessage", "isRead", "Is Read", type="boolean"),
    _param("message", "deleteMessage", "messageId", "Message ID"),
    _param("message", "copyMessage", "messageId", "Message ID"),
    _param("message", "copyMessage", "destinationFolderId", "Destination Folder ID"),
    _param("message", "moveMessage", "messageId", "Message ID"),
    _param("message", "moveMessage", "destinationFolderId", "Destination Folder ID"),
    _param("message", "replyMessage", "messageId", "Message ID"),
    _param("message", "replyMessage", "replyBody", "Reply Body", rows=4),
    _param("message", "forwardMessage", "messageId", "Message ID"),
    _param("message", "forwardMessage", "forwardTo", "Forward To"),
    _param("message", "forwardMessage", "forwardComment", "Forward Comment", rows=2),
)
