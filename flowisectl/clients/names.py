"""The addresses of host names, each checked before anybody connects to it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Protocol

from flowisectl.clients.deny_list import DENIED, AddressPolicy
from flowisectl.interfaces.http import HttpDenied, Reach

REMEMBERED_SECONDS = 30.0
MAX_REMEMBERED = 1000


class Names(Protocol):
    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name. Raises OSError."""
        ...


class SystemNames:
    """The system's resolver."""

    async def addresses(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedNames:
    """Addresses that a policy allows, remembered for a moment; a name is refused when any of its addresses is denied."""

    def __init__(self, policy: AddressPolicy, reach: Reach, names: Names) -> None:
        self._policy = policy
        self._reach = reach
        self._names = names
        self._known: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Raises HttpDenied, OSError. An address is its own."""
        if _is_address(host):
            return self._checked([host])
        now = asyncio.get_running_loop().time()
        known = self._known.get((host, port))
        if known is not None and known[0] > now:
            return known[1]
        found = self._checked(await self._names.addresses(host, port))
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[host, port] = now + REMEMBERED_SECONDS, found
        return found

    def _checked(self, addresses: list[str]) -> list[str]:
        if not all(self._policy.allows(address, self._reach) for address in addresses):
            raise HttpDenied(DENIED)
        return addresses


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
