"""What was found of a Flowise installation: data only, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """The values are the command's exit statuses."""

    FINE = 0
    WARNING = 1
    CANNOT = 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that was looked at."""

    what: str
    level: Level
    text: str

    def to_json(self) -> dict[str, Any]:
        return {"what": self.what, "level": self.level.name.lower(), "text": self.text}


@dataclass(frozen=True, kw_only=True)
class FlowFound:
    """One stored flow."""

    id: str
    name: str
    type: str
    verdict: str
    """`runs`, `needs extra`, `needs credential`, `not supported yet` or `cannot be read`: of its nodes' verdicts the worst."""
    reasons: tuple[str, ...] = ()
    """What stands in its way and what to do, one line each."""

    @property
    def level(self) -> Level:
        return Level.FINE if self.verdict == "runs" else Level.WARNING

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "type": self.type, "verdict": self.verdict, "reasons": [*self.reasons]}


@dataclass(frozen=True, kw_only=True)
class VariableFound:
    """One variable of the environment that is worth a line. Its value is not kept."""

    name: str
    kind: str
    """`refused`, `without effect`, `other meaning` or `unknown`."""
    text: str
    level: Level = Level.FINE

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "kind": self.kind, "level": self.level.name.lower(), "text": self.text}


@dataclass(frozen=True, kw_only=True)
class SealedFound:
    """An encrypted value that the key does not open."""

    table: str
    id: str
    name: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Takeover:
    """The whole report."""

    findings: tuple[Found, ...]
    """Schema, key, credentials, storage, Redis, accounts, in this order."""
    flows: tuple[FlowFound, ...] = ()
    closed: tuple[SealedFound, ...] = ()
    variables: tuple[VariableFound, ...] = ()
    differences: tuple[str, ...] = ()
    way_back: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        return max(self._levels(), default=Level.FINE)

    def _levels(self) -> Iterator[Level]:
        for part in (self.findings, self.flows, self.variables):
            yield from (item.level for item in part)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": {Level.FINE: "runs", Level.WARNING: "warnings", Level.CANNOT: "cannot"}[self.level],
            "findings": [found.to_json() for found in self.findings],
            "flows": [flow.to_json() for flow in self.flows],
            "closed": [{"table": item.table, "id": item.id, "name": item.name, "problem": item.problem} for item in self.closed],
            "variables": [variable.to_json() for variable in self.variables],
            "differences": [*self.differences],
            "wayBack": [*self.way_back],
        }
