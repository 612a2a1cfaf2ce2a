"""Outgoing HTTP, as nodes, provider wires and user code may use it. The implementation holds the deny list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


class Reach(Enum):
    """Who chose the address, and so which deny list holds."""

    PUBLIC = "public"
    """Chosen by a request, a model or user code: the whole deny list holds, built-in and HTTP_DENY_LIST."""
    ENDPOINT = "endpoint"
    """The base address of a service that the flow's author configured (a model server, a vector store). It may be on
    loopback or a private network; link-local and metadata addresses and HTTP_DENY_LIST are refused all the same."""


class HttpDenied(Exception):
    """The address is on the deny list. The text is `Access to this host is denied by policy.`"""


class HttpFailed(Exception):
    """No complete answer came: no connection, a time-out, a broken stream, too large, too many redirects."""


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """An answer that has been read whole."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Wanted(Enum):
    """What the reader of a body says to a piece of it: when it wants the next."""

    AT_ONCE = "at once"
    SOON = "soon"
    """Within the time that nobody sees on a screen: it may come together with others."""
    NOTHING = "nothing"
    """That was all that matters."""


class HttpStream(Protocol):
    """An answer whose body is read as it comes. `read()` gives the rest at once (for error bodies)."""

    status: int
    headers: Mapping[str, str]

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def pour(self, take: Callable[[bytes], Wanted]) -> None:
        """Hand every piece to `take` as it comes, without waking this task for each. Returns when `take` wants nothing more,
        or at the end. Raises what `take` raises, HttpFailed."""
        ...

    async def read(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class HttpCall:
    """One request. Redirects are followed hop by hop, each address held against the deny list."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    form: Mapping[str, Any] | None = None
    """Multipart fields; a value is text, `(file name, bytes, media type)`, or a list of these. Not together with `body`."""
    reach: Reach = Reach.PUBLIC
    timeout_seconds: float = 120.0
    """For `request`: the whole call. For `stream`: the longest silence."""
    max_bytes: int = 50 * 1024 * 1024
    """Of the answer's body; a larger one is HttpFailed."""
    follow_redirects: bool = True
    trusted: bytes = b""
    """Certificates of authorities to trust beside the machine's own, as PEM; for the host of `url` alone."""
    is_exact: bool = False
    """The path and the query are percent-encoded, and are sent as they are: a signature was made over them."""


class HttpClient(Protocol):
    """One for each process; it keeps connections."""

    async def request(self, call: HttpCall) -> HttpResponse:
        """The whole answer, whatever its status. Raises HttpDenied, HttpFailed."""
        ...

    def stream(self, call: HttpCall) -> AbstractAsyncContextManager[HttpStream]:
        """The answer as it comes. Raises HttpDenied, HttpFailed."""
        ...
