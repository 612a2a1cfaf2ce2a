"""A Redis whose primary Sentinel knows: every new connection asks where the primary is now.

The address is `redis+sentinel://[user:password@]host:port[,host:port …]/name[/database][?sentinel_password=…]`, with
`rediss+sentinel://` for TLS to the server. User and password are the server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable

SCHEMES = ("redis+sentinel", "rediss+sentinel")
PORT = 26379
ASK_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Sentinels:
    """Those who know a primary, and what they call it."""

    places: tuple[tuple[str, int], ...]
    service: str
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        return f"{self.service} (by sentinel)"

    async def primary(self) -> tuple[str, int]:
        """Host and port, from the first sentinel that knows it. Raises redis.exceptions.ConnectionError."""
        told = []
        for host, port in self.places:
            asking = Connection(
                host=host, port=port, password=self.password or None, socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS
            )
            try:
                await asking.connect()  # type: ignore[no-untyped-call]
                await asking.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
                found = await asking.read_response(disable_decoding=True)
                if found:
                    return found[0].decode(), int(found[1])
                told.append(f"{host}:{port} knows no {self.service!r}")
            except (RedisError, OSError, TimeoutError) as error:
                told.append(f"{host}:{port}: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
            finally:
                await asking.disconnect(nowait=True)
        raise RedisConnectionError(f"no sentinel tells where {self.service} is ({'; '.join(told)})")


class SentinelConnection(Connection):
    def __init__(self, *, sentinels: Sentinels, **options: Any) -> None:
        self._sentinels = sentinels
        super().__init__(**options)

    async def _connect(self) -> None:
        self.host, self.port = await self._sentinels.primary()
        await super()._connect()  # type: ignore[no-untyped-call]


class SentinelTlsConnection(SSLConnection):
    def __init__(self, *, sentinels: Sentinels, **options: Any) -> None:
        self._sentinels = sentinels
        super().__init__(**options)

    async def _connect(self) -> None:
        self.host, self.port = await self._sentinels.primary()
        await super()._connect()  # type: ignore[no-untyped-call]


def sentinel_options(url: str) -> Mapping[str, Any]:
    """What each connection is made with. Raises RedisUnavailable for an address that cannot be read; it names no password."""
    address = urlsplit(url)
    login, _, places = address.netloc.rpartition("@")
    user, _, password = login.partition(":")
    path = [part for part in address.path.split("/") if part]
    found = [_place(place) for place in places.split(",") if place]
    if not found or None in found or not 1 <= len(path) <= 2 or not all(part.isdigit() for part in path[1:]):
        raise RedisUnavailable(
            f"REDIS_URL (begins with {address.scheme}://) cannot be used: write {address.scheme}://host:port,host:port/name"
        )
    sentinels = Sentinels(
        places=tuple(place for place in found if place is not None),
        service=unquote(path[0]),
        password=parse_qs(address.query).get("sentinel_password", [""])[0],
    )
    kind = SentinelTlsConnection if address.scheme.startswith("rediss") else SentinelConnection
    return {
        "connection_class": kind,
        "sentinels": sentinels,
        "host": sentinels.name,
        "username": unquote(user) or None,
        "password": unquote(password) or None,
        "db": int(path[1]) if len(path) == 2 else 0,
    }


def _place(text: str) -> tuple[str, int] | None:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    host = (host if colon else text).strip("[]")
    if colon and not port.isdigit():
        return None
    return (host, int(port) if colon else PORT) if host else None
