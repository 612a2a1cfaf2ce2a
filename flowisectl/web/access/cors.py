"""Cross-origin rules: which origins may read our answers.

A refused origin gets no CORS headers; the request itself is processed. An allowed origin is echoed, never `*`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from flowisectl.web.requests.ids import is_uuid4

Headers = list[tuple[bytes, bytes]]
FlowDomains = Callable[[str], Awaitable[Sequence[str]]]
"""Flow id → the domains that its owner allows; empty for an unknown flow or one without a list."""

SESSION_PATHS = frozenset(
    f"/api/v1/{path}"
    for path in (
        "auth/login",
        "auth/refreshToken",
        "account/register",
        "azure/callback",
        "google/callback",
        "auth0/callback",
        "github/callback",
    )
)
FLOW_SLUGS = ("/prediction/", "/public-chatbotConfig/", "/chatflows-streaming/")
NO_ORIGIN: Headers = [(b"vary", b"Origin")]
"""On the answer to a request that names no origin: what another origin would get may differ."""
MCP_PREFIX = "/api/v1/mcp/"
SPEECH_PATH = "/api/v1/text-to-speech/generate"
"""Which flow it speaks for stands in its body, so its route asks the flow's list itself."""
METHODS = b"GET,HEAD,PUT,PATCH,POST,DELETE"


class CorsPolicy:
    """CORS_ORIGINS (a comma list or `*`; nothing by default), CORS_ALLOW_CREDENTIALS, APP_URL; MCP_CORS_ORIGINS for `/mcp/`."""

    def __init__(self, *, origins: str, allow_credentials: bool, app_url: str, mcp_origins: str = "") -> None:
        self._listed = _listed(origins)
        self._mcp = _listed(mcp_origins)
        self._allows_all = "*" in self._listed
        self._credentials = allow_credentials and not self._allows_all
        self._app_origin = _origin_of(app_url)

    async def allows(self, origin: str, path: str, flow_domains: FlowDomains) -> bool:
        """Whether a page of this origin may read the answer of this path."""
        origin = origin.lower()
        if origin == "null":
            return False
        if path in SESSION_PATHS:
            return origin == self._app_origin or origin in self._listed
        if path.startswith(MCP_PREFIX):
            return "*" in self._mcp or origin in self._mcp
        if self._allows_all or origin in self._listed or path == SPEECH_PATH:
            return True
        flow_id = flow_id_in(path)
        if flow_id is None:
            return False
        return is_domain_allowed(origin, await flow_domains(flow_id))

    def headers(self, origin: str) -> Headers:
        """The headers of an answer to an allowed origin."""
        found = [(b"access-control-allow-origin", origin.encode("latin-1", "ignore")), (b"vary", b"Origin")]
        return [*found, (b"access-control-allow-credentials", b"true")] if self._credentials else found

    def preflight_headers(self, origin: str | None, requested: bytes) -> Headers:
        """The headers of the 204 to an allowed preflight, or to an OPTIONS request that names no origin; `requested` is its
        Access-Control-Request-Headers."""
        found = [
            *([(b"access-control-allow-origin", origin.encode("latin-1", "ignore"))] if origin else []),
            (b"vary", b"Origin, Access-Control-Request-Headers"),
            (b"access-control-allow-methods", METHODS),
            (b"content-length", b"0"),
        ]
        if requested:
            found.append((b"access-control-allow-headers", requested))
        if self._credentials:
            found.append((b"access-control-allow-credentials", b"true"))
        return found


def _listed(origins: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in origins.split(",") if part.strip())


def flow_id_in(path: str) -> str | None:
    """The id of the flow that a path with rules of its own is about; None for any other path."""
    for slug in FLOW_SLUGS:
        _, found, rest = path.partition(slug)
        if found:
            flow_id = rest.split("/", 1)[0]
            return flow_id if is_uuid4(flow_id) else None
    return None


def is_domain_allowed(origin: str, domains: Sequence[str]) -> bool:
    """Whether a flow's own list allows an origin: host and port must be equal. No list, or an empty first entry, allows all."""
    if not domains or domains[0] == "":
        return True
    host = _host_of(origin)
    return host is not None and any(_host_of(domain) == host for domain in domains)


def _host_of(url: str) -> str | None:
    """Host and port in lower case, without a port that the scheme implies; None for what is no URL."""
    try:
        parts = urlsplit(url.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname:
        return None
    return parts.hostname if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f"{parts.hostname}:{port}"


def _origin_of(url: str) -> str:
    parts = urlsplit(url.strip().lower())
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
