"""Running Python in a sandbox of E2B (https://e2b.dev/docs/api-reference, https://github.com/e2b-dev/code-interpreter)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient, Reach

URL = "https://api.e2b.app"
DOMAIN = "e2b.app"
TEMPLATE = "code-interpreter-v1"
PORT = 49999
LIFE_SECONDS = 300
RUN_SECONDS = 240.0
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,200}")


@dataclass(kw_only=True)
class Execution:
    """What a run gave: `results` as the notebook shows them (`text`, `png` in base64, …), what was printed, and the error's text."""

    results: list[Mapping[str, Any]] = field(default_factory=list)
    printed: str = ""
    error: str = ""


async def run_python(http: HttpClient, code: str, *, key: str) -> Execution:
    """Run the code in a sandbox of its own, which ends with it. Raises ProviderError; an error of the code is in the outcome."""
    control = RestService(http, provider="e2b", base_url=URL, headers={"x-api-key": key}, secrets=(key,), retries=2)
    made = await control.json("POST", "/sandboxes", {"templateID": TEMPLATE, "timeout": LIFE_SECONDS})
    sandbox, domain = str((made or {}).get("sandboxID") or ""), str((made or {}).get("domain") or DOMAIN)
    if not _ID.fullmatch(sandbox) or not _HOST.fullmatch(domain):
        raise control.error("e2b gave no sandbox that can be used")
    token = str(made.get("envdAccessToken") or "")
    try:
        running = RestService(
            http,
            provider="e2b",
            base_url=f"https://{PORT}-{sandbox}.{domain}",
            headers={"x-access-token": token} if token else {},
            secrets=(key, token),
            reach=Reach.PUBLIC,
            timeout_seconds=RUN_SECONDS,
        )
        response = await running.call("POST", "/execute", {"code": code, "language": "python"})
        return _read(response.body)
    finally:
        with suppress(ProviderError):  # it ends by itself, too
            await control.call("DELETE", f"/sandboxes/{sandbox}")


def _read(body: bytes) -> Execution:
    """One JSON object a line."""
    execution = Execution()
    for line in body.splitlines():
        try:
            event = orjson.loads(line)
        except ValueError:
            continue
        match event.get("type") if isinstance(event, dict) else None:
            case "result":
                execution.results.append({name: value for name, value in event.items() if name != "type"})
            case "stdout" | "stderr":
                execution.printed += str(event.get("text") or "")
            case "error":
                execution.error = f"{event.get('name')}: {event.get('value')}"
    return execution
