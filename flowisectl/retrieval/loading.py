"""What all document loaders do with what they read: split it, add metadata, hand it on as documents or as text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from flowisectl.interfaces.document import Document
from flowisectl.retrieval.splitting import TextSplitter, split_documents


def loaded(
    documents: Sequence[Document],
    *,
    splitter: TextSplitter | None = None,
    metadata: Mapping[str, Any] | None = None,
    omitted: str = "",
    merged: Collection[str] = (),
) -> list[Document]:
    """The documents, split, with the node's metadata over their own.

    `omitted` lists metadata keys to leave out, between commas; `*` leaves out all of the loader's own. `merged` are keys of
    the node's metadata that are in the documents already.
    """
    chunks = split_documents(splitter, documents) if splitter is not None else documents
    drop = {key.strip() for key in omitted.split(",") if key.strip()}
    return [
        Document(page_content=chunk.page_content, metadata=_left(chunk.metadata, metadata or {}, drop, merged), id=chunk.id)
        for chunk in chunks
    ]


def read_and_loaded(
    read: Callable[[], Sequence[Document]], *, splitter: TextSplitter | None, metadata: Mapping[str, Any], omitted: str
) -> list[Document]:
    """`loaded` of what `read` gives: one piece of work for a child process."""
    return loaded(read(), splitter=splitter, metadata=metadata, omitted=omitted)


def as_text(documents: Sequence[Document]) -> str:
    """The text of all documents, a line end after each."""
    return "".join(f"{document.page_content}\n" for document in documents)


def _left(own: Mapping[str, Any], given: Mapping[str, Any], drop: set[str], merged: Collection[str]) -> dict[str, Any]:
    if "*" in drop:
        return {**{key: value for key, value in own.items() if key in merged}, **given}
    return {key: value for key, value in {**own, **given}.items() if key not in drop}
