"""What all vector store nodes share: how many documents they give, and choosing different documents (MMR)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import Any

DEFAULT_COUNT = 4


def default_count(store: Any) -> int:
    """How many documents a store's node asks for (its `topK`)."""
    count = getattr(store, "count", None)
    return count if isinstance(count, int) and count > 0 else DEFAULT_COUNT


def most_diverse(question: Sequence[float], candidates: Sequence[Sequence[float]], count: int, balance: float = 0.5) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998): positions of candidates that fit the question and differ from
    each other. `balance` 1 looks at the question only, 0 at the differences only.
    """
    unit = [_unit(vector) for vector in candidates]
    target = _unit(question)
    fit = [_dot(target, vector) for vector in unit]
    chosen: list[int] = []
    nearest = [-math.inf] * len(unit)
    while len(chosen) < min(count, len(unit)):
        rest = [place for place in range(len(unit)) if place not in chosen]
        best = max(rest, key=lambda place: balance * fit[place] - (1 - balance) * max(nearest[place], 0.0))
        chosen.append(best)
        for place in rest:
            nearest[place] = max(nearest[place], _dot(unit[best], unit[place]))
    return chosen


def _unit(vector: Sequence[float]) -> list[float]:
    size = math.sqrt(sum(map(mul, vector, vector))) or 1.0
    return [value / size for value in vector]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))
