"""Threads and runs of assistants that live at OpenAI or Azure (https://platform.openai.com/docs/api-reference/assistants, version 2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.url_text import climbs

OPENAI_URL = "https://api.openai.com/v1"
AZURE_VERSION = "2024-05-01-preview"
VERSION = {"openai-beta": "assistants=v2"}
_DONE = b"[DONE]"


class OpenAIAssistants:
    """`query` stands behind every address, as Azure wants its version."""

    def __init__(self, http: HttpClient, *, url: str, headers: Mapping[str, str], key: str, query: Mapping[str, str] | None = None) -> None:
        own = {**VERSION, **headers}
        self._url = url.rstrip("/")
        self._query = dict(query or {})
        self._service = RestService(http, provider="openai", base_url=self._url, headers=own, secrets=(key,), retries=2)
        # A run that is begun twice would answer twice.
        self._runs = ModelEndpoint(http, provider="openai", headers=own, secrets=(key,), max_retries=0)

    async def tools_of(self, assistant_id: str) -> list[Mapping[str, Any]]:
        """The assistant's tools at the provider that it needs nobody for: its code interpreter, its file search."""
        answer = await self._json("GET", f"/assistants/{_id(assistant_id)}")
        return [tool for tool in answer.get("tools") or [] if isinstance(tool, Mapping) and tool.get("type") != "function"]

    async def new_thread(self) -> str:
        return str((await self._json("POST", "/threads", {})).get("id") or "")

    async def say(self, thread_id: str, text: str) -> None:
        """Put a user's message into a thread. Raises ProviderError."""
        await self._json("POST", f"/threads/{_id(thread_id)}/messages", {"role": "user", "content": text})

    def run(self, thread_id: str, request: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        """The objects of a run as they come: runs, messages, pieces of messages. Raises ProviderError."""
        return self._objects(f"/threads/{_id(thread_id)}/runs", request)

    def submit(self, thread_id: str, run_id: str, outputs: Sequence[Mapping[str, str]]) -> AsyncIterator[Mapping[str, Any]]:
        """Go on with a run that waits for what its tools give (`{tool_call_id, output}`)."""
        path = f"/threads/{_id(thread_id)}/runs/{_id(run_id)}/submit_tool_outputs"
        return self._objects(path, {"tool_outputs": list(outputs)})

    async def cancel(self, thread_id: str, run_id: str) -> None:
        """A thread takes no message while a run goes on. Never raises ProviderError."""
        with suppress(ProviderError):
            await self._json("POST", f"/threads/{_id(thread_id)}/runs/{_id(run_id)}/cancel", {})

    async def file_name(self, file_id: str) -> str:
        """Without a path in front. Raises ProviderError."""
        answer = await self._json("GET", f"/files/{_id(file_id)}")
        return str(answer.get("filename") or file_id).replace("\\", "/").rpartition("/")[2]

    async def file_content(self, file_id: str) -> bytes:
        response = await self._service.call("GET", f"/files/{_id(file_id)}/content", query=self._query or None)
        return response.body

    async def _json(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        answer = await self._service.json(method, path, body, query=self._query or None)
        return answer if isinstance(answer, Mapping) else {}

    async def _objects(self, path: str, request: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        if climbs(path):
            raise self._runs.error("openai: an id is '.' or '..', which is none: give the right one")
        suffix = "?" + "&".join(f"{name}={quote(value)}" for name, value in self._query.items()) if self._query else ""
        async for lot in self._runs.events(f"{self._url}{path}{suffix}", {**request, "stream": True}):
            for data in lot:
                if data.strip() == _DONE:
                    return
                try:
                    found = orjson.loads(data)
                except ValueError as error:
                    raise self._runs.error("openai sent something in a stream that is not JSON") from error
                if not isinstance(found, dict):
                    continue
                if "object" not in found and ("error" in found or "message" in found):
                    inner = found.get("error")
                    told = inner.get("message") if isinstance(inner, Mapping) else found.get("message")
                    raise self._runs.error(f"openai: the run failed: {told}")
                yield found


def open_assistants(http: HttpClient, fields: Mapping[str, Any], *, is_azure: bool) -> OpenAIAssistants | None:
    """How the owner of a credential reaches the assistants; None when the credential has no key."""
    if is_azure:
        key, instance = str(fields.get("azureOpenAIApiKey") or ""), str(fields.get("azureOpenAIApiInstanceName") or "")
        if not key or not instance:
            return None
        version = str(fields.get("azureOpenAIApiVersion") or AZURE_VERSION)
        return OpenAIAssistants(
            http,
            url=f"https://{quote(instance, safe='')}.openai.azure.com/openai",
            headers={"api-key": key},
            key=key,
            query={"api-version": version},
        )
    key = str(fields.get("openAIApiKey") or "")
    return OpenAIAssistants(http, url=OPENAI_URL, headers={"authorization": f"Bearer {key}"}, key=key) if key else None


def _id(given: str) -> str:
    return quote(given, safe="")
