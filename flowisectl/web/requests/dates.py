"""Dates in queries → the form in which rows keep them."""

from __future__ import annotations

from datetime import UTC, datetime

from flowisectl.errors import InvalidRequest


def date_of(text: str | None) -> str | None:
    """An ISO date or time (UTC without a zone) as `YYYY-MM-DDTHH:MM:SS.mmmZ`; None for none. Raises InvalidRequest."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    except ValueError as error:
        raise InvalidRequest(f"{text!r} is no date: write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.mmmZ") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
