"""One request on its way, and its answer, whatever client sends it; where it goes, checked and taken apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from yarl import URL

from flowisectl.interfaces.http import HttpFailed, Reach, Wanted


class HttpUnusable(HttpFailed):
    """The call can never work as it is: the address, a header or the size of the answer; another attempt is no use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One request; a call that is redirected has several."""

    method: str
    target: URL
    """With the host that is connected to: an address in its usual form, or a name whose addresses are yet to be checked."""
    headers: Mapping[str, str]
    body: bytes | None
    form: Mapping[str, Any] | None
    reach: Reach
    timeout_seconds: float
    """The longest silence."""
    trusted: bytes = b""
    """Certificates of authorities to trust beside the machine's own, as PEM."""

    @property
    def place(self) -> str:
        return place_of(self.target)


class Answer(Protocol):
    """The head is here, the body is read as it comes."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case."""

    async def read_piece(self) -> bytes:
        """All that has come since the last piece; empty at the end. Raises HttpFailed."""
        ...

    async def pour(self, take: Callable[[bytes], Wanted], max_bytes: int) -> None:
        """As `interfaces.http.HttpStream.pour`. Raises HttpUnusable (`too_large`) when it is more than `max_bytes`."""
        ...

    async def release(self, *, is_complete: bool) -> None:
        """Keep the connection when its answer was read to the end, close it otherwise.

        `is_complete`: the reader has all that it wants, and only the end of the last chunk may be missing.
        """
        ...


def too_large(place: str, max_bytes: int) -> HttpUnusable:
    return HttpUnusable(f"the answer of {place} is larger than {max_bytes} bytes")


@lru_cache(maxsize=4096)
def parse_url(url: str) -> URL:
    """An address of the web. Raises HttpUnusable."""
    if len(url) > 65_536 or any(char in url for char in "\\\r\n\t\0"):
        raise HttpUnusable("the address is too long or has characters that an address cannot have")
    try:
        parsed = URL(url.strip())
        parsed.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise HttpUnusable(f"the address cannot be read: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise HttpUnusable("the address must begin with http:// or https:// and name a host")
    return parsed


def exact_url(url: str) -> URL:
    """As `parse_url`, with the path and the query as they are written. Raises HttpUnusable for characters that cannot be sent so."""
    parsed = parse_url(url)
    place, _, query = url.strip().partition("#")[0].partition("://")[2].partition("?")
    path = "/" + place.partition("/")[2]
    if not (path + query).isascii() or any(char <= " " or char == "\x7f" for char in path + query):
        raise HttpUnusable("the address has characters that must be percent-encoded")
    return URL.build(
        scheme=parsed.scheme, host=parsed.raw_host or "", port=parsed.explicit_port, path=path, query_string=query, encoded=True
    )


def place_of(url: URL) -> str:
    """The scheme, host and port of an address: paths and queries may carry keys."""
    return str(url.origin())
