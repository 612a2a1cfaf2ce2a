"""How many logins an address and an account may try: a guesser runs dry, a person who mistypes does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from flowisectl.web.errors import HttpError
from flowisectl.web.rate_limit import LocalCounters, RequestCounters

TRIES_OF_ACCOUNT = 10
TRIES_OF_ADDRESS = 50
WINDOW_SECONDS = 15 * 60


@dataclass(frozen=True, kw_only=True)
class LoginLimit:
    """Counts wrong passwords. With counters in Redis all main processes share them."""

    counters: RequestCounters = field(default_factory=LocalCounters)
    of_account: int = TRIES_OF_ACCOUNT
    of_address: int = TRIES_OF_ADDRESS
    window_seconds: int = WINDOW_SECONDS
    name: Callable[[str], str] = field(default=lambda text: hashlib.sha256(text.strip().lower().encode("utf8", "replace")).hexdigest()[:24])

    async def count(self, email: str, address: str) -> None:
        """Count one try before its password is looked at. Raises HttpError 429 for one too many, RedisUnavailable."""
        tries = (
            ("login-account", f"{self.name(email)}:{address}", self.of_account),
            ("login-address", address, self.of_address),
        )
        for kind, key, limit in tries:
            count = await self.counters.count(kind, key, self.window_seconds)
            if count.requests > limit:
                minutes = max(1, round(count.seconds_left / 60))
                raise HttpError(429, f"Too many login attempts: try again in {minutes} minutes")
