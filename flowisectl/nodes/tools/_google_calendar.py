"""What Google Calendar can be asked to do (https://developers.google.com/workspace/calendar/api/v3/reference)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowisectl.errors import FlowError
from flowisectl.nodes.tools._rest_actions import Arguments, action, filled, names

API_URL = "https://www.googleapis.com/calendar/v3"
_CALENDAR = {"calendarId": "The id of the calendar; primary is the user's own"}
_EVENT = {**_CALENDAR, "eventId": "The id of the event"}
_DETAILS = {
    "summary": "The title",
    "description": "What it is about",
    "location": "Where it is",
    "startDateTime": "When it begins, as 2026-01-31T10:00:00Z",
    "endDateTime": "When it ends",
    "timeZone": "The time zone, as Europe/Berlin",
    "allDay": "whether it takes whole days:flag",
    "startDate": "The first day of an event of whole days, as 2026-01-31",
    "endDate": "The day after its last one",
    "attendees": "Addresses of those who come, between commas",
    "sendUpdates": "Who is told: all, externalOnly or none",
    "recurrence": "Rules of repetition (RRULE:…), between line ends",
    "reminderMinutes": "how many minutes before it to remind of it:number",
    "visibility": "default, public, private or confidential",
}
_ABOUT = {
    "summary": "The calendar's name",
    "description": "What it is for",
    "location": "Where it is",
    "timeZone": "Its time zone",
}
_LIST = {
    "timeMin": "The earliest time, as 2026-01-31T10:00:00Z",
    "timeMax": "The latest time",
    "maxResults": "how many at most:number",
    "singleEvents": "whether repeated events are listed one by one:flag",
    "orderBy": "startTime or updated",
    "query": "words to look for",
}
_QUERY = {**{name: name for name in _LIST}, "query": "q"}


def _details(values: Arguments) -> dict[str, Any]:
    event: dict[str, Any] = {name: str(values[name]) for name in ("summary", "description", "location", "visibility") if values.get(name)}
    whole_days = str(values.get("allDay")).lower() == "true"
    zone = {"timeZone": str(values["timeZone"])} if values.get("timeZone") else {}
    for end, day, moment in (("start", "startDate", "startDateTime"), ("end", "endDate", "endDateTime")):
        if values.get(day) and (whole_days or not values.get(moment)):
            event[end] = {"date": str(values[day])}
        elif values.get(moment):
            event[end] = {"dateTime": str(values[moment]), **zone}
    if values.get("attendees"):
        event["attendees"] = [{"email": address} for address in names(values["attendees"])]
    if values.get("recurrence"):
        event["recurrence"] = [line for part in str(values["recurrence"]).splitlines() if (line := part.strip())]
    if values.get("reminderMinutes") not in (None, ""):
        event["reminders"] = {"useDefault": False, "overrides": [{"method": "popup", "minutes": _minutes(values["reminderMinutes"])}]}
    return event


def _minutes(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise FlowError(f"reminderMinutes is a whole number, not {str(value)[:80]!r}") from error


def _about(values: Arguments) -> dict[str, Any]:
    return {name: str(values[name]) for name in _ABOUT if values.get(name)}


def _busy(values: Arguments) -> dict[str, Any]:
    items = [{"id": id} for id in names(values.get("calendarIds")) or ["primary"]]
    more = {name: _minutes(values[name]) for name in ("groupExpansionMax", "calendarExpansionMax") if values.get(name)}
    return {"timeMin": str(values["timeMin"]), "timeMax": str(values["timeMax"]), "items": items, **more}


def _of_calendar(rest: str) -> Callable[[Arguments], str]:
    """A path below a calendar, which is the user's own when no other is named."""
    return lambda values: filled(f"/calendars/{{calendarId}}{rest}", {**values, "calendarId": values.get("calendarId") or "primary"})


_EVENTS = _of_calendar("/events")
_ONE = _of_calendar("/events/{eventId}")
_TOLD = {"sendUpdates": "sendUpdates"}
EVENTS = (
    action("listEvents", "list_events", "Finds events", "GET", _EVENTS, {**_CALENDAR, **_LIST}, query=_QUERY),
    action("createEvent", "create_event", "Makes an event", "POST", _EVENTS, {**_CALENDAR, **_DETAILS}, "summary",
           query=_TOLD, body=_details),
    action("getEvent", "get_event", "Reads an event", "GET", _ONE, _EVENT, "eventId"),
    action("updateEvent", "update_event", "Changes an event", "PATCH", _ONE, {**_EVENT, **_DETAILS}, "eventId",
           query=_TOLD, body=_details),
    action("deleteEvent", "delete_event", "Deletes an event", "DELETE", _ONE, _EVENT, "eventId"),
    action("quickAddEvent", "quick_add_event", "Makes an event out of a sentence", "POST", _of_calendar("/events/quickAdd"),
           {**_CALENDAR, "quickAddText": "The sentence, as: lunch with Ann tomorrow at noon"}, "quickAddText",
           query={"quickAddText": "text"}),
)  # fmt: skip
CALENDARS = (
    action("listCalendars", "list_calendars", "Lists the calendars", "GET", "/users/me/calendarList",
           {"showHidden": "whether to list hidden ones:flag", "minAccessRole": "freeBusyReader, reader, writer or owner"},
           query={"showHidden": "showHidden", "minAccessRole": "minAccessRole"}),
    action("createCalendar", "create_calendar", "Makes a calendar", "POST", "/calendars", _ABOUT, "summary", body=_about),
    action("getCalendar", "get_calendar", "Reads about a calendar", "GET", "/calendars/{calendarId}", _CALENDAR, "calendarId"),
    action("updateCalendar", "update_calendar", "Changes a calendar", "PATCH", "/calendars/{calendarId}", {**_CALENDAR, **_ABOUT},
           "calendarId", body=_about),
    action("deleteCalendar", "delete_calendar", "Deletes a calendar", "DELETE", "/calendars/{calendarId}", _CALENDAR, "calendarId"),
    action("clearCalendar", "clear_calendar", "Deletes all events of the user's own calendar", "POST", "/calendars/{calendarId}/clear",
           _CALENDAR, "calendarId"),
)  # fmt: skip
FREE_AND_BUSY = (
    action("queryFreebusy", "query_freebusy", "Tells when calendars are taken", "POST", "/freeBusy",
           {"timeMin": "The earliest time, as 2026-01-31T10:00:00Z", "timeMax": "The latest time",
            "calendarIds": "Ids of calendars, between commas", "groupExpansionMax": "how many members of a group at most:number",
            "calendarExpansionMax": "how many calendars at most:number"}, "timeMin", "timeMax", body=_busy),
)  # fmt: skip
