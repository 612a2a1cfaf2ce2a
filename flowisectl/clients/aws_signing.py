"""Signatures of requests to AWS, version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from flowisectl.clients.http_hop import parse_url

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, kw_only=True)
class AwsKeys:
    """Who asks. Temporary keys come with a session token."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not show in a message."""
        return (self.access_key, self.secret_key, self.session_token)


def aws_quote(text: str, safe: str = "") -> str:
    """Percent-encoding as AWS has it: all but letters, digits and `-_.~`, and what `safe` names."""
    return quote(text, safe=_UNRESERVED + safe)


def signed_headers(
    keys: AwsKeys, *, method: str, url: str, headers: Mapping[str, str], body: bytes, region: str, service: str, now: datetime | None = None
) -> dict[str, str]:
    """The headers with those that sign the request. The path of `url` is signed as it stands: it has to be sent unchanged.

    `now` is the time of the signature, which AWS takes for a quarter of an hour. Requests to S3 name the sum of their body.
    """
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(body).hexdigest()
    given = {name.lower(): value for name, value in headers.items()} | {"x-amz-date": moment}
    if keys.session_token:
        given["x-amz-security-token"] = keys.session_token
    if service == "s3":
        given["x-amz-content-sha256"] = payload
    signed = {name: value for name, value in given.items() if name == "content-type" or name.startswith("x-amz-")} | {"host": host_of(url)}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in sorted(signed))
    path, query = _path_and_query(url)
    # S3 takes paths as they are; all others encode the path once more.
    canonical_path = path if service == "s3" else aws_quote(path, "/")
    canonical = "\n".join((method, canonical_path, _canonical_query(query), lines, names, payload))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_signing_key(keys.secret_key, moment[:8], region, service), text.encode(), hashlib.sha256).hexdigest()
    return given | {
        "authorization": f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}",
    }


def host_of(url: str) -> str:
    """The `host` header of an address: the port only when it is not the usual one."""
    parsed = parse_url(url)
    host = parsed.raw_host or ""
    name = f"[{host}]" if ":" in host else host
    return name if parsed.is_default_port() else f"{name}:{parsed.port}"


def _path_and_query(url: str) -> tuple[str, str]:
    rest = url.partition("://")[2]
    place, _, query = rest.partition("?")
    return "/" + place.partition("/")[2], query


def _canonical_query(query: str) -> str:
    pairs = [(aws_quote(name), aws_quote(value)) for name, value in parse_qsl(query, keep_blank_values=True)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@lru_cache(maxsize=64)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
