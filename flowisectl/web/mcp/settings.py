"""How a flow serves MCP: the column `chat_flow.mcpServerConfig`, JSON text `{enabled, token, description, toolName}`."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from flowisectl.web.errors import HttpError

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_DESCRIPTION = 4096
FALLBACK_NAME = "chatflow_tool"


@dataclass(frozen=True, kw_only=True)
class McpSettings:
    enabled: bool = False
    token: str = ""
    description: str = ""
    toolName: str = ""

    def __repr__(self) -> str:
        return f"McpSettings(enabled={self.enabled}, toolName={self.toolName!r})"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        return orjson.dumps(self).decode()

    def is_token(self, given: str) -> bool:
        return bool(self.token) and hmac.compare_digest(given.encode("utf8", "replace"), self.token.encode())


def settings_of(text: str | None) -> McpSettings:
    """Read the column; text that is none says that the flow serves no MCP."""
    try:
        data = orjson.loads(text or "{}")
    except ValueError:
        return McpSettings()
    if not isinstance(data, dict):
        return McpSettings()
    texts = {name: value for name in ("token", "description", "toolName") if isinstance(value := data.get(name), str)}
    return McpSettings(enabled=data.get("enabled") is True, **texts)


def new_token() -> str:
    return secrets.token_hex(16)


def changed(settings: McpSettings, body: Mapping[str, Any]) -> McpSettings:
    """The settings with what a body says. Raises HttpError 400."""
    changes: dict[str, Any] = {}
    if "toolName" in body:
        name = body["toolName"]
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            raise HttpError(400, "toolName must be 1 to 64 characters: letters, digits, underscores and hyphens")
        changes["toolName"] = name
    if "description" in body:
        description = body["description"]
        if not isinstance(description, str) or not description.strip() or len(description) > LONGEST_DESCRIPTION or "\x00" in description:
            raise HttpError(400, f"description must be a text of 1 to {LONGEST_DESCRIPTION} characters")
        changes["description"] = description
    if "enabled" in body:
        if not isinstance(body["enabled"], bool):
            raise HttpError(400, "enabled must be true or false")
        changes["enabled"] = body["enabled"]
    return replace(settings, **changes)


def tool_name(settings: McpSettings, flow_name: str) -> str:
    """The tool's name, else one made of the flow's."""
    if settings.toolName:
        return settings.toolName
    slug = re.sub(r"[^a-z0-9]+", "_", flow_name.lower()).strip("_")[:64].strip("_")
    return slug or FALLBACK_NAME
