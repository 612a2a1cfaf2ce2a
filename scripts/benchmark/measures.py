"""What is measured: rows of named figures, each taken in several rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Figures = Mapping[str, float]
"""Name → number. Names end with their unit: `_ms`, `_s`, `_mib`, `_mb` (10^6 bytes), `per_second`; others are counts or shares."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of work under one condition."""

    name: str
    rounds: Sequence[Figures]
    x: float | None = None
    """Where the row stands in a series: so many clients, flows, messages …"""

    def __contains__(self, figure: str) -> bool:
        return any(figure in figures for figures in self.rounds)

    def of(self, figure: str) -> list[float]:
        return [figures[figure] for figures in self.rounds if figure in figures]

    def median(self, figure: str) -> float:
        return median(self.of(figure))

    def least(self, figure: str) -> float:
        return min(self.of(figure))

    def spread(self, figure: str) -> float:
        """How far the rounds lie apart, as a share of their median."""
        found = self.of(figure)
        return (max(found) - min(found)) / median(found) if median(found) else 0.0

    @property
    def is_broken(self) -> bool:
        """Whether any request failed or any stream was not what was sent."""
        return any(sum(self.of(figure)) > 0 for figure in ("errors", "broken_streams") if figure in self)

    def to_json(self) -> dict[str, Any]:
        place = {} if self.x is None else {"x": self.x}
        names = list(dict.fromkeys(name for figures in self.rounds for name in figures))
        middle = {name: self.median(name) for name in names}
        return {
            "name": self.name,
            **place,
            "median": middle,
            "spread": {name: round(self.spread(name), 3) for name in names},
            "rounds": [dict(r) for r in self.rounds],
        }


def row_of(data: Mapping[str, Any]) -> Row:
    """A row that `to_json` wrote. Raises KeyError for anything else."""
    return Row(name=data["name"], rounds=data["rounds"], x=data.get("x"))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else 0.0
