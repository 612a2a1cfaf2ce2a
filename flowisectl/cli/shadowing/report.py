"""What a comparison with another server has found: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a prediction ended, here or there."""

    status: int
    """HTTP status; of a stream that told an error 500."""
    body: Any = None
    """The JSON answer; of a stream what its metadata say, and its text. None for an error."""
    is_stream: bool = False
    kinds: tuple[str, ...] | None = None
    """Kinds of a stream's events in order; None when they are not known any more."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    path: str
    """Where in the answer: `usedTools[].tool`; `status`, `events` for the answer as a whole."""
    kind: str
    """`status`, `missing`, `extra`, `type`, `length`, `text` or `events`, as seen from the other server's answer."""
    ours: str
    theirs: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One prediction that was asked there, too."""

    job_id: str
    flow_id: str
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    """Why the other server gave no answer; empty when it did."""


@dataclass(kw_only=True)
class FlowComparison:
    """All that was compared of one flow."""

    flow_id: str
    name: str
    asked: int = 0
    same: int = 0
    left_out: str = ""
    """Why the flow is not asked there; empty when it is."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Why single predictions were left out → how many."""
    problems: dict[str, int] = field(default_factory=dict)
    differences: dict[tuple[str, str], list[tuple[str, Difference]]] = field(default_factory=dict)
    """(path, kind) → (job, difference), of each one the first few."""
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, compared: Compared, *, kept: int = 3) -> None:
        self.asked += 1
        if compared.problem:
            self.problems[compared.problem] = self.problems.get(compared.problem, 0) + 1
            return
        self.same += not compared.differences
        for difference in compared.differences:
            key = (difference.path, difference.kind)
            self.counts[key] = self.counts.get(key, 0) + 1
            examples = self.differences.setdefault(key, [])
            if len(examples) < kept:
                examples.append((compared.job_id, difference))

    @property
    def different(self) -> int:
        return self.asked - self.same - sum(self.problems.values())

    def to_json(self) -> dict[str, Any]:
        shown = [
            {
                "path": path,
                "kind": kind,
                "count": self.counts[(path, kind)],
                "examples": [{"job": job_id, "ours": item.ours, "theirs": item.theirs} for job_id, item in examples],
            }
            for (path, kind), examples in self.differences.items()
        ]
        return {
            "id": self.flow_id,
            "name": self.name,
            "asked": self.asked,
            "same": self.same,
            "different": self.different,
            "leftOut": self.left_out,
            "skipped": self.skipped,
            "problems": self.problems,
            "differences": shown,
        }


@dataclass(frozen=True, kw_only=True)
class ShadowReport:
    url: str
    flows: Mapping[str, FlowComparison]

    @property
    def asked(self) -> int:
        return sum(flow.asked for flow in self.flows.values())

    @property
    def is_equal(self) -> bool:
        return all(flow.asked == flow.same for flow in self.flows.values())

    def to_json(self) -> dict[str, Any]:
        return {"against": self.url, "asked": self.asked, "equal": self.is_equal, "flows": [flow.to_json() for flow in self.flows.values()]}
