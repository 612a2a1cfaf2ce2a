"""What Microsoft Outlook can be asked to do (https://learn.microsoft.com/graph/api/resources/mail-api-overview, …/calendar-overview)."""

from __future__ import annotations

from typing import Any

from flowisectl.nodes.tools._rest_actions import Arguments, action, filled, names

API_URL = "https://graph.microsoft.com/v1.0/me"
_CALENDAR = {"calendarId": "The id of the calendar"}
_EVENT = {"eventId": "The id of the event"}
_MESSAGE = {"messageId": "The id of the message"}
_MOST = {"maxResults": "how many at most:number"}
_FOLDER = {"destinationFolderId": "The id of the folder, or a name such as archive"}
_DETAILS = {
    "subject": "The title",
    "body": "What it is about",
    "startDateTime": "When it begins, as 2026-01-31T10:00:00",
    "endDateTime": "When it ends",
    "timeZone": "The time zone, as UTC",
    "location": "Where it is",
    "attendees": "Addresses of those who come, between commas",
}
_MAIL = {
    "to": "Addresses of the recipients, between commas",
    "subject": "The subject",
    "body": "The text",
    "cc": "Addresses that get a copy, between commas",
    "bcc": "Addresses that get a copy without the others knowing, between commas",
}
_TOP = {"maxResults": "$top"}


def _events(values: Arguments) -> str:
    """Those of a time when both its ends are given, of one calendar when it is given."""
    place = "/calendars/{calendarId}" if values.get("calendarId") else ""
    between = values.get("startDateTime") and values.get("endDateTime")
    return filled(f"{place}/{'calendarView' if between else 'events'}", values)


def _text(content: Any) -> dict[str, str]:
    text = str(content or "")
    return {"contentType": "HTML" if text.lstrip().startswith("<") else "Text", "content": text}


def _event(values: Arguments) -> dict[str, Any]:
    event: dict[str, Any] = {}
    if values.get("subject"):
        event["subject"] = str(values["subject"])
    if values.get("body"):
        event["body"] = _text(values["body"])
    zone = str(values.get("timeZone") or "UTC")
    for end, name in (("start", "startDateTime"), ("end", "endDateTime")):
        if values.get(name):
            event[end] = {"dateTime": str(values[name]), "timeZone": zone}
    if values.get("location"):
        event["location"] = {"displayName": str(values["location"])}
    if values.get("attendees"):
        event["attendees"] = [{**address, "type": "required"} for address in _addresses(values["attendees"])]
    return event


def _addresses(value: Any) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in names(value)]


def _mail(values: Arguments) -> dict[str, Any]:
    places = (("to", "toRecipients"), ("cc", "ccRecipients"), ("bcc", "bccRecipients"))
    recipients = {name: _addresses(values[argument]) for argument, name in places if values.get(argument)}
    return {"subject": str(values.get("subject") or ""), "body": _text(values.get("body")), **recipients}


def _named(values: Arguments) -> dict[str, str]:
    return {"name": str(values["calendarName"])}


def _moved(values: Arguments) -> dict[str, str]:
    return {"destinationId": str(values["destinationFolderId"])}


def _read(values: Arguments) -> dict[str, bool]:
    return {"isRead": str(values["isRead"]).lower() == "true"}


def _forward(values: Arguments) -> dict[str, Any]:
    return {"comment": str(values.get("forwardComment") or ""), "toRecipients": _addresses(values["forwardTo"])}


_ONE_CALENDAR = "/calendars/{calendarId}"
_ONE_EVENT = "/events/{eventId}"
_ONE = "/messages/{messageId}"
CALENDARS = (
    action("listCalendars", "list_calendars", "Lists the calendars", "GET", "/calendars", _MOST, query=_TOP),
    action("getCalendar", "get_calendar", "Reads about a calendar", "GET", _ONE_CALENDAR, _CALENDAR, "calendarId"),
    action("createCalendar", "create_calendar", "Makes a calendar", "POST", "/calendars", {"calendarName": "Its name"}, "calendarName",
           body=_named),
    action("updateCalendar", "update_calendar", "Renames a calendar", "PATCH", _ONE_CALENDAR,
           {**_CALENDAR, "calendarName": "The new name"}, "calendarId", "calendarName", body=_named),
    action("deleteCalendar", "delete_calendar", "Deletes a calendar", "DELETE", _ONE_CALENDAR, _CALENDAR, "calendarId"),
    action("listEvents", "list_events", "Lists events", "GET", _events,
           {**_CALENDAR, **_MOST, "startDateTime": "The earliest time, as 2026-01-31T10:00:00Z", "endDateTime": "The latest time"},
           query={**_TOP, "startDateTime": "startDateTime", "endDateTime": "endDateTime"}),
    action("getEvent", "get_event", "Reads an event", "GET", _ONE_EVENT, _EVENT, "eventId"),
    action("createEvent", "create_event", "Makes an event", "POST", "/events", _DETAILS, "subject", "startDateTime", "endDateTime",
           body=_event),
    action("updateEvent", "update_event", "Changes an event", "PATCH", _ONE_EVENT, {**_EVENT, **_DETAILS}, "eventId", body=_event),
    action("deleteEvent", "delete_event", "Deletes an event", "DELETE", _ONE_EVENT, _EVENT, "eventId"),
)  # fmt: skip
MESSAGES = (
    action("listMessages", "list_messages", "Lists messages", "GET", "/messages",
           {**_MOST, "filter": "Which ones, as an OData filter: isRead eq false"}, query={**_TOP, "filter": "$filter"}),
    action("getMessage", "get_message", "Reads a message", "GET", _ONE, _MESSAGE, "messageId"),
    action("createDraftMessage", "create_draft_message", "Writes a draft", "POST", "/messages", _MAIL, "to", body=_mail),
    action("sendMessage", "send_message", "Sends an e-mail", "POST", "/sendMail", _MAIL, "to",
           body=lambda values: {"message": _mail(values), "saveToSentItems": True}),
    action("updateMessage", "update_message", "Marks a message as read or unread", "PATCH", _ONE,
           {**_MESSAGE, "isRead": "whether it is read:flag"}, "messageId", "isRead", body=_read),
    action("deleteMessage", "delete_message", "Deletes a message", "DELETE", _ONE, _MESSAGE, "messageId"),
    action("copyMessage", "copy_message", "Copies a message to a folder", "POST", f"{_ONE}/copy", {**_MESSAGE, **_FOLDER},
           "messageId", "destinationFolderId", body=_moved),
    action("moveMessage", "move_message", "Moves a message to a folder", "POST", f"{_ONE}/move", {**_MESSAGE, **_FOLDER},
           "messageId", "destinationFolderId", body=_moved),
    action("replyMessage", "reply_message", "Replies to a message", "POST", f"{_ONE}/reply", {**_MESSAGE, "replyBody": "The reply"},
           "messageId", "replyBody", body=lambda values: {"comment": str(values["replyBody"])}),
    action("forwardMessage", "forward_message", "Forwards a message", "POST", f"{_ONE}/forward",
           {**_MESSAGE, "forwardTo": "Addresses, between commas", "forwardComment": "A word with it"}, "messageId", "forwardTo",
           body=_forward),
)  # fmt: skip
