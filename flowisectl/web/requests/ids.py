"""Ids as they come in paths: UUIDs of any version, or of version 4 where the original insists on it."""

from __future__ import annotations

import re

from flowisectl.web.errors import HttpError

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)


class InvalidFlowId(HttpError):
    """What stands where a flow's id should is none."""

    def __init__(self) -> None:
        super().__init__(400, "Invalid Chatflow ID")


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def is_uuid4(text: str) -> bool:
    return _UUID4.fullmatch(text) is not None


def flow_id_of(text: str) -> str:
    """A flow's id out of a path. Raises InvalidFlowId."""
    if not is_uuid(text):
        raise InvalidFlowId
    return text.lower()
