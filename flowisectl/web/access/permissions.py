"""Every permission there is, in its group, as `GET /api/v1/auth/permissions/:type` shows them to whoever makes a key or a role."""

from __future__ import annotations

from typing import Any

from flowisectl.web.access.callers import Caller

_FLOWS = "view create update duplicate delete export import config domains"
_ROWS = "view create update delete"
GROUPS = {
    "chatflows": _FLOWS,
    "agentflows": _FLOWS,
    "tools": f"{_ROWS} export",
    "assistants": _ROWS,
    "credentials": f"{_ROWS} share",
    "variables": _ROWS,
    "apikeys": _ROWS,
    "documentStores": f"{_ROWS} add-loader delete-loader preview-process upsert-config",
    "datasets": _ROWS,
    "executions": "view update delete",
    "evaluators": _ROWS,
    "evaluations": f"{_ROWS} run",
    "templates": "marketplace custom custom-delete toolexport flowexport custom-share",
    "workspace": "view create update add-user unlink-user delete export import",
    "admin": "users:manage roles:manage sso:manage",
    "logs": "view",
    "loginActivity": "view",
}
"""Group → its verbs; a permission is `<group>:<verb>`. Those of `admin` stand for themselves."""
NO_KEY = ("workspace", "admin")
"""Groups that are for roles only: no API key gets them."""
ROLE = "ROLE"
_OTHER_EDITIONS = frozenset({"datasets", "evaluators", "evaluations", "workspace", "admin", "logs", "loginActivity"})
_SHARING = frozenset({"credentials:share", "templates:custom-share"})
_NOT_IN_CLOUD = frozenset({"sso:manage", "logs:view", "loginActivity:view"})


def shown_permissions(kind: str, caller: Caller) -> dict[str, list[dict[str, Any]]]:
    """Group → `{key, value, isOpenSource, isEnterprise, isCloud}` of each permission: whether that edition of Flowise offers it.

    For anything but a role: without what no key gets, and only the caller's own.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for group, verbs in GROUPS.items():
        if kind != ROLE and group in NO_KEY:
            continue
        keys = [verb if ":" in verb else f"{group}:{verb}" for verb in verbs.split()]
        shown = [_shown(group, key) for key in keys if kind == ROLE or caller.may(key)]
        if shown:
            found[group] = shown
    return found


def _shown(group: str, key: str) -> dict[str, Any]:
    is_open_source = group not in _OTHER_EDITIONS and key not in _SHARING
    return {"key": key, "value": _words(key), "isOpenSource": is_open_source, "isEnterprise": True, "isCloud": key not in _NOT_IN_CLOUD}


def _words(key: str) -> str:
    """`documentStores:add-loader` → `Add loader`."""
    group, _, verb = key.partition(":")
    words = verb.replace("-", " ").capitalize()
    return f"{words} {group}" if verb == "manage" else words
