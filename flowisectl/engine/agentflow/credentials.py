"""The ids of credentials in what a run has executed: they stay in the stored row and go nowhere else."""

from __future__ import annotations

from typing import Any

CREDENTIAL = "FLOWISE_CREDENTIAL_ID"
"""The member by which a component's configuration names its credential."""


def without_credentials(value: Any) -> Any:
    """JSON data without the ids of credentials. Parts that hold none are shared, not copied."""
    if isinstance(value, dict):
        changed = {name: without_credentials(item) for name, item in value.items() if name != CREDENTIAL}
        same = len(changed) == len(value) and all(item is value[name] for name, item in changed.items())
        return value if same else changed
    if isinstance(value, (list, tuple)):
        items = [without_credentials(item) for item in value]
        return value if all(item is other for item, other in zip(items, value, strict=True)) else items
    return value
