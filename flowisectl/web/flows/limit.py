"""A flow's rate limit, kept for one request."""

from __future__ import annotations

from quart import Response

from flowisectl.runs.flows import StoredFlow
from flowisectl.web.access.rate_limit import is_over, limit_of, retry_after
from flowisectl.web.answers import owner_text_answer
from flowisectl.web.services import current_services
from flowisectl.web.source import client_address


async def count_request(stored: StoredFlow) -> Response | dict[str, str]:
    """Count this request: what every answer says of the limit, or the answer of one too many."""
    limit = limit_of(stored.flow.api_config)
    if limit is None:
        return {}
    counters = current_services().counters
    count = await counters.count(stored.flow.id, client_address(), limit.seconds)
    headers = counters.headers(limit, count)
    if not is_over(limit, count):
        return headers
    answer = owner_text_answer(limit.message, 429)
    answer.headers.extend({**headers, "Retry-After": retry_after(count)})
    return answer
