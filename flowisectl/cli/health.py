"""`flowisectl health`: is the role on this machine ready? For health checks of images that have no curl."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

ANSWER_SECONDS = 5.0


class Role(StrEnum):
    MAIN = "main"
    WORKER = "worker"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What `/readyz` said."""

    is_ready: bool
    reason: str
    body: Any = None


def health(
    role: Annotated[Role, typer.Option(help="Whom to ask: the server on PORT, or the worker on WORKER_PORT.")] = Role.MAIN,
    url: Annotated[str, typer.Option(metavar="URL", help="Ask this address instead, such as http://host:5566.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Ask a role whether it is ready. Exit status 0: ready; 1: not, and standard error says why."""
    from flowisectl.cli.failure import FAILED, say
    from flowisectl.cli.output import write_json, write_line

    settings, _ = read_settings(env_file, data_dir)
    if not url:
        from flowisectl.cli.connections import server_url, worker_url

        url = server_url(settings) if role is Role.MAIN else worker_url(settings)
    answer = asyncio.run(readiness(url.rstrip("/")))
    if as_json:
        write_json({"ready": answer.is_ready, "url": url.rstrip("/"), "reason": answer.reason, "answer": answer.body})
        raise typer.Exit(0 if answer.is_ready else FAILED)
    if not answer.is_ready:
        raise typer.Exit(say(answer.reason, FAILED))
    write_line("ready")


async def readiness(url: str) -> Answer:
    """Ask `<url>/readyz`."""
    from urllib.parse import urlsplit

    import orjson

    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or "127.0.0.1"
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=parts.scheme == "https" or None)
            try:
                writer.write(f"GET {parts.path}/readyz HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
                head, _, body = (await reader.read(1 << 20)).partition(b"\r\n\r\n")
                while chunk := await reader.read(1 << 16):
                    body += chunk
            finally:
                writer.close()
    except TimeoutError:
        return Answer(is_ready=False, reason=f"{url} did not answer within {ANSWER_SECONDS:g} s")
    except OSError as error:
        return Answer(is_ready=False, reason=f"nothing answers at {url} ({_reason(error)})")
    try:
        data = orjson.loads(body)
    except ValueError:
        data = None
    if head.split(b" ")[1:2] == [b"200"]:
        return Answer(is_ready=True, reason="", body=data)
    status_line = head.split(b"\r\n")[0].decode("latin-1")
    return Answer(is_ready=False, reason=f"{url} is not ready: {_why(data) or status_line}", body=data)


def _reason(error: OSError) -> str:
    """What the system says; asyncio puts the address into that text, and in brackets."""
    if error.errno and error.errno > 0 and type(error).__module__ != "ssl":  # whose numbers are its own
        return os.strerror(error.errno)
    return str(error)


def _why(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    checks = data.get("checks")
    if isinstance(checks, dict):
        return "; ".join(f"{name}: {check.get('reason', '')}" for name, check in checks.items() if not check.get("ok"))
    return str(data.get("reason", ""))
