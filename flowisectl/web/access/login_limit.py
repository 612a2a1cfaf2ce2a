"""How many wrong passwords an address and an account may send: a guesser runs dry, a person who mistypes does not."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from flowisectl.web.access.rate_limit import LocalCounters, RequestCounters
from flowisectl.web.errors import HttpError

TRIES_OF_ACCOUNT = 10
TRIES_OF_ADDRESS = 50
WINDOW_SECONDS = 15 * 60
MAX_REFUSED = 100_000


class LoginLimit:
    """Counts failures only. With counters in Redis all main processes share them; a process that has seen one too many
    refuses without looking at the password until the window ends."""

    def __init__(
        self,
        counters: RequestCounters | None = None,
        *,
        of_account: int = TRIES_OF_ACCOUNT,
        of_address: int = TRIES_OF_ADDRESS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counters = counters or LocalCounters()
        self._limits = {"login-account": of_account, "login-address": of_address}
        self._clock = clock
        self._refused: OrderedDict[tuple[str, str], float] = OrderedDict()
        """(kind, key) → when it may try again."""

    def check(self, email: str, address: str) -> None:
        """Raises HttpError 429 for an account or an address that has failed too often."""
        now = self._clock()
        for entry in self._keys(email, address):
            until = self._refused.get(entry, 0.0)
            if until > now:
                raise HttpError(429, f"Too many login attempts: try again in {max(1, round((until - now) / 60))} minutes")

    async def failed(self, email: str, address: str) -> None:
        """A wrong password, or an account that is not there. Raises RedisUnavailable."""
        for kind, key in self._keys(email, address):
            count = await self._counters.count(kind, key, WINDOW_SECONDS)
            if count.requests >= self._limits[kind]:
                self._refused[kind, key] = self._clock() + count.seconds_left
                self._refused.move_to_end((kind, key))
        while len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)

    def _keys(self, email: str, address: str) -> tuple[tuple[str, str], ...]:
        name = hashlib.sha256(email.strip().lower().encode("utf8", "replace")).hexdigest()[:24]
        return ("login-account", f"{name}:{address}"), ("login-address", address)
