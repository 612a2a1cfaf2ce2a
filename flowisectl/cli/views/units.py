"""Times, sizes and ids as people read them."""

from __future__ import annotations

from datetime import datetime


def seconds(value: float) -> str:
    """A time span in at most six characters: `0 s`, `3.2 ms`, `48 ms`, `1.42 s`, `12 s`, `4 m`, `3 h`, `2 d`."""
    if value <= 0:
        return "0 s"
    if value < 0.01:
        return f"{value * 1000:.1f} ms"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if value >= 2 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s"


def size(value: float) -> str:
    """Bytes in at most seven characters: `0 B`, `812 B`, `62 MB`, `1.2 GB`; a unit is 1024 of the one before."""
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.1f} {unit}" if 0 < value < 10 and unit != "B" else f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def count(value: int) -> str:
    """A number with its thousands apart: `10,000`."""
    return f"{value:,}"


def short_count(value: int) -> str:
    """A number in at most four characters: `812`, `9.9k`, `120k`, `3M`."""
    if value < 1000:
        return str(value)
    if value < 9950:
        return f"{value / 1000:.1f}k"
    return f"{value / 1000:.0f}k" if value < 999_500 else f"{value / 1_000_000:.0f}M"


def rate(value: float | None) -> str:
    """How often a second, in at most five characters: `-`, `0`, `0.4`, `12.3`, `1,234`."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 99.5 else f"{max(value, 0.1):.1f}"


def clock(epoch_ms: int) -> str:
    """A point in time in the reader's time zone; `-` for one that has not come."""
    if not epoch_ms:
        return "-"
    return datetime.fromtimestamp(epoch_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(epoch_ms: int, now_ms: int) -> str:
    return f"{seconds(max(0.0, (now_ms - epoch_ms) / 1000))} ago" if epoch_ms else "-"


def short_id(value: str) -> str:
    """The beginning of an id, long enough to be found by."""
    return value[:8]


def all_stored(number: int, one: str, many: str) -> str:
    """What holds for everything that is stored: `all 3 <many>`, or the sentence for one, or that there is nothing."""
    return one if number == 1 else f"all {number} {many}" if number else "none is stored"
