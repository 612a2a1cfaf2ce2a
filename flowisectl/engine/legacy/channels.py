"""The values of a graph's own state: how a new value meets the old one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

APPEND = "append"
REPLACE = "replace"
OVERWRITE = "overwrite"

Reduce = Callable[[Any, Any], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One value of the state. `reduce` is the user's own rule and goes before `kind`."""

    kind: str = REPLACE
    """`append`: a list that grows; `replace`: a new value replaces the old one unless it is null; `overwrite`: even then."""
    default: Any = None
    reduce: Reduce | None = None

    async def merged(self, old: Any, new: Any) -> Any:
        if self.reduce is not None:
            return await self.reduce(old, new)
        if self.kind == APPEND:
            return [*_listed(old), *_listed(new)]
        return old if new is None and self.kind == REPLACE else new


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def opened(channels: Mapping[str, Channel], saved: Mapping[str, Any]) -> dict[str, Any]:
    """The values to begin with: what was saved, defaults for the rest. Saved values that no channel has are left out."""
    return {name: saved.get(name, channel.default) for name, channel in channels.items()}


async def applied(channels: Mapping[str, Channel], values: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """The values after an update; keys that the state does not have change nothing."""
    result = dict(values)
    for name, value in update.items():
        if (channel := channels.get(name)) is not None:
            result[name] = await channel.merged(values.get(name), value)
    return result
