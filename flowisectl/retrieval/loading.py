"""What all document loaders do with what they read: split it, add metadata, hand it on as documents or as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.interfaces.document import Document
from flowisectl.retrieval.splitting import TextSplitter, split_documents


def loaded(
    documents: Sequence[Document], *, splitter: TextSplitter | None = None, metadata: Mapping[str, Any] | None = None, omitted: str = ""
) -> list[Document]:
    """The documents, split, with the node's metadata over their own.

    `omitted` lists metadata keys to leave out, between commas; `*` leaves out all of the loader's own.
    """
    chunks = split_documents(splitter, documents) if splitter is not None else documents
    drop = {key.strip() for key in omitted.split(",") if key.strip()}
    return [
        Document(page_content=chunk.page_content, metadata=_merged(chunk.metadata, metadata or {}, drop), id=chunk.id) for chunk in chunks
    ]


def as_text(documents: Sequence[Document]) -> str:
    """The text of all documents, a line end after each."""
    return "".join(f"{document.page_content}\n" for document in documents)


def _merged(own: Mapping[str, Any], given: Mapping[str, Any], drop: set[str]) -> dict[str, Any]:
    if "*" in drop:
        return dict(given)
    return {key: value for key, value in {**own, **given}.items() if key not in drop}
