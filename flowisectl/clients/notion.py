"""Reading pages and databases over Notion's REST API (https://developers.notion.com/reference/intro)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.errors import FlowError
from flowisectl.interfaces.http import HttpClient

URL = "https://api.notion.com/v1"
VERSION = "2022-06-28"
PAGE = 100
MAX_DEPTH = 20
MAX_REQUESTS = 5000
"""Of one load: every page and every block with others inside it takes at least one."""


class Notion:
    """One for each load: it counts its requests."""

    def __init__(self, http: HttpClient, token: str) -> None:
        headers = {"authorization": f"Bearer {token}", "notion-version": VERSION}
        self._service = RestService(http, provider="notion", base_url=URL, headers=headers, secrets=(token,), retries=2)
        self._left = MAX_REQUESTS

    async def page(self, page_id: str) -> Mapping[str, Any]:
        """A page's properties and times. Raises ProviderError."""
        answer = await self._ask("GET", f"/pages/{_id(page_id)}")
        return answer

    async def rows(self, database_id: str) -> list[Mapping[str, Any]]:
        """The pages of a database. Raises ProviderError."""
        found: list[Mapping[str, Any]] = []
        cursor: Any = None
        while True:
            request = {"page_size": PAGE, **({"start_cursor": cursor} if cursor else {})}
            answer = await self._ask("POST", f"/databases/{_id(database_id)}/query", request)
            found += [row for row in answer.get("results") or [] if isinstance(row, Mapping)]
            cursor = answer.get("next_cursor")
            if not cursor:
                return found

    async def blocks(self, block_id: str, depth: int = 0) -> list[dict[str, Any]]:
        """What is in a page, those inside a block under its `children`; other pages are not entered. Raises ProviderError."""
        found: list[dict[str, Any]] = []
        cursor: Any = None
        while True:
            query = {"page_size": PAGE, **({"start_cursor": cursor} if cursor else {})}
            answer = await self._ask("GET", f"/blocks/{_id(block_id)}/children", query=query)
            found += [dict(block) for block in answer.get("results") or [] if isinstance(block, Mapping)]
            cursor = answer.get("next_cursor")
            if not cursor:
                break
        for block in found:
            if block.get("has_children") and block.get("type") not in ("child_page", "child_database") and depth < MAX_DEPTH:
                block["children"] = await self.blocks(str(block.get("id")), depth + 1)
        return found

    async def _ask(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        self._left -= 1
        if self._left < 0:
            raise FlowError(f"reading from Notion took more than {MAX_REQUESTS} requests: choose a smaller page or database")
        answer = await self._service.json(method, path, body, query=query)
        return answer if isinstance(answer, Mapping) else {}


def _id(given: str) -> str:
    return quote(given.strip(), safe="")
