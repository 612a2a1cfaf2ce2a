"""What a branching node of a chatflow decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Built by a node with one output per branch: what goes on, and by which output."""

    value: Any
    dead_output: str
    """The name of the output whose branch is not taken."""
