"""Where a request comes from: the client's address behind proxies (TRUST_PROXY), and the URL that it used."""

from __future__ import annotations

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAMED = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "linklocal": ("169.254.0.0/16", "fe80::/10"),
    "uniquelocal": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}


class ProxyTrust:
    """How far `X-Forwarded-For` is believed: `false` or empty not at all, `true` wholly, a number so many hops, a list of
    addresses, networks or the names loopback, linklocal and uniquelocal as far as these sent it."""

    def __init__(self, setting: str) -> None:
        text = setting.strip().lower()
        self._trusts_all = text == "true"
        self._hops = int(text) if text.isdigit() else 0
        self._networks = [] if text in ("", "true", "false") or text.isdigit() else _networks(text)

    def client(self, peer: str, forwarded_for: str) -> str:
        """The client's address: the left-most address of the chain that is believed."""
        if not forwarded_for or not (self._trusts_all or self._hops or self._networks):
            return peer
        chain = [peer, *reversed([part.strip() for part in forwarded_for.split(",") if part.strip()])]
        if self._trusts_all:
            return chain[-1]
        if self._hops:
            return chain[min(self._hops, len(chain) - 1)]
        return next((address for address in chain if not self._is_trusted(address)), chain[-1])

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)


def _networks(text: str) -> list[Network]:
    names: list[str] = []
    for part in text.split(","):
        names += _NAMED.get(part.strip(), (part.strip(),))
    return [network for network in map(_network, names) if network is not None]


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def origin_url(scheme: str, host: str, forwarded_proto: str) -> str:
    """The URL that the client used, up to the path: what flows that call this server go by."""
    proto = forwarded_proto.split(",")[0].strip() or scheme
    return f"{proto}://{host}"
