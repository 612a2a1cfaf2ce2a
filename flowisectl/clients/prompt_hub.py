"""The public prompts of LangSmith's hub, read without a key.

Wire: https://docs.langchain.com/langsmith/smith-api : `GET /repos` lists `{repos, total}`, `GET /commits/<owner>/<repo>/<commit>`
gives `{commit_hash, manifest}`; a manifest is LangChain's serialised prompt (`{lc, type, id, kwargs}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from flowisectl.errors import InvalidRequest, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed

HUB = "https://api.smith.langchain.com"
SECONDS = 15.0
LARGEST_ANSWER = 5 * 1024 * 1024
LISTED = 100
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}/[A-Za-z0-9._-]{1,100}(?:[:/][A-Za-z0-9._-]{1,100})?")
_KINDS = {
    "SystemMessagePromptTemplate": ("systemMessagePrompt", "System Message"),
    "HumanMessagePromptTemplate": ("humanMessagePrompt", "Human Message"),
    "AIMessagePromptTemplate": ("aiMessagePrompt", "AI Message"),
    "PromptTemplate": ("template", "Prompt"),
}


async def list_prompts(client: HttpClient, tags: str = "") -> list[Any]:
    """Public prompts, most liked first; `tags` is a comma list. Raises ProviderError."""
    query = [("limit", str(LISTED)), ("is_public", "true"), ("is_archived", "false"), ("has_commits", "true")]
    query += [("sort_field", "num_likes"), ("sort_direction", "desc")]
    query += [("tags", tag.strip()) for tag in tags.split(",") if tag.strip()]
    repos = (await _get(client, f"/repos?{urlencode(query)}")).get("repos")
    return repos if isinstance(repos, list) else []


async def load_prompt(client: HttpClient, name: str) -> dict[str, Any]:
    """The manifest of `owner/repo`, or of one commit of it (`owner/repo:commit`). Raises InvalidRequest, ProviderError."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest("promptName must be owner/name, or owner/name:commit")
    owner, repo, *commit = re.split("[:/]", name)
    path = "/".join(quote(part, safe="") for part in (owner, repo, *(commit or ["latest"])))
    manifest = (await _get(client, f"/commits/{path}")).get("manifest")
    if not isinstance(manifest, dict):
        raise _failed(f"LangSmith's hub has no prompt {name}, or does not show it without a key")
    return manifest


def templates_of(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """`{type, typeDisplay, template}` of each text in a prompt, in order."""
    return [{"type": kind, "typeDisplay": label, "template": text} for (kind, label), text in _texts(manifest)]


def _texts(value: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    path, given = value.get("id"), value.get("kwargs")
    name, kwargs = str(path[-1]) if isinstance(path, list) and path else "", given if isinstance(given, Mapping) else {}
    if isinstance(messages := kwargs.get("messages"), list):
        for message in messages:
            if isinstance(message, Mapping):
                yield from _texts(message)
        return
    prompt = kwargs.get("prompt")
    inner = prompt.get("kwargs") if isinstance(prompt, Mapping) else kwargs
    text = inner.get("template") if isinstance(inner, Mapping) else None
    if name in _KINDS and isinstance(text, str):
        yield _KINDS[name], text


async def _get(client: HttpClient, path: str) -> dict[str, Any]:
    call = HttpCall(method="GET", url=HUB + path, headers={"accept": "application/json"}, timeout_seconds=SECONDS, max_bytes=LARGEST_ANSWER)
    try:
        answer = await client.request(call)
        data = orjson.loads(answer.body) if answer.status == 200 else None
    except (HttpDenied, HttpFailed, ValueError) as error:
        raise _failed(f"LangSmith's hub cannot be read ({error}): prompts of one's own need no hub") from error
    if not isinstance(data, dict):
        raise _failed(f"LangSmith's hub answered with status {answer.status} and nothing that could be read")
    return data


def _failed(message: str) -> ProviderError:
    return ProviderError(message, provider="LangSmith")
