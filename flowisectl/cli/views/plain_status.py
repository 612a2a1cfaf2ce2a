"""What `flowisectl status --plain` prints: one `name value` a line, names that do not change."""

from __future__ import annotations

from collections.abc import Iterator

from flowisectl.cli.views.status import Status
from flowisectl.queue.summary import QueueSnapshot


def plain_lines(status: Status) -> list[str]:
    """Times in seconds, sizes in bytes, `-` for what is not known."""
    redis, database = status.overview.redis, status.database
    lines = [
        f"level {status.word}",
        f"redis.address {status.redis_address}",
        f"redis.round_trip_ms {redis.round_trip_ms:.2f}",
        f"redis.memory_bytes {redis.memory_bytes}",
        f"redis.memory_limit_bytes {redis.memory_limit_bytes}",
        f"redis.eviction_policy {redis.eviction_policy}",
        f"database.place {database.place}",
        f"database.schema {database.schema or '-'}",
        f"database.ok {'no' if database.reason else 'yes'}",
        f"database.locked {'yes' if database.lock else 'no'}",
        f"key {status.key_text}",
    ]
    for queue in status.overview.queues:
        lines += _queue(queue)
    for role in status.overview.roles:
        state = "stale" if role.is_stale else role.state.replace(" ", "-")
        lines.append(f"role.{role.role}.{role.name} {state} busy={role.busy} capacity={role.capacity} rss={role.rss_bytes}")
    lines += [f"finding.{finding.level.name.lower()} {finding.text}" for finding in status.findings]
    return lines


def _queue(queue: QueueSnapshot) -> Iterator[str]:
    pace = queue.pace
    values: dict[str, float | int | None] = {
        "waiting": queue.waiting,
        "oldest_wait_seconds": queue.oldest_wait_seconds,
        "running": queue.running,
        "capacity": queue.capacity,
        "in_per_second": pace.in_per_second,
        "out_per_second": pace.out_per_second,
        "wait_p50_seconds": pace.wait_p50_seconds,
        "wait_p95_seconds": pace.wait_p95_seconds,
        "failed_last_hour": pace.failed_last_hour,
        "dead": queue.dead,
    }
    for name, value in values.items():
        text = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        yield f"queue.{queue.queue}.{name} {text}"
