"""What a workspace's MCP server shows, what may be written into it, and what it says of its tools."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.errors import InvalidRequest
from flowisectl.interfaces.http import HttpClient, Reach
from flowisectl.secrets.vault import CredentialVault
from flowisectl.web.requests.body import typed_members

MASK = "*" * 12
NO_AUTH, HEADERS = "NONE", "CUSTOM_HEADERS"
PENDING, AUTHORIZED, FAILED = "PENDING", "AUTHORIZED", "ERROR"
LONGEST_URL, LONGEST_NAME, MOST_HEADERS = 2048, 255, 50
LONGEST_DESCRIPTION, LONGEST_TOOL_NAME, LARGEST_TOOLS = 1024, 128, 524_288
AUTHORIZE_SECONDS = 15.0
_TEXTS = ("name", "serverUrl", "iconSrc", "color", "authType")
_MEMBERS: dict[str, type | tuple[type, ...]] = {**dict.fromkeys(_TEXTS, str), "authConfig": dict}
_HIDDEN = ("serverUrl", "authConfig", "tools")


def shown_server(row: Row) -> dict[str, Any]:
    """A row as lists show it: of the address only whose it is, of the headers nothing."""
    plain = {name: value for name, value in row.items() if name not in _HIDDEN}
    return {**plain, "serverUrl": masked_url(row["serverUrl"]), "tools": json_value(row["tools"]) or []}


def masked_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/{MASK}"


def headers_of(row: Row, vault: CredentialVault) -> dict[str, str]:
    """The headers that the server wants, decrypted."""
    if row["authType"] != HEADERS or not row["authConfig"]:
        return {}
    headers = vault.open(row["authConfig"]).get("headers")
    return {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}


def written_server(body: Mapping[str, Any], stored: Row | None, vault: CredentialVault) -> dict[str, Any]:
    """The columns that a body sets. What is masked as it was shown keeps its value. Raises InvalidRequest."""
    values = {name: value for name, value in typed_members(body, _MEMBERS).items() if value is not None}
    if stored is None and not (values.get("name") and values.get("serverUrl")):
        raise InvalidRequest("An MCP server needs a name and a serverUrl (texts)")
    if "name" in values and not 0 < len(values["name"].strip()) <= LONGEST_NAME:
        raise InvalidRequest(f"name must have 1 to {LONGEST_NAME} characters")
    if stored is not None and values.get("serverUrl") == masked_url(stored["serverUrl"]):
        del values["serverUrl"]
    if "serverUrl" in values:
        _check_url(values["serverUrl"])
    if values.get("authType", NO_AUTH) not in (NO_AUTH, HEADERS):
        raise InvalidRequest(f"authType must be {NO_AUTH} or {HEADERS}")
    auth_type = values.get("authType", stored["authType"] if stored else NO_AUTH)
    given = values.pop("authConfig", None)
    if auth_type == NO_AUTH:
        values["authConfig"] = None
    elif given is not None:
        values["authConfig"] = vault.seal({"headers": _headers(given, headers_of(stored, vault) if stored else {})})
    if stored is not None and any(name in values for name in ("serverUrl", "authType", "authConfig")):
        values.setdefault("status", PENDING)
    return values


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or len(url) > LONGEST_URL or any(char.isspace() for char in url):
        raise InvalidRequest("serverUrl must be an http or https address")


def _headers(given: Mapping[str, Any], stored: Mapping[str, str]) -> dict[str, str]:
    headers = given.get("headers", {})
    if not isinstance(headers, dict) or len(headers) > MOST_HEADERS:
        raise InvalidRequest(f"authConfig.headers must be an object of at most {MOST_HEADERS} texts")
    found = {}
    for name, value in headers.items():
        is_name = bool(name) and all(33 <= ord(char) < 127 and char not in '()<>@,;:\\"/[]?={}' for char in name)
        if not is_name or not isinstance(value, str) or any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise InvalidRequest("authConfig.headers has a name or a value that is no HTTP header")
        found[name] = stored.get(name, "") if value == MASK else value
    return found


async def tools_of(row: Row, vault: CredentialVault, client: HttpClient) -> dict[str, Any]:
    """Ask the server for its tools; gives the columns that keep them. Raises ProviderError, InvalidRequest."""
    from flowisectl.clients.mcp import open_mcp  # loaded when it is needed

    try:
        async with (
            asyncio.timeout(AUTHORIZE_SECONDS),
            open_mcp(client, row["serverUrl"], headers=headers_of(row, vault), reach=Reach.ENDPOINT) as session,
        ):
            tools = await session.tools()
    except TimeoutError as error:
        raise InvalidRequest(f"the MCP server did not answer within {AUTHORIZE_SECONDS:g} s") from error
    kept = [
        {"name": tool.name[:LONGEST_TOOL_NAME], "description": tool.description[:LONGEST_DESCRIPTION], "inputSchema": dict(tool.schema)}
        for tool in tools
    ]
    text = orjson.dumps(kept)
    if len(text) > LARGEST_TOOLS:
        raise InvalidRequest(f"the MCP server describes its tools with more than {LARGEST_TOOLS} bytes")
    return {"tools": text.decode(), "toolCount": len(kept), "status": AUTHORIZED}
