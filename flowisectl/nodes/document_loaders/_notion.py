"""What the loaders of Notion share: a page with its text and its properties as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowisectl.clients.notion import Notion
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.notion_text import page_markdown, page_title, property_value

Blocks = Sequence[Mapping[str, Any]]


def notion_of(inputs: NodeInputs, context: RunContext) -> Notion:
    return Notion(context.http, require_key(inputs, "notionIntegrationToken"))


def page_document(page: Mapping[str, Any], blocks: Blocks) -> Document:
    """The title above the text; the rest in the metadata."""
    title = page_title(page)
    text = page_markdown(blocks)
    own = {name: value for name, value in page.items() if name not in ("id", "properties")}
    properties = {name: property_value(value) for name, value in (page.get("properties") or {}).items() if isinstance(value, Mapping)}
    content = "\n\n".join(part for part in (f"# {title}" if title else "", text) if part)
    return Document(page_content=content, metadata={**own, "properties": properties, "notionId": page.get("id")})


def inner(blocks: Blocks, kind: str) -> Iterator[str]:
    """The ids of the pages or databases that stand in a page, at any depth."""
    for block in blocks:
        if block.get("type") == kind:
            yield str(block.get("id"))
        yield from inner(block.get("children") or [], kind)
