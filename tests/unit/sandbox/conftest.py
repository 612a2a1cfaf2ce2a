"""A sandbox with real child processes, and an HTTP client that answers by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from echo_http import EchoHttp

from flowisectl.interfaces.javascript import JavaScript
from flowisectl.sandbox.pool import open_sandbox


@pytest.fixture
def http() -> EchoHttp:
    return EchoHttp()


@pytest.fixture
async def sandbox(http: EchoHttp) -> AsyncIterator[JavaScript]:
    async with open_sandbox(http, timeout_seconds=30) as opened:
        yield opened
