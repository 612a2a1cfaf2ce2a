"""A file that a flow reads: one that is stored, was uploaded, or lies in the flow itself."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FILE_BYTES = 200_000_000


@dataclass(frozen=True, kw_only=True)
class NamedFile:
    name: str
    data: bytes
    media_type: str = ""
