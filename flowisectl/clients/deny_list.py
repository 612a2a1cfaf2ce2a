"""Which addresses outgoing requests may not reach: the built-in ranges, HTTP_DENY_LIST, and who chose the address."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from functools import lru_cache

from flowisectl.errors import InvalidSetting
from flowisectl.interfaces.http import HttpDenied, Reach

DENIED = "Access to this host is denied by policy."

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_METADATA = (
    "169.254.0.0/16",  # link-local; AWS, GCP, Azure and others serve instance metadata here
    "fe80::/10",
    "fd00:ec2::/32",  # AWS metadata and name service over IPv6
    "100.100.100.200/32",  # Alibaba Cloud metadata
    "192.0.0.192/32",  # Oracle Cloud metadata
    "168.63.129.16/32",  # Azure host services
    "224.0.0.0/4",
    "240.0.0.0/4",
    "ff00::/8",
)
_PRIVATE = ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::/128", "::1/128", "fc00::/7")

_LEGACY_IPV4 = re.compile(r"[0-9a-fA-FxX]+(\.[0-9a-fA-FxX]+){0,3}")
"""What the C library reads as an IPv4 address besides the four decimal parts: 2130706433, 127.1, 0x7f.1, 0177.0.0.1."""


class AddressPolicy:
    """The verdict on hosts and addresses. It holds no sockets: the client asks it for each host and each resolved address.

    `deny_list` has addresses, networks (CIDR) and host names; a name that begins with a dot or `*.` means everything under it.
    Raises InvalidSetting when an entry is none of these.
    """

    def __init__(self, *, security_check: bool = True, deny_list: Sequence[str] = ()) -> None:
        extra, self._names, self._suffixes = _parse(deny_list)
        metadata = _networks(_METADATA) if security_check else ()
        private = _networks(_PRIVATE) if security_check else ()
        self._networks = {Reach.ENDPOINT: (*metadata, *extra), Reach.PUBLIC: (*metadata, *private, *extra)}
        self._is_localhost_denied = security_check
        self.host = lru_cache(maxsize=4096)(self._host)
        """`host(name, reach)`: see `_host`. Kept, because model calls ask for the same few hosts."""

    def allows(self, address: str, reach: Reach) -> bool:
        """Whether a resolved address may be connected to; an IPv6 address that wraps an IPv4 one counts as both."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        networks = self._networks[reach]
        return not any(item.version == network.version and item in network for item in _readings(parsed) for network in networks)

    def _host(self, name: str, reach: Reach) -> str:
        """The host to connect to: a name as it is, an address in its usual form whatever way it was written. Raises HttpDenied.

        A name that passes is not yet allowed: its addresses are checked when they are resolved.
        """
        plain = name.strip("[]").rstrip(".").lower()
        if not plain or plain in self._names or plain.endswith(self._suffixes):
            raise HttpDenied(DENIED)
        address = _literal(plain)
        if address is not None:
            if not self.allows(address, reach):
                raise HttpDenied(DENIED)
            return address
        if self._is_localhost_denied and reach is Reach.PUBLIC and (plain == "localhost" or plain.endswith((".localhost", ".localdomain"))):
            raise HttpDenied(DENIED)
        return plain


def _parse(deny_list: Sequence[str]) -> tuple[tuple[Network, ...], frozenset[str], tuple[str, ...]]:
    networks: list[Network] = []
    names: set[str] = set()
    suffixes: list[str] = []
    for entry in (item.strip().lower() for item in deny_list):
        if not entry:
            continue
        try:
            networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            continue
        except ValueError:
            pass
        bare = entry.removeprefix("*").rstrip(".")
        if not re.fullmatch(r"\.?[\w-]+(\.[\w-]+)*", bare):
            raise InvalidSetting("HTTP_DENY_LIST", entry, "addresses, networks such as 10.0.0.0/8 and host names, separated by commas")
        if bare.startswith("."):
            suffixes.append(bare)
        else:
            names.add(bare)
    return tuple(networks), frozenset(names), tuple(suffixes)


def _networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def _literal(host: str) -> str | None:
    """The address that a host is, in its usual form; None for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if _LEGACY_IPV4.fullmatch(host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return None
    return None


def _readings(address: Address) -> list[Address]:
    """The address and the IPv4 address inside it: mapped, compatible, NAT64 (64:ff9b::/96), 6to4, Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    found: list[Address] = [address]
    number = int(address)
    if number >> 32 == 0x0064_FF9B << 64 or (number >> 32 == 0 and number > 0xFFFF):
        found.append(ipaddress.IPv4Address(number & 0xFFFF_FFFF))
    if address.ipv4_mapped:
        found.append(address.ipv4_mapped)
    if address.sixtofour:
        found.append(address.sixtofour)
    if address.teredo:
        found += address.teredo
    return found
