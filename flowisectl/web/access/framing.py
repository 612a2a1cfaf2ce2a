"""Framing headers: which sites may show our answers in a frame (IFRAME_ORIGINS)."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]


def framing_headers(origins: str) -> Headers:
    """The headers of every answer. `origins` is `*`, `'self'`, `'none'` or a comma list of origins."""
    value = origins.strip() or "'self'"
    listed = " ".join(part.strip() for part in value.split(",") if part.strip())
    headers = [(b"content-security-policy", f"frame-ancestors {listed}".encode("latin-1", "ignore"))]
    if listed == "'self'":
        headers.append((b"x-frame-options", b"SAMEORIGIN"))
    elif listed == "'none'":
        headers.append((b"x-frame-options", b"DENY"))
    return headers
