"""`flowisectl doctor` on traces: is there what sends them, and somebody who takes them."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from config.settings import TelemetrySettings

CONNECT_SECONDS = 3.0


async def trouble_with_traces(settings: TelemetrySettings) -> tuple[str, str]:
    """The collector's address, and what keeps traces from it; both are empty where none are wanted. Raises nothing."""
    from flowisectl.observability.telemetry import INSTALL, has_packages

    url = settings.traces_endpoint or settings.endpoint
    if not url or settings.is_disabled or settings.exporter == "none":
        return "", ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        return "OTEL_EXPORTER_OTLP_ENDPOINT", "it is no URL: write http://HOST:4318"
    place = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    if not has_packages():
        return place, f"nothing here sends traces: {INSTALL}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
    except TimeoutError:
        return place, f"no answer within {CONNECT_SECONDS:g} s"
    except OSError as error:
        return place, f"the collector cannot be reached ({error.strerror or error})"
    return place, ""
