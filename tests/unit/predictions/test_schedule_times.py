"""When scheduled flows start: the fields of the Start node, cron expressions, time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidRequest
from flowisectl.predictions.schedule_times import NEVER, check_cron, cron_of, next_run, schedule_in


@pytest.mark.parametrize(
    ("inputs", "cron"),
    [
        ({"scheduleType": "cronExpression", "scheduleCronExpression": " 0 9 * * 1-5 "}, "0 9 * * 1-5"),
        ({"scheduleType": "cron", "scheduleCronExpression": "0 5 * * *", "scheduleFrequency": "hourly"}, "0 5 * * *"),
        ({"scheduleType": "", "scheduleCronExpression": "0 5 * * *"}, "0 5 * * *"),
        ({"scheduleType": "visualPicker", "scheduleFrequency": "hourly", "scheduleCronExpression": "0 5 * * *"}, "0 * * * *"),
        ({"scheduleFrequency": "hourly", "scheduleOnMinute": "15"}, "15 * * * *"),
        ({"scheduleFrequency": "daily", "scheduleOnTime": "07:30"}, "30 7 * * *"),
        ({"scheduleFrequency": "weekly", "scheduleOnTime": "07:30", "scheduleOnDayOfWeek": "1,5"}, "30 7 * * 1,5"),
        ({"scheduleFrequency": "weekly", "scheduleOnTime": "07:30", "scheduleOnDayOfWeek": ["mon", "Friday"]}, "30 7 * * 1,5"),
        ({"scheduleFrequency": "monthly", "scheduleOnTime": "0:05", "scheduleOnDayOfMonth": '["1","15"]'}, "5 0 1,15 * *"),
    ],
)
def test_fields_become_a_cron_expression(inputs: dict[str, Any], cron: str) -> None:
    assert cron_of(NodeInputs(inputs)) == cron


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"scheduleFrequency": "daily"},
        {"scheduleFrequency": "daily", "scheduleOnTime": "25:00"},
        {"scheduleFrequency": "hourly", "scheduleOnMinute": 60},
        {"scheduleFrequency": "weekly", "scheduleOnTime": "07:30"},
        {"scheduleFrequency": "monthly", "scheduleOnTime": "07:30", "scheduleOnDayOfMonth": "32"},
    ],
    ids=str,
)
def test_fields_that_say_no_time_are_told(inputs: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        cron_of(NodeInputs(inputs))


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("", "UTC"),
        ("* * *", "UTC"),
        ("61 * * * *", "UTC"),
        ("0 0 30 2 *", "UTC"),
        ("0 0 * * *", "Mars/Base"),
        ("0 0 * * *", "../etc/passwd"),
        ("H H * * *", "UTC"),
        ("R R * * *", "UTC"),
        ("*/10 * * * * *", "UTC"),
        ("0 " * 150, "UTC"),
    ],
)
def test_expressions_that_cannot_be_used_are_refused(cron: str, zone: str) -> None:
    with pytest.raises(InvalidRequest):
        check_cron(cron, zone)


def test_the_shortest_interval_is_a_setting() -> None:
    check_cron("*/10 * * * * *", "UTC", min_seconds=10)
    with pytest.raises(InvalidRequest, match="MIN_SCHEDULE_INTERVAL_SECONDS"):
        check_cron("*/5 * * * *", "UTC", min_seconds=301)


def test_moments_follow_the_time_zone_through_a_change_of_clocks() -> None:
    first = next_run("30 9 * * *", "Europe/Berlin", datetime(2030, 3, 30, 0, 0, tzinfo=UTC))
    second = next_run("30 9 * * *", "Europe/Berlin", first)

    assert [moment.isoformat() for moment in (first, second)] == ["2030-03-30T08:30:00+00:00", "2030-03-31T07:30:00+00:00"]


def test_a_schedule_that_cannot_be_used_is_kept_as_one_that_is_off() -> None:
    inputs = {"startInputType": "scheduleInput", "scheduleType": "cronExpression", "scheduleCronExpression": "nonsense"}
    data = {"id": "s", "name": "startAgentflow", "label": "Start", "category": "Agent Flows", "inputs": inputs}

    found = schedule_in(parse_flow({"nodes": [{"id": "s", "data": data}], "edges": []}))

    assert found is not None and found.cron == NEVER and found.timezone == "UTC" and "nonsense" in found.problem


def test_a_picker_without_a_frequency_asks_for_that() -> None:
    with pytest.raises(InvalidRequest, match="Frequency is required"):
        cron_of(NodeInputs({"scheduleCronExpression": "0 5 * * *"}))
