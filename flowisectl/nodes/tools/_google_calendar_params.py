"""The inputs of the node googleCalendarTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam(
        "calendarType",
        "Type",
        "options",
        options=(
            Option("Event", "event"),
            Option("Calendar", "calendar"),
            Option("Freebusy", "freebusy"),
        ),
    ),
    NodeParam(
        "eventActions",
        "Event Actions",
        "multiOptions",
        options=(
            Option("List Events", "listEvents"),
            Option("Create Event", "createEvent"),
            Option("Get Event", "getEvent"),
            Option("Update Event", "updateEvent"),
            Option("Delete Event", "deleteEvent"),
            Option("Quick Add Event", "quickAddEvent"),
        ),
        show={"calendarType": ["event"]},
    ),
    NodeParam(
        "calendarActions",
        "Calendar Actions",
        "multiOptions",
        options=(
            Option("List Calendars", "listCalendars"),
            Option("Create Calendar", "createCalendar"),
            Option("Get Calendar", "getCalendar"),
            Option("Update Calendar", "updateCalendar"),
            Option("Delete Calendar", "deleteCalendar"),
            Option("Clear Calendar", "clearCalendar"),
        ),
        show={"calendarType": ["calendar"]},
    ),
    NodeParam(
        "freebusyActions",
        "Freebusy Actions",
        "multiOptions",
        options=(Option("Query Freebusy", "queryFreebusy"),),
        show={"calendarType": ["freebusy"]},
    ),
    NodeParam("calendarId", "Calendar ID", "string", default="primary", optional=True, additional=True, show={"calendarType": ["event"]}),
    NodeParam(
        "eventId", "Event ID", "string", optional=True, additional=True, show={"eventActions": ["getEvent", "updateEvent", "deleteEvent"]}
    ),
    NodeParam("summary", "Summary", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam(
        "description", "Description", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}
    ),
    NodeParam("location", "Location", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam(
        "startDateTime", "Start Date Time", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}
    ),
    NodeParam(
        "endDateTime", "End Date Time", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}
    ),
    NodeParam("timeZone", "Time Zone", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam("allDay", "All Day Event", "boolean", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam("startDate", "Start Date", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam("endDate", "End Date", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam("attendees", "Attendees", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}),
    NodeParam(
        "sendUpdates",
        "Send Updates to",
        "options",
        optional=True,
        options=(
            Option("All", "all"),
            Option("External Only", "externalOnly"),
            Option("None", "none"),
        ),
        additional=True,
        show={"eventActions": ["createEvent", "updateEvent"]},
    ),
    NodeParam(
        "recurrence", "Recurrence Rules", "string", optional=True, additional=True, show={"eventActions": ["createEvent", "updateEvent"]}
    ),
    NodeParam(
        "reminderMinutes",
        "Reminder Minutes",
        "number",
        optional=True,
        additional=True,
        show={"eventActions": ["createEvent", "updateEvent"]},
    ),
    NodeParam(
        "visibility",
        "Visibility",
        "options",
        optional=True,
        options=(
            Option("Default", "default"),
            Option("Public", "public"),
            Option("Private", "private"),
            Option("Confidential", "confidential"),
        ),
        additional=True,
        show={"eventActions": ["createEvent", "updateEvent"]},
    ),
    NodeParam("quickAddText", "Quick Add Text", "string", optional=True, additional=True, show={"eventActions": ["quickAddEvent"]}),
    NodeParam("timeMin", "Time Min", "string", optional=True, additional=True, show={"eventActions": ["listEvents"]}),
    NodeParam("timeMax", "Time Max", "string", optional=True, additional=True, show={"eventActions": ["listEvents"]}),
    NodeParam("maxResults", "Max Results", "number", default=250, optional=True, additional=True, show={"eventActions": ["listEvents"]}),
    NodeParam(
        "singleEvents", "Single Events", "boolean", default=True, optional=True, additional=True, show={"eventActions": ["listEvents"]}
    ),
    NodeParam(
        "orderBy",
        "Order By",
        "options",
        optional=True,
        options=(
            Option("Start Time", "startTime"),
            Option("Updated", "updated"),
        ),
        additional=True,
        show={"eventActions": ["listEvents"]},
    ),
    NodeParam("query", "Query", "string", optional=True, additional=True, show={"eventActions": ["listEvents"]}),
    NodeParam(
        "calendarIdForCalendar",
        "Calendar ID",
        "string",
        optional=True,
        additional=True,
        show={"calendarActions": ["getCalendar", "updateCalendar", "deleteCalendar", "clearCalendar"]},
    ),
    NodeParam(
        "calendarSummary",
        "Calendar Summary",
        "string",
        optional=True,
        additional=True,
        show={"calendarActions": ["createCalendar", "updateCalendar"]},
    ),
    NodeParam(
        "calendarDescription",
        "Calendar Description",
        "string",
        optional=True,
        additional=True,
        show={"calendarActions": ["createCalendar", "updateCalendar"]},
    ),
    NodeParam(
        "calendarLocation",
        "Calendar Location",
        "string",
        optional=True,
        additional=True,
        show={"calendarActions": ["createCalendar", "updateCalendar"]},
    ),
    NodeParam(
        "calendarTimeZone",
        "Calendar Time Zone",
        "string",
        optional=True,
        additional=True,
        show={"calendarActions": ["createCalendar", "updateCalendar"]},
    ),
    NodeParam("showHidden", "Show Hidden", "boolean", optional=True, additional=True, show={"calendarActions": ["listCalendars"]}),
    NodeParam(
        "minAccessRole",
        "Min Access Role",
        "options",
        optional=True,
        options=(
            Option("Free/Busy Reader", "freeBusyReader"),
            Option("Reader", "reader"),
            Option("Writer", "writer"),
            Option("Owner", "owner"),
        ),
        additional=True,
        show={"calendarActions": ["listCalendars"]},
    ),
    NodeParam("freebusyTimeMin", "Time Min", "string", optional=True, additional=True, show={"freebusyActions": ["queryFreebusy"]}),
    NodeParam("freebusyTimeMax", "Time Max", "string", optional=True, additional=True, show={"freebusyActions": ["queryFreebusy"]}),
    NodeParam("calendarIds", "Calendar IDs", "string", optional=True, additional=True, show={"freebusyActions": ["queryFreebusy"]}),
    NodeParam(
        "groupExpansionMax", "Group Expansion Max", "number", optional=True, additional=True, show={"freebusyActions": ["queryFreebusy"]}
    ),
    NodeParam(
        "calendarExpansionMax",
        "Calendar Expansion Max",
        "number",
        optional=True,
        additional=True,
        show={"freebusyActions": ["queryFreebusy"]},
    ),
)
