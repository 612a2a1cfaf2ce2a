"""What the loaders share whose documents are the finds of a web search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.interfaces.document import Document


def parts_of(answer: Any, parts: Sequence[str], *, source: str) -> list[Document]:
    """The parts of an answer that are there, each find a document: its JSON, with the part's name beside it."""
    found: list[Document] = []
    for part in parts:
        value = answer.get(part) if isinstance(answer, Mapping) else None
        items = value if isinstance(value, list) else [value] if value else []
        found += [Document(page_content=orjson.dumps(item).decode(), metadata={"source": source, "responseType": part}) for item in items]
    return found
