"""Dates, numbers and the order of texts come out of user code as they do in Node."""

from __future__ import annotations

import zoneinfo

import pytest

from flowisectl.interfaces.javascript import JavaScript, JavaScriptError

MOMENT = "const d = new Date(Date.UTC(2024, 0, 5, 22, 7, 9)); const utc = {timeZone: 'UTC'};"
NEEDS_ZONES = pytest.mark.skipif("America/New_York" not in zoneinfo.available_timezones(), reason="the system has no time zones")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("d.toLocaleDateString('en-US', utc)", "1/5/2024"),
        ("d.toLocaleString(undefined, utc)", "1/5/2024, 10:07:09 PM"),
        ("d.toLocaleDateString('en-US', {...utc, weekday: 'long', month: 'long', day: 'numeric'})", "Friday, January 5"),
        ("d.toLocaleDateString('en-US', {...utc, year: 'numeric', month: 'long', day: 'numeric'})", "January 5, 2024"),
        ("d.toLocaleTimeString([], {...utc, hour: '2-digit', minute: '2-digit'})", "10:07 PM"),
        ("d.toLocaleTimeString('en-US', {...utc, hour12: false})", "22:07:09"),
        ("d.toLocaleString('en-US', {...utc, dateStyle: 'medium', timeStyle: 'short'})", "Jan 5, 2024, 10:07 PM"),
        ("d.toLocaleString('en-US', {...utc, dateStyle: 'full', timeStyle: 'short'})", "Friday, January 5, 2024 at 10:07 PM"),
        ("d.toLocaleString('en-US', {...utc, month: 'short', day: 'numeric', hour: 'numeric'})", "Jan 5, 10 PM"),
        ("d.toLocaleString('default', {...utc, month: 'long'})", "January"),
        ("d.toLocaleDateString('en-GB', utc)", "05/01/2024"),
        ("d.toLocaleDateString('en-CA', utc)", "2024-01-05"),
        ("d.toLocaleString('sv-SE', utc)", "2024-01-05 22:07:09"),
        ("d.toLocaleDateString('de-DE', utc)", "5.1.2024"),
        ("new Date('x').toLocaleString()", "Invalid Date"),
    ],
)
async def test_dates_are_written_in_the_form_of_their_place(sandbox: JavaScript, expression: str, text: str) -> None:
    assert await sandbox.run(f"{MOMENT} return {expression}", {}) == text


@NEEDS_ZONES
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{timeZone: 'America/New_York'}", "1/5/2024, 5:07:09 PM"),
        ("{timeZone: 'Asia/Tokyo', timeStyle: 'short'}", "7:07 AM"),
        ("{timeZone: 'Asia/Kolkata', timeZoneName: 'short'}", "1/6/2024, 3:37:09 AM GMT+5:30"),
        ("{timeZone: 'America/Los_Angeles', timeStyle: 'long'}", "2:07:09 PM PST"),
    ],
)
async def test_the_clocks_of_a_time_zone_are_told(sandbox: JavaScript, options: str, text: str) -> None:
    assert await sandbox.run(f"{MOMENT} return d.toLocaleString('en-US', {options})", {}) == text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", ""])
async def test_a_time_zone_that_does_not_exist_is_told(sandbox: JavaScript, zone: str) -> None:
    with pytest.raises(JavaScriptError, match=f"^RangeError: Invalid time zone specified: {zone}$"):
        await sandbox.run("return new Date(0).toLocaleString('en-US', {timeZone: $zone})", {"$zone": zone})


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1234567.8915).toLocaleString()", "1,234,567.892"),
        ("(1234.5).toLocaleString('en-US', {style: 'currency', currency: 'USD'})", "$1,234.50"),
        ("(-5).toLocaleString('en-US', {style: 'currency', currency: 'eur'})", "-€5.00"),
        ("(0.285).toLocaleString('en-US', {style: 'percent'})", "29%"),
        ("(1.005).toLocaleString('en-US', {maximumFractionDigits: 2})", "1.01"),
        ("(0.0004).toLocaleString()", "0"),
        ("(1e21).toLocaleString()", "1,000,000,000,000,000,000,000"),
        ("(1234.5).toLocaleString('de-DE', {minimumFractionDigits: 2})", "1.234,50"),
        ("(5).toLocaleString('en-US', {minimumIntegerDigits: 2})", "05"),
        ("12345678901234567890n.toLocaleString()", "12,345,678,901,234,567,890"),
        ("NaN.toLocaleString()", "NaN"),
    ],
)
async def test_numbers_are_grouped(sandbox: JavaScript, expression: str, text: str) -> None:
    assert await sandbox.run(f"return {expression}", {}) == text


async def test_texts_are_ordered_as_people_do(sandbox: JavaScript) -> None:
    code = """
        const sorted = (list, options) => list.sort((one, other) => one.localeCompare(other, undefined, options)).join();
        return [
            sorted(['b', 'a', 'C', 'ä', 'B', '10', '9', '_']), sorted(['f10', 'f9', 'F1'], {numeric: true}),
            'a'.localeCompare('A', undefined, {sensitivity: 'base'}), 'résumé'.localeCompare('resume'), 'a'.localeCompare('a'),
        ];
    """

    assert await sandbox.run(code, {}) == ["_,10,9,a,ä,b,B,C", "F1,f9,f10", 0, 1, 0]
