"""A small client of the prediction API, on the standard library."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from flowisectl.cli.failure import CommandFailed

TIMEOUT_SECONDS = 600
"""The longest silence of the server."""
SHOWN_ID = 8
"""Of a job's id, as in every list of jobs."""


@dataclass(frozen=True)
class Answer:
    text: str
    raw: str


@dataclass(frozen=True)
class Event:
    """One event of a stream: `token`, `metadata`, `agentFlowEvent` …"""

    name: str
    data: Any
    raw: str


class PredictionClient:
    """`has_jobs`: whether `flowisectl jobs` knows the jobs of that server, so that a failure can point there."""

    def __init__(self, url: str, *, api_key: str = "", has_jobs: bool = False) -> None:
        self._url = url
        self._api_key = api_key
        self._has_jobs = has_jobs

    def ask(self, flow_id: str, body: Mapping[str, Any]) -> Answer:
        """The whole answer. Raises CommandFailed with what the server said."""
        with self._post(flow_id, body) as response, self._job_named(response.headers):
            raw = _read(response, self._url)
        try:
            data = json.loads(raw)
        except ValueError:
            return Answer(raw, raw)
        if isinstance(data, dict) and "text" in data:
            return Answer(str(data["text"]), raw)
        value = data.get("json", data) if isinstance(data, dict) else data
        return Answer(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2), raw)

    def stream(self, flow_id: str, body: Mapping[str, Any]) -> Iterator[Event]:
        """The events in order, up to `end`. Raises CommandFailed for an `error` event and for a stream that breaks off."""
        with self._post(flow_id, {**body, "streaming": True}) as response, self._job_named(response.headers):
            if "text/event-stream" not in (response.headers.get("Content-Type") or ""):
                raw = _read(response, self._url)
                text = json.loads(raw).get("text", raw) if raw.startswith("{") else raw
                yield Event("token", text, raw)
                return
            yield from self._events(response)

    def _events(self, response: http.client.HTTPResponse) -> Iterator[Event]:
        try:
            for line in response:
                if not line.startswith(b"data:"):
                    continue
                raw = line[5:].strip().decode("utf-8")
                event = json.loads(raw)
                name, data = event.get("event", ""), event.get("data")
                if name == "end":
                    return
                if name == "error":
                    raise CommandFailed(_plain(str(data)))
                yield Event(name, data, raw)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CommandFailed(f"the stream of {self._url} broke off: {error or type(error).__name__}") from error
        raise CommandFailed(f"the stream of {self._url} broke off before its end")

    def _post(self, flow_id: str, body: Mapping[str, Any]) -> http.client.HTTPResponse:
        headers = {"Content-Type": "application/json"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        try:
            request = Request(f"{self._url}/api/v1/prediction/{flow_id}", json.dumps(body).encode(), headers)
            response: http.client.HTTPResponse = urlopen(request, timeout=TIMEOUT_SECONDS)
        except HTTPError as error:
            with self._job_named(error.headers):
                raise CommandFailed(f"{self._url} answered {error.code}: {_reason(error)}") from error
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            hint = "start one with `flowisectl start`, or give --url"
            raise CommandFailed(f"no server answers at {self._url} ({getattr(reason, 'strerror', None) or reason}): {hint}") from error
        except ValueError as error:
            raise CommandFailed(f"--url {self._url} is no address: write http://host:port") from error
        return response

    @contextmanager
    def _job_named(self, headers: Message) -> Iterator[None]:
        """A failure inside names the job of this answer, and how to look into it."""
        try:
            yield
        except CommandFailed as error:
            job_id = headers.get("X-Job-Id")
            if not job_id:
                raise
            advice = f"; `flowisectl jobs inspect {job_id[:SHOWN_ID]}` shows where" if self._has_jobs else ""
            raise CommandFailed(f"{error} (job {job_id}{advice})") from error


def _reason(error: HTTPError) -> str:
    text = error.read(65_536).decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except ValueError:
        return text.strip() or error.reason
    if isinstance(data, dict):
        return _plain(str(data.get("message") or data.get("error") or text))
    return text


def _plain(text: str) -> str:
    """An error's text without the name of the server's function that stands before it."""
    return re.sub(r"^Error: \w+(\.\w+)? - ", "", text)


def _read(response: http.client.HTTPResponse, url: str) -> str:
    try:
        return response.read().decode("utf-8")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandFailed(f"the answer of {url} broke off: {error or type(error).__name__}") from error
