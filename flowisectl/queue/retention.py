"""How many ended jobs are kept, and how long."""

from __future__ import annotations

from dataclasses import dataclass

from config.settings import QueueSettings

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, kw_only=True)
class Retention:
    count: int
    done_ms: int
    failed_ms: int

    @classmethod
    def from_settings(cls, settings: QueueSettings) -> Retention:
        """REMOVE_ON_COUNT and REMOVE_ON_AGE hold for all ended jobs; without them failures are kept longer than successes."""
        count = settings.remove_on_count if settings.remove_on_count is not None else 10_000
        if settings.remove_on_age_seconds is None:
            return cls(count=count, done_ms=DAY_MS, failed_ms=7 * DAY_MS)
        age = settings.remove_on_age_seconds * 1000
        return cls(count=count, done_ms=age, failed_ms=age)

    @property
    def arguments(self) -> tuple[int, int, int]:
        """As the scripts take them."""
        return self.count, self.done_ms, self.failed_ms
