"""The inputs of the node googleCalendarTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice, options_of

_event = partial(fixed_argument, "eventActions")
_calendar = partial(fixed_argument, "calendarActions")
_freebusy = partial(fixed_argument, "freebusyActions")
_WRITTEN = ("createEvent", "updateEvent")
_NAMED = ("createCalendar", "updateCalendar")

PARAMS = (
    kind_choice("calendarType", {"event": "Event", "calendar": "Calendar", "freebusy": "Freebusy"}),
    action_choice(
        "eventActions",
        "Event Actions",
        {
            "listEvents": "List Events",
            "createEvent": "Create Event",
            "getEvent": "Get Event",
            "updateEvent": "Update Event",
            "deleteEvent": "Delete Event",
            "quickAddEvent": "Quick Add Event",
        },
        calendarType="event",
    ),
    action_choice(
        "calendarActions",
        "Calendar Actions",
        {
            "listCalendars": "List Calendars",
            "createCalendar": "Create Calendar",
            "getCalendar": "Get Calendar",
            "updateCalendar": "Update Calendar",
            "deleteCalendar": "Delete Calendar",
            "clearCalendar": "Clear Calendar",
        },
        calendarType="calendar",
    ),
    action_choice("freebusyActions", "Freebusy Actions", {"queryFreebusy": "Query Freebusy"}, calendarType="freebusy"),
    NodeParam("calendarId", "Calendar ID", "string", default="primary", optional=True, additional=True, show={"calendarType": ["event"]}),
    _event("eventId", "Event ID", "getEvent", "updateEvent", "deleteEvent"),
    _event("summary", "Summary", *_WRITTEN),
    _event("description", "Description", *_WRITTEN),
    _event("location", "Location", *_WRITTEN),
    _event("startDateTime", "Start Date Time", *_WRITTEN),
    _event("endDateTime", "End Date Time", *_WRITTEN),
    _event("timeZone", "Time Zone", *_WRITTEN),
    _event("allDay", "All Day Event", *_WRITTEN, type="boolean"),
    _event("startDate", "Start Date", *_WRITTEN),
    _event("endDate", "End Date", *_WRITTEN),
    _event("attendees", "Attendees", *_WRITTEN),
    _event(
        "sendUpdates",
        "Send Updates to",
        *_WRITTEN,
        type="options",
        options=options_of({"all": "All", "externalOnly": "External Only", "none": "None"}),
    ),
    _event("recurrence", "Recurrence Rules", *_WRITTEN),
    _event("reminderMinutes", "Reminder Minutes", *_WRITTEN, type="number"),
    _event(
        "visibility",
        "Visibility",
        *_WRITTEN,
        type="options",
        options=options_of({"default": "Default", "public": "Public", "private": "Private", "confidential": "Confidential"}),
    ),
    _event("quickAddText", "Quick Add Text", "quickAddEvent"),
    _event("timeMin", "Time Min", "listEvents"),
    _event("timeMax", "Time Max", "listEvents"),
    _event("maxResults", "Max Results", "listEvents", type="number", default=250),
    _event("singleEvents", "Single Events", "listEvents", type="boolean", default=True),
    _event("orderBy", "Order By", "listEvents", type="options", options=options_of({"startTime": "Start Time", "updated": "Updated"})),
    _event("query", "Query", "listEvents"),
    _calendar("calendarIdForCalendar", "Calendar ID", "getCalendar", "updateCalendar", "deleteCalendar", "clearCalendar"),
    _calendar("calendarSummary", "Calendar Summary", *_NAMED),
    _calendar("calendarDescription", "Calendar Description", *_NAMED),
    _calendar("calendarLocation", "Calendar Location", *_NAMED),
    _calendar("calendarTimeZone", "Calendar Time Zone", *_NAMED),
    _calendar("showHidden", "Show Hidden", "listCalendars", type="boolean"),
    _calendar(
        "minAccessRole",
        "Min Access Role",
        "listCalendars",
        type="options",
        options=options_of({"freeBusyReader": "Free/Busy Reader", "reader": "Reader", "writer": "Writer", "owner": "Owner"}),
    ),
    _freebusy("freebusyTimeMin", "Time Min", "queryFreebusy"),
    _freebusy("freebusyTimeMax", "Time Max", "queryFreebusy"),
    _freebusy("calendarIds", "Calendar IDs", "queryFreebusy"),
    _freebusy("groupExpansionMax", "Group Expansion Max", "queryFreebusy", type="number"),
    _freebusy("calendarExpansionMax", "Calendar Expansion Max", "queryFreebusy", type="number"),
)
