"""What visitors of a chat, whom nobody knows, may write: so many rows a minute, each of a bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.errors import InvalidRequest, RedisUnavailable
from flowisectl.web.access.rate_limit import retry_after
from flowisectl.web.errors import HttpError
from flowisectl.web.services import current_services
from flowisectl.web.source import client_address

ROWS_A_MINUTE = 600
"""Of one address for one flow: behind a proxy that is not trusted (TRUST_PROXY) all visitors have one address."""
WINDOW_SECONDS = 60


async def count_written(flow_id: str) -> None:
    """Count a row that a visitor writes; callers with a session or an API key are not counted. Raises HttpError 429.

    Without Redis nothing is counted: what somebody says of an answer needs only the database.
    """
    services = current_services()
    if await services.authentication.optional_caller() is not None:
        return
    try:
        count = await services.counters.count(f"{flow_id}:written", client_address(), WINDOW_SECONDS)
    except RedisUnavailable:
        return
    if count.requests > ROWS_A_MINUTE:
        raise HttpError(
            429,
            f"More than {ROWS_A_MINUTE} rows were written for flow {flow_id} within a minute: try again in {retry_after(count)} seconds",
            retry_after=retry_after(count),
        )


def check_lengths(members: Mapping[str, Any], longest: Mapping[str, int]) -> None:
    """Raises InvalidRequest for a text that is longer than its name may be."""
    for name, limit in longest.items():
        if len(members.get(name) or "") > limit:
            raise InvalidRequest(f"{name} has more than {limit} characters")
