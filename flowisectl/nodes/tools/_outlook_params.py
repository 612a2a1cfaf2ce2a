"""The inputs of the node microsoftOutlook: which of its actions it offers, and arguments that it fixes for each of them."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.node import NodeParam, Option

KINDS = (
    NodeParam(
        "outlookType",
        "Type",
        "options",
        options=(
            Option("Calendar", "calendar"),
            Option("Message", "message"),
        ),
    ),
    NodeParam(
        "calendarActions",
        "Calendar Actions",
        "multiOptions",
        options=(
            Option("List Calendars", "listCalendars"),
            Option("Get Calendar", "getCalendar"),
            Option("Create Calendar", "createCalendar"),
            Option("Update Calendar", "updateCalendar"),
            Option("Delete Calendar", "deleteCalendar"),
            Option("List Events", "listEvents"),
            Option("Get Event", "getEvent"),
            Option("Create Event", "createEvent"),
            Option("Update Event", "updateEvent"),
            Option("Delete Event", "deleteEvent"),
        ),
        show={"outlookType": ["calendar"]},
    ),
    NodeParam(
        "messageActions",
        "Message Actions",
        "multiOptions",
        options=(
            Option("List Messages", "listMessages"),
            Option("Get Message", "getMessage"),
            Option("Create Draft Message", "createDraftMessage"),
            Option("Send Message", "sendMessage"),
            Option("Update Message", "updateMessage"),
            Option("Delete Message", "deleteMessage"),
            Option("Copy Message", "copyMessage"),
            Option("Move Message", "moveMessage"),
            Option("Reply to Message", "replyMessage"),
            Option("Forward Message", "forwardMessage"),
        ),
        show={"outlookType": ["message"]},
    ),
)
_LABELS = {option.name: option.label for param in KINDS for option in param.options} | {"replyMessage": "Reply Message"}


def _param(kind: str, action: str, argument: str, label: str, *, type: str = "string", default: Any = None, **more: Any) -> NodeParam:
    """The input that fixes one argument of one action."""
    return NodeParam(
        f"{argument}{action[:1].upper()}{action[1:]}",
        f"{label} [{_LABELS[action]}]",
        type,
        default,
        optional=True,
        additional=True,
        show={"outlookType": [kind], f"{kind}Actions": [action]},
        **more,
    )


PARAMS = (
    *KINDS,
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
