from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from flowisectl.database.column_types import iso_of, iso_of_epoch, iso_of_sqlite, moment_of, new_id, sqlite_date, utc_now


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-23 08:39:01", "2026-11-23T08:39:01.000Z"),
        ("2026-11-23 08:39:01.404", "2026-11-23T08:39:01.404Z"),
        ("2026-11-23T08:39:01.404Z", "2026-11-23T08:39:01.404Z"),
        ("2026-11-23 08:39:01.4049", "2026-11-23T08:39:01.404Z"),
        ("2026-11-23 10:39:01+02:00", "2026-11-23T08:39:01.000Z"),
        ("no date", "no date"),
    ],
)
def test_dates_of_sqlite_are_shown_as_iso(stored: str, shown: str) -> None:
    assert iso_of_sqlite(stored) == shown


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-11-23T08:39:01.404Z", "2026-11-23 08:39:01.404"),
        ("2026-11-23T08:39:01Z", "2026-11-23 08:39:01.000"),
        ("2026-11-23T10:39:01.5+02:00", "2026-11-23 08:39:01.500"),
        ("2026-11-23", "2026-11-23 00:00:00.000"),
        (datetime(2026, 11, 23, 8, 39, 1, 404999, tzinfo=UTC), "2026-11-23 08:39:01.404"),
    ],
)
def test_dates_are_stored_in_sqlite_as_utc_text(given: str | datetime, stored: str) -> None:
    assert sqlite_date(given) == stored


def test_dates_without_a_zone_are_utc_and_others_are_turned() -> None:
    assert iso_of(datetime(2026, 1, 2, 3, 4, 5, 6000)) == "2026-01-02T03:04:05.006Z"
    assert iso_of(datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02T01:04:05.000Z"
    assert iso_of_epoch(1_790_000_000_123) == "2026-09-21T14:13:20.123Z"
    assert iso_of(moment_of(utc_now())) <= utc_now()


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        moment_of(text)


def test_ids_are_version_four() -> None:
    assert new_id()[14] == "4" and new_id() != new_id()
