"""Decides which parts of a graph run next. Pure: no flow, no model, no clock.

A graph runs in steps. In one step every part that is ready runs; then each tells where it goes on. A part with several
plain predecessors waits until all of them have run (a join); every other arrival makes its target ready at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

END = "__end__"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is. It can be kept as JSON and taken up in another process."""

    ready: tuple[str, ...] = ()
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Joins that are not complete: the target → the sources that have arrived, sorted."""
    steps: int = 0

    def to_json(self) -> dict[str, Any]:
        return {"ready": [*self.ready], "waiting": {target: [*sources] for target, sources in self.waiting.items()}, "steps": self.steps}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Progress:
        waiting = {target: tuple(sources) for target, sources in data["waiting"].items()}
        return cls(ready=tuple(data["ready"]), waiting=waiting, steps=data["steps"])


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the schedule must know of a graph."""

    order: Sequence[str]
    """All parts; those that are ready together run and report in this order."""
    joins: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Target → the sources that it waits for."""


def begin(rules: Rules, head: str, targets: Iterable[str]) -> Progress:
    """The progress of a run whose head goes on to these parts."""
    return advance(rules, Progress(), [(head, target) for target in targets])


def advance(rules: Rules, progress: Progress, arrivals: Iterable[tuple[str, str]]) -> Progress:
    """The progress after a step in which these (source, target) transitions were decided. `END` leads nowhere."""
    ready: set[str] = set()
    arrived = {target: {*sources} for target, sources in progress.waiting.items()}
    for source, target in arrivals:
        if target == END:
            continue
        if source in rules.joins.get(target, ()):
            arrived.setdefault(target, set()).add(source)
        else:
            ready.add(target)
    complete = {target for target, sources in arrived.items() if sources >= rules.joins.get(target, frozenset())}
    ready |= complete
    waiting = {target: tuple(sorted(sources)) for target, sources in arrived.items() if target not in complete}
    return Progress(ready=tuple(name for name in rules.order if name in ready), waiting=waiting, steps=progress.steps + 1)
