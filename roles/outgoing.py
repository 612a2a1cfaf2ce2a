"""What calls others for a flow from the server itself (callbacks, links, speech), opened by the first call: most servers make none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from config.settings import EngineSettings
from flowisectl.clients.deny_list import AddressPolicy
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpResponse, HttpStream


@asynccontextmanager
async def open_outgoing(settings: EngineSettings) -> AsyncIterator[HttpClient]:
    """Raises InvalidSetting for a deny list that cannot be read, at once."""
    AddressPolicy(security_check=settings.http_security_check, deny_list=settings.http_deny_list)
    async with AsyncExitStack() as opened:
        yield _Outgoing(settings, opened)


class _Outgoing:
    """An `HttpClient` whose libraries (2 MB) are imported with the first call."""

    def __init__(self, settings: EngineSettings, opened: AsyncExitStack) -> None:
        self._settings = settings
        self._opened = opened
        self._client: HttpClient | None = None

    async def request(self, call: HttpCall) -> HttpResponse:
        return await (await self._open()).request(call)

    @asynccontextmanager
    async def stream(self, call: HttpCall) -> AsyncIterator[HttpStream]:
        async with (await self._open()).stream(call) as answer:
            yield answer

    async def _open(self) -> HttpClient:
        """Opening waits for nothing, so two first calls cannot open two."""
        if self._client is None:
            from flowisectl.clients.http import open_http

            settings = self._settings
            opening = open_http(security_check=settings.http_security_check, deny_list=settings.http_deny_list)
            self._client = await self._opened.enter_async_context(opening)
        return self._client
