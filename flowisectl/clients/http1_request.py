"""The head of an HTTP/1.1 request, as bytes."""

from __future__ import annotations

from base64 import b64encode

from yarl import URL

from flowisectl.clients.http_hop import Hop, HttpUnusable


def request_head(hop: Hop) -> bytes:
    """The request line and the headers. Raises HttpUnusable for headers that cannot be sent."""
    target = hop.target
    headers = {"host": _authority(target), "user-agent": "flowisectl", "accept": "*/*", "accept-encoding": "identity"}
    if target.user is not None:
        headers["authorization"] = "Basic " + b64encode(f"{target.user}:{target.password or ''}".encode()).decode()
    for name, value in hop.headers.items():
        headers[name.lower()] = value
    if hop.body is not None or hop.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(hop.body or b""))
    text = "\r\n".join([f"{hop.method} {target.raw_path_qs} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()]])
    count = len(headers)
    try:
        data = text.encode() + b"\r\n\r\n"
    except UnicodeEncodeError:
        data = b""
    if not data or text.count("\r") != count or text.count("\n") != count or "\0" in text:
        raise HttpUnusable(f"the call of {hop.place} cannot be sent: check its address and headers")
    return data


def _authority(target: URL) -> str:
    host = target.raw_host or ""
    name = f"[{host}]" if ":" in host else host
    return name if target.is_default_port() else f"{name}:{target.port}"
