"""The roles that every database has from its first day."""

from __future__ import annotations

import orjson

_GROUPS = {
    "chatflows": ("view", "create", "update", "duplicate", "delete", "export", "import", "config", "domains"),
    "agentflows": ("view", "create", "update", "duplicate", "delete", "export", "import", "config", "domains"),
    "tools": ("view", "create", "update", "delete", "export"),
    "assistants": ("view", "create", "update", "delete"),
    "credentials": ("view", "create", "update", "delete", "share"),
    "variables": ("view", "create", "update", "delete"),
    "apikeys": ("view", "create", "update", "delete"),
    "documentStores": (
        "view", "create", "update", "delete", "add-loader", "delete-loader", "preview-process", "upsert-config",
    ),
    "datasets": ("view", "create", "update", "delete"),
    "evaluators": ("view", "create", "update", "delete"),
    "evaluations": ("view", "create", "update", "delete", "run"),
    "templates": ("marketplace", "custom", "custom-delete", "toolexport", "flowexport", "custom-share"),
    "workspace": ("export", "import"),
    "executions": ("view", "delete"),
}  # fmt: skip


def first_roles() -> list[tuple[str, str, str]]:
    """`(name, description, permissions as JSON text)` of each role."""
    everything = [f"{group}:{verb}" for group, verbs in _GROUPS.items() for verb in verbs]
    return [
        ("owner", "Everything in the organization", _text(["organization", "workspace"])),
        ("member", "What the workspaces of the organization allow", _text([])),
        ("personal workspace", "Everything in the own workspace", _text(everything)),
    ]


def _text(permissions: list[str]) -> str:
    return orjson.dumps(permissions).decode()
