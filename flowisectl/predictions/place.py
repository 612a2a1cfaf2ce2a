"""How far a client has read a job's events."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """How far a client has read: an event's number in a run of its job. On the wire `<run>-<number>`."""

    run: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for what no event of ours was called."""
        found = re.fullmatch(r"(\d{1,9})-(\d{1,9})", text.strip())
        return cls(run=int(found[1]), number=int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.run}-{self.number}"
