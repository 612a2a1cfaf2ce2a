"""How the text of a variable becomes a value. Each reader raises ValueError with what is allowed, for people."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from pathlib import Path

_SIZE_UNITS = {"": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_DURATION_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def text(value: str) -> str:
    return value


def boolean(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered not in ("true", "false"):
        raise ValueError("true or false")
    return lowered == "true"


def flag(value: str) -> bool:
    """True for `true`, whatever the case; everything else is False, as the original reads it."""
    return value.strip().lower() == "true"


def whole(at_least: int, at_most: int | None = None, *, unit: str = "") -> Callable[[str], int]:
    """A reader of whole numbers within bounds; both are allowed themselves."""
    bounds = f"from {at_least} to {at_most}" if at_most is not None else f"of {at_least} or more"
    allowed = f"a whole number {bounds}{f' ({unit})' if unit else ''}"

    def read(value: str) -> int:
        try:
            number = int(value.strip())
        except ValueError:
            raise ValueError(allowed) from None
        if number < at_least or (at_most is not None and number > at_most):
            raise ValueError(allowed)
        return number

    return read


port = whole(0, 65_535, unit="0: any free port")


def limit(value: str) -> int | None:
    """A count; -1 means unset."""
    return None if value.strip() == "-1" else whole(0, unit="-1: unset")(value)


def age(value: str) -> int | None:
    """Seconds, or a number with a unit; -1 means unset."""
    return None if value.strip() == "-1" else round(duration(value))


def duration(value: str) -> float:
    """Seconds: `90`, `90s`, `5m`, `24h`, `7d`, `500ms`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)", value.strip().lower())
    if not match:
        raise ValueError("a time in seconds, or with a unit: 90, 500ms, 5m, 24h, 7d")
    return float(match[1]) * _DURATION_UNITS[match[2]]


def milliseconds(value: str) -> float:
    """Seconds, from a whole number of milliseconds."""
    return whole(1, unit="milliseconds")(value) / 1000


def size(value: str) -> int:
    """Bytes: `52428800`, `50mb`, `1.5gb`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|)", value.strip().lower())
    if not match:
        raise ValueError("a size in bytes, or with a unit: 500kb, 50mb, 1gb")
    return int(float(match[1]) * _SIZE_UNITS[match[2]])


def names(value: str) -> tuple[str, ...]:
    """A comma-separated list; blanks around the entries do not count."""
    return tuple(item.strip() for item in value.split(",") if item.strip())


def choice(*allowed: str) -> Callable[[str], str]:
    """A reader of one of the given words."""

    def read(value: str) -> str:
        if value.strip() not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value.strip()

    return read


def pem(value: str) -> str:
    """PEM text out of its base64 form; PEM text itself is taken as well."""
    if value.lstrip().startswith("-----BEGIN"):
        return value
    try:
        decoded = base64.b64decode("".join(value.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    if "-----BEGIN" not in decoded:
        raise ValueError("the base64 form of a PEM text (base64 -w0 file.pem)")
    return decoded


def folder(value: str) -> Path:
    """A folder; `~` is the home folder. It need not exist."""
    path = Path(value).expanduser()
    if path.exists() and not path.is_dir():
        raise ValueError("a folder; this is a file")
    return path


def file(value: str) -> Path:
    """A file; `~` is the home folder. It need not exist."""
    path = Path(value).expanduser()
    if path.is_dir():
        raise ValueError("a file; this is a folder")
    return path


def redis_url(value: str) -> str:
    if not re.match(r"(redis|rediss|unix|rediss?\+sentinel)://.", value.strip()):
        raise ValueError(
            "an address such as redis://host:6379/0, rediss://host:6379, unix:///path/of/socket or redis+sentinel://host:26379/name"
        )
    return value.strip()


def queue_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", value):
        raise ValueError("letters, digits and . _ : - (1 to 100 of them)")
    return value
