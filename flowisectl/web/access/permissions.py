"""Every permission there is, in its group, as `GET /api/v1/auth/permissions/:type` shows them to whoever makes a key or a role."""

from __future__ import annotations

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
    "evaluators": _ROWS,
    "evaluations": f"{_ROWS} run",
    "executions": "view update delete",
    "templates": "marketplace custom custom-delete toolexport flowexport custom-share",
    "workspace": "view create update add-user unlink-user delete export import",
    "admin": "",
}
"""Group → its verbs; a permission is `<group>:<verb>`."""
ADMIN = ("users:manage", "roles:manage", "sso:manage", "logs:view", "loginActivity:view", "auditLogs:view")
NO_KEY = ("workspace", "admin")
"""Groups that are for roles only: no API key gets them."""
ROLE = "ROLE"


def shown_permissions(kind: str, caller: Caller) -> dict[str, list[dict[str, str]]]:
    """Group → `{key, value}` of each permission. For anything but a role: without what no key gets, and only the caller's own."""
    found: dict[str, list[dict[str, str]]] = {}
    for group, verbs in GROUPS.items():
        if kind != ROLE and group in NO_KEY:
            continue
        keys = ADMIN if group == "admin" else tuple(f"{group}:{verb}" for verb in verbs.split())
        shown = [{"key": key, "value": _words(key)} for key in keys if kind == ROLE or caller.may(key)]
        if shown:
            found[group] = shown
    return found


def _words(key: str) -> str:
    """`documentStores:add-loader` → `Add loader`."""
    group, _, verb = key.partition(":")
    words = verb.replace("-", " ")
    return f"{words.capitalize()} {group}" if key in ADMIN else words.capitalize()
