"""Headers whose names say that they carry a secret: theirs is told to no other host, and shown in no message."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)


def is_secret(name: str) -> bool:
    return _NAME.search(name) is not None


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """The values of headers that carry secrets, without a scheme such as `Bearer` in front."""
    return [value.rpartition(" ")[2] for name, value in headers.items() if is_secret(name)]
