"""What Flowise needs for the same work, and what is aimed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FLOWISE = "Flowise 3.1.2, queue mode, one main, one worker, SQLite, redis, 2 cores"


@dataclass(frozen=True, kw_only=True)
class Target:
    row: str
    figure: str
    flowise: float | None
    """Measured on Flowise; of a range the better end."""
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def bound(self, shown: Callable[[float], str]) -> str:
        """The target in words, its number shown by `shown`."""
        if self.at_least is not None:
            return f"≥ {shown(self.at_least)}"
        return f"≤ {shown(self.at_most)}" if self.at_most is not None else "–"


TARGETS = [
    Target(row="custom function, 64 clients", figure="per_second", flowise=151, at_least=1200),
    Target(row="custom function, 64 clients", figure="p50_ms", flowise=426),
    Target(row="custom function, 64 clients", figure="cpu_ms", flowise=8.4, at_most=1.1),
    Target(row="LLM Chain, 64 clients", figure="per_second", flowise=126, at_least=1000),
    Target(row="LLM Chain, 64 clients", figure="p50_ms", flowise=431),
    Target(row="LLM Chain, 64 clients", figure="cpu_ms", flowise=11.4, at_most=1.3),
    Target(row="LLM Chain, 1 client", figure="p50_ms", flowise=19.8, at_most=3),
    Target(row="AgentFlow, 64 clients", figure="per_second", flowise=73, at_least=750),
    Target(row="AgentFlow, 64 clients", figure="p50_ms", flowise=886),
    Target(row="AgentFlow, 64 clients", figure="cpu_ms", flowise=16.5, at_most=1.7),
    Target(row="200-token stream, 64 clients", figure="per_second", flowise=51, at_least=120),
    Target(row="200-token stream, 64 clients", figure="tokens_per_second", flowise=8400, at_least=20_000),
    Target(row="200-token stream, 64 clients", figure="tokens_lost", flowise=0.17, at_most=0),
    Target(row="200-token stream, 256 clients", figure="tokens_lost", flowise=0.96, at_most=0),
    Target(row="200-token stream, 256 clients", figure="first_token_ms", flowise=None, at_most=500),
    Target(row="1 s model, 1000 clients", figure="per_second", flowise=152),
    Target(row="1 s model, 1000 clients", figure="p50_ms", flowise=6100, at_most=1300),
    Target(row="1 s model, 1000 clients", figure="in_flight", flowise=384, at_least=1000),
    Target(row="paced streams, 64 clients", figure="first_token_ms", flowise=294, at_most=15),
    Target(row="paced streams, 64 clients", figure="cpu_ms", flowise=38.6, at_most=6),
    Target(row="paced streams, 64 clients one after another", figure="first_token_ms", flowise=None, at_most=15),
    Target(row="paced streams, 64 clients one after another", figure="cpu_ms", flowise=None, at_most=6),
    Target(row="start of a main", figure="ready_s", flowise=5, at_most=1.2),
    Target(row="start of a worker", figure="ready_s", flowise=5, at_most=1.2),
    Target(row="start of a main", figure="rss_mib", flowise=586, at_most=90),
    Target(row="start of a worker", figure="rss_mib", flowise=625, at_most=90),
    Target(row="Redis per 1,000 jobs: function", figure="kept_mb", flowise=4.4, at_most=2),
    Target(row="Redis per 1,000 jobs: chain", figure="kept_mb", flowise=13.7, at_most=2),
    Target(row="Redis per 1,000 jobs: agentflow", figure="kept_mb", flowise=71, at_most=2),
    Target(row="Redis per 1,000 jobs: agentflow", figure="left_mb", flowise=71, at_most=0.2),
    Target(row="memory after 9,000 predictions", figure="after_main_mib", flowise=1400),
    Target(row="memory after 9,000 predictions", figure="after_worker_mib", flowise=2900),
    Target(row="memory after 9,000 predictions", figure="over_main_mib", flowise=None, at_most=0),
    Target(row="memory after 9,000 predictions", figure="over_worker_mib", flowise=None, at_most=0),
    Target(row="two workers, sqlite: function", figure="error_share", flowise=0.30, at_most=0),
    Target(row="two workers, sqlite: chain", figure="error_share", flowise=0.30, at_most=0),
    Target(row="two workers, sqlite: function", figure="ratio", flowise=None),
    Target(row="two workers, sqlite: chain", figure="ratio", flowise=None),
]
