"""When a scheduled flow starts: the Start node's inputs → a cron expression, and the moments that it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidRequest

START = "startAgentflow"
_PICKER = "visualPicker"
_FREQUENCIES = ("hourly", "daily", "weekly", "monthly")
NEVER = "0 0 * * *"
"""What is stored for an expression that cannot be used; the schedule is then disabled."""
LONGEST_EXPRESSION = 200
_CHECKED_GAPS = 12
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What a Start node says. `problem` tells why it cannot be used; the expression is then one that is never taken."""

    node_id: str
    cron: str
    timezone: str
    input_mode: str
    default_input: str
    default_form: Mapping[str, Any] | None
    end: datetime | None
    problem: str = ""


def schedule_in(flow: Flow, *, min_seconds: int = 60) -> Schedule | None:
    """The schedule of a flow; None when it starts in another way."""
    start = start_of(flow)
    if start is None or NodeInputs(start.inputs).text("startInputType") != "scheduleInput":
        return None
    inputs = NodeInputs(start.inputs)
    zone, problem = inputs.text("scheduleTimezone", "UTC"), ""
    try:
        cron, end = cron_of(inputs), _end_of(inputs.text("scheduleEndDate"), zone)
        check_cron(cron, zone, min_seconds=min_seconds)
    except InvalidRequest as error:
        cron, zone, end, problem = NEVER, "UTC", None, error.message
    mode = inputs.text("scheduleInputMode", "text")
    form = inputs.json("scheduleFormDefaults")
    if mode == "text" and not inputs.text("scheduleDefaultInput").strip():
        problem = problem or "Default input is required"
    return Schedule(
        node_id=start.id,
        cron=cron,
        timezone=zone,
        input_mode=mode if mode in ("text", "form", "none") else "text",
        default_input=inputs.text("scheduleDefaultInput"),
        default_form=form if isinstance(form, Mapping) else None,
        end=end,
        problem=problem,
    )


def start_of(flow: Flow) -> FlowNode | None:
    return next((node for node in flow.nodes if node.name == START), None)


def cron_of(inputs: NodeInputs) -> str:
    """The expression that was written, or the one that the picker's fields mean. Raises InvalidRequest.

    As in Flowise, the picker counts when it is named or no type is given; any other type, an empty one too, means the expression.
    """
    if inputs.values.get("scheduleType") not in (None, _PICKER):
        return inputs.text("scheduleCronExpression").strip()
    frequency = inputs.text("scheduleFrequency")
    if frequency not in _FREQUENCIES:
        raise InvalidRequest("Frequency is required: hourly, daily, weekly or monthly")
    if frequency == "hourly":
        return f"{_within(inputs.integer('scheduleOnMinute', 0), 0, 59, 'On Minute')} * * * *"
    hour, minute = _time_of(inputs.text("scheduleOnTime"))
    if frequency == "daily":
        return f"{minute} {hour} * * *"
    if frequency == "weekly":
        return f"{minute} {hour} * * {_numbers(inputs, 'scheduleOnDayOfWeek', 0, 7, 'On Day of Week')}"
    return f"{minute} {hour} {_numbers(inputs, 'scheduleOnDayOfMonth', 1, 31, 'On Day of Month')} * *"


def check_cron(cron: str, zone: str, *, min_seconds: int = 60) -> None:
    """Raises InvalidRequest for an expression or a time zone that cannot be used, or one that comes too often."""
    if not cron or len(cron) > LONGEST_EXPRESSION or len(cron.split()) not in (5, 6) or not _is_plain(cron):
        raise InvalidRequest(f"{cron[:80]!r} is no cron expression of 5 or 6 fields")
    moment = datetime.now(UTC)
    try:
        earlier = next_run(cron, zone, moment)
        for _ in range(_CHECKED_GAPS):
            later = next_run(cron, zone, earlier)
            if (later - earlier).total_seconds() < min_seconds:
                raise InvalidRequest(f"{cron!r} comes more often than every {min_seconds} s (MIN_SCHEDULE_INTERVAL_SECONDS)")
            earlier = later
    except (ValueError, KeyError, OverflowError) as error:
        raise InvalidRequest(f"{cron!r} in time zone {zone!r} never comes: {error}") from error


def next_run(cron: str, zone: str, after: datetime) -> datetime:
    """The next moment in UTC, later than `after`. A field in front of the five usual ones is the seconds. Raises ValueError."""
    try:
        start = after.astimezone(ZoneInfo(zone or "UTC"))
    except (OSError, KeyError) as error:
        raise ValueError(f"{zone!r} is no time zone") from error
    from croniter import croniter  # type: ignore[import-untyped]  # 1.5 MB that a server without schedules does not need

    found: datetime = croniter(cron, start, second_at_beginning=True).get_next(datetime)
    return found.astimezone(UTC)


def _is_plain(cron: str) -> bool:
    """Without the letters that would make croniter choose moments by chance or by a hash."""
    words = "".join(char if char.isalpha() else " " for char in cron).lower().split()
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    return all(word in _DAYS or word in months or word == "l" for word in words)


def _time_of(text: str) -> tuple[int, int]:
    hour, colon, minute = text.strip().partition(":")
    if not colon or not hour.isdigit() or not minute[:2].isdigit():
        raise InvalidRequest("On Time is required: HH:MM")
    return _within(int(hour), 0, 23, "On Time"), _within(int(minute[:2]), 0, 59, "On Time")


def _numbers(inputs: NodeInputs, name: str, lowest: int, highest: int, label: str) -> str:
    """A list of numbers (data, JSON text or comma-separated; days of the week also by name), as cron writes it."""
    value = inputs.json(name)
    if not isinstance(value, list):
        value = inputs.text(name).split(",")
    found = []
    for item in value:
        text = str(item).strip().lower()
        if text:
            number = _DAYS.get(text[:3], -1) if not text.isdigit() else int(text)
            found.append(str(_within(number, lowest, highest, label)))
    if not found:
        raise InvalidRequest(f"{label} is required")
    return ",".join(dict.fromkeys(found))


def _within(number: int | None, lowest: int, highest: int, label: str) -> int:
    if number is None or not lowest <= number <= highest:
        raise InvalidRequest(f"{label} must be a number from {lowest} to {highest}")
    return number


def _end_of(text: str, zone: str) -> datetime | None:
    """The end of a schedule: a date alone counts to its end in the schedule's own time zone."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone or "UTC"))
    except (ValueError, OSError, KeyError) as error:
        raise InvalidRequest(f"End Date {text[:40]!r} is no date") from error
    return (moment + timedelta(days=1) if len(text.strip()) == 10 else moment).astimezone(UTC)
