"""The rate limit of one flow: so many requests of one address in a fixed window (`chat_flow.apiConfig.rateLimit`)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable

MAX_COUNTERS = 100_000
# KEYS[1] counter, ARGV[1] window in milliseconds → requests so far, milliseconds left. A counter without an end gets one.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """What the flow's owner set."""

    requests: int
    seconds: int
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One counted request: how many there were in the window, this one included, and how long the window lasts."""

    requests: int
    seconds_left: float


class RequestCounters(Protocol):
    async def count(self, flow_id: str, address: str, window_seconds: int) -> Count:
        """Count one request. Raises RedisUnavailable."""
        ...

    def headers(self, limit: RateLimit, count: Count) -> dict[str, str]:
        """What every counted answer says of its limit."""
        ...


def limit_of(api_config: Mapping[str, Any]) -> RateLimit | None:
    """Read the column. The limit is on unless `status` is false, and only when all three values are given."""
    config = api_config.get("rateLimit")
    if not isinstance(config, Mapping) or config.get("status") is False:
        return None
    requests, seconds, message = _whole(config.get("limitMax")), _whole(config.get("limitDuration")), config.get("limitMsg")
    if not requests or not seconds or not message:
        return None
    return RateLimit(requests=requests, seconds=seconds, message=str(message))


def most_at_once(api_config: Mapping[str, Any]) -> int:
    """`rateLimit.limitConcurrent`: how many predictions of the flow may wait or run at once; 0 for no limit.

    The member is our own, kept beside those of the original; it holds unless `status` is false.
    """
    config = api_config.get("rateLimit")
    return _whole(config.get("limitConcurrent")) if isinstance(config, Mapping) and config.get("status") is not False else 0


def is_over(limit: RateLimit, count: Count) -> bool:
    return count.requests > limit.requests


def retry_after(count: Count) -> str:
    return str(max(0, math.ceil(count.seconds_left)))


class LocalCounters:
    """Counters of one process (MODE=main). Their number is bounded: the oldest windows go first."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], list[float]] = {}
        """(flow, address) → requests, end of the window."""

    async def count(self, flow_id: str, address: str, window_seconds: int) -> Count:
        now, key = self._clock(), (flow_id, address)
        window = self._windows.get(key)
        if window is None or window[1] <= now:
            self._windows.pop(key, None)
            window = self._windows[key] = [0, now + window_seconds]
            while len(self._windows) > MAX_COUNTERS:
                del self._windows[next(iter(self._windows))]
        window[0] += 1
        return Count(requests=int(window[0]), seconds_left=min(window[1] - now, window_seconds))

    def headers(self, limit: RateLimit, count: Count) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(max(0, limit.requests - count.requests)),
            "X-RateLimit-Reset": str(math.ceil(self._clock() + count.seconds_left)),
        }


class RedisCounters:
    """Counters that all main processes share (MODE=queue)."""

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._count = redis.register_script(_COUNT)

    async def count(self, flow_id: str, address: str, window_seconds: int) -> Count:
        try:
            requests, left_ms = await self._count(keys=[f"{self._prefix}:rl:{flow_id}:{address}"], args=[window_seconds * 1000])
        except RedisError as error:
            raise RedisUnavailable(f"Redis did not count this request ({error}); check that it is running and try again") from error
        return Count(requests=int(requests), seconds_left=int(left_ms) / 1000)

    def headers(self, limit: RateLimit, count: Count) -> dict[str, str]:
        return {
            "RateLimit-Policy": f"{limit.requests};w={limit.seconds}",
            "RateLimit-Limit": str(limit.requests),
            "RateLimit-Remaining": str(max(0, limit.requests - count.requests)),
            "RateLimit-Reset": retry_after(count),
        }


def _whole(value: Any) -> int:
    """A whole number, which the user interface saves as text; 0 for anything else."""
    try:
        return max(0, int(float(value)))
    except (TypeError, ValueError, OverflowError):
        return 0
