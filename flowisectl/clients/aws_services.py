"""Where the services of AWS are reached, and their requests: signed JSON for models and tables, forms and files for the others."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack
from urllib.parse import urlencode
from xml.etree import ElementTree

from flowisectl.clients.aws_signing import AwsKeys, signed_headers
from flowisectl.clients.endpoint import ModelEndpoint, Patience, Pause
from flowisectl.errors import InvalidFlow, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse, Reach

SECONDS = 60.0
MAX_TRIES = 3
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}")
_PASSING = frozenset((429, 500, 502, 503, 504))
_MESSAGE_CHARS = 1000
_ANSWER_BYTES = 10 * 1024 * 1024


def check_region(region: str, owner: str) -> str:
    """The region. It becomes a part of addresses: raises InvalidFlow for what is none."""
    if not _REGION.fullmatch(region):
        raise InvalidFlow(f"{owner}: {region!r} is no region of AWS, such as us-east-1")
    return region


def service_url(service: str, region: str) -> str:
    """The address of a service. `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL` of the environment win, as AWS's own clients have it.

    Raises InvalidFlow for what is no region.
    """
    check_region(region, f"AWS {service}")
    own = os.environ.get(f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    ending = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return own.rstrip("/") if own else f"https://{service}.{region}.{ending}"


class AwsEndpoint(ModelEndpoint):
    """A service of AWS with a JSON API; every call is signed. `service` is the name that signatures carry."""

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        provider: str,
        service: str,
        region: str,
        headers: Mapping[str, str] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        super().__init__(http, provider=provider, headers=headers or {}, secrets=keys.secrets, **patience)
        self._keys = keys
        self._service = service
        self._region = region

    def _call(self, url: str, body: Mapping[str, Any], timeout_seconds: float, headers: Mapping[str, str] | None = None) -> HttpCall:
        call = super()._call(url, body, timeout_seconds, headers)
        signed = signed_headers(
            self._keys, method="POST", url=url, headers=call.headers, body=call.body or b"", region=self._region, service=self._service
        )
        return replace(call, headers=signed, is_exact=True, follow_redirects=False)


class AwsService:
    """A service of AWS that answers in XML or with files. A call that AWS could not take is tried again, at most twice."""

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        provider: str,
        service: str,
        region: str,
        base_url: str = "",
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.provider = provider
        self._http = http
        self._keys = keys
        self._service = service
        self._region = region
        self._base_url = (base_url or service_url(service, region)).rstrip("/")
        self._pause = pause

    async def form(self, fields: Mapping[str, str]) -> ElementTree.Element:
        """The answer to a form, such as `Action=Publish&…`. Raises ProviderError."""
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self.xml(await self.call("POST", "/", body=urlencode(fields).encode(), headers=headers))

    async def call(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, max_bytes: int = _ANSWER_BYTES
    ) -> bytes:
        """The body of a success. `path` is encoded already. Raises ProviderError."""
        url = self._base_url + path
        for tries in range(1, MAX_TRIES + 1):
            signed = signed_headers(
                self._keys, method=method, url=url, headers=headers or {}, body=body, region=self._region, service=self._service
            )
            call = HttpCall(
                method=method,
                url=url,
                headers=signed,
                body=body if method != "GET" else None,
                reach=Reach.ENDPOINT,
                timeout_seconds=SECONDS,
                max_bytes=max_bytes,
                follow_redirects=False,
                is_exact=True,
            )
            try:
                response = await self._http.request(call)
            except (HttpFailed, HttpDenied) as error:
                raise self.error(f"{self.provider}: {error}") from error
            if 200 <= response.status < 300:
                return response.body
            if response.status not in _PASSING or tries == MAX_TRIES:
                break
            await self._pause(0.5 * tries)
        raise self.error(f"{self.provider} refused the request: {response.status} {_said(response)}", response.status)

    def xml(self, body: bytes) -> ElementTree.Element:
        """Raises ProviderError for what is no XML."""
        try:
            return ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            raise self.error(f"{self.provider} answered with something that cannot be read: {error}") from error

    def error(self, message: str, status: int = 0) -> ProviderError:
        for secret in self._keys.secrets:
            message = message.replace(secret, "***") if len(secret) >= 4 else message
        return ProviderError(message[:_MESSAGE_CHARS], provider=self.provider, status=status)


def _said(response: HttpResponse) -> str:
    """`Code: Message` of an error document; the beginning of anything else."""
    try:
        root = ElementTree.fromstring(response.body)
    except ElementTree.ParseError:
        return response.text.strip()[:_MESSAGE_CHARS] or response.reason
    code, message = (
        next((item.text or "" for item in root.iter() if item.tag.rpartition("}")[2] == name), "") for name in ("Code", "Message")
    )
    return f"{code}: {message}" if code and message else code or message or response.reason
