"""What doctor says of traces, with a real listener and without one."""

from __future__ import annotations

import asyncio
import socket

import pytest

from config.settings import TelemetrySettings
from flowisectl.cli.telemetry_check import trouble_with_traces


async def test_a_collector_that_listens_is_fine() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

        assert await trouble_with_traces(TelemetrySettings(endpoint=f"{url}/some/path")) == (url, "")


async def test_nobody_there_is_told_without_what_the_address_hides() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    place, trouble = await trouble_with_traces(TelemetrySettings(traces_endpoint=f"http://ada:secret@127.0.0.1:{port}/v1/traces"))

    assert place == f"http://127.0.0.1:{port}"
    assert "cannot be reached" in trouble and "secret" not in place + trouble


@pytest.mark.parametrize("url", ["localhost:4318", "http://", "http://x:99999999", "ftp://x", "collector"])
async def test_what_is_no_url_is_told(url: str) -> None:
    place, trouble = await trouble_with_traces(TelemetrySettings(endpoint=url))

    assert place == "OTEL_EXPORTER_OTLP_ENDPOINT" and "no URL" in trouble


@pytest.mark.parametrize(
    "settings", [TelemetrySettings(), TelemetrySettings(endpoint="x", is_disabled=True), TelemetrySettings(endpoint="x", exporter="none")]
)
async def test_where_no_traces_are_wanted_nothing_is_said(settings: TelemetrySettings) -> None:
    assert await trouble_with_traces(settings) == ("", "")
