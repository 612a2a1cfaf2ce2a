"""What a storage service said when it refused, without addresses, signatures and ids."""

from __future__ import annotations

import re

_STATUS = re.compile(r"status code: (\d{3}(?: [A-Za-z ]+)?)")
_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>")
_CAUSES = ("error trying to connect", "dns error", "connection refused", "timed out", "invalid peer certificate", "connection closed")


def refusal_of(error: BaseException) -> str:
    """A few words for people. The library's own text holds the request's address, which may be signed."""
    text = str(error)
    found = [match[1].strip() for pattern in (_STATUS, _CODE) if (match := pattern.search(text))]
    if found:
        return ", ".join(found)
    lowered = text.lower()
    causes = [cause for cause in _CAUSES if cause in lowered]
    return ", ".join(causes) or type(error).__name__
