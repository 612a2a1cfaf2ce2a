"""What vector store nodes share: the way from an index to what the chosen output gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.vector_index import VectorIndex
from flowisectl.retrieval.embedded_store import Diversity, EmbeddedStore
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import DEFAULT_COUNT


def opened(
    index: VectorIndex, inputs: NodeInputs, context: RunContext, *, records_name: str = "", omitted_metadata: Sequence[str] = ()
) -> EmbeddedStore | StoreRetriever:
    """The store, or a retriever over it. Inputs `embeddings`, `topK`, `fileUpload`, `searchType`, `fetchK`, `lambda`.

    With `fileUpload` a chat sees its own uploads and what belongs to no chat.
    """
    store = EmbeddedStore(
        index,
        inputs.require("embeddings"),
        count=inputs.integer("topK") or DEFAULT_COUNT,
        chat_id=context.chat_id if inputs.flag("fileUpload") else "",
        diversity=_diversity(inputs),
        records_name=records_name,
        omitted_metadata=omitted_metadata,
    )
    return store if inputs.output == "vectorStore" else StoreRetriever(store, store.count)


def conditions_of(name: str, inputs: NodeInputs) -> dict[str, Any]:
    """The filter in a JSON input."""
    value = inputs.json(name)
    return dict(value) if isinstance(value, Mapping) else {}


def _diversity(inputs: NodeInputs) -> Diversity | None:
    if inputs.text("searchType", "similarity") != "mmr":
        return None
    balance = inputs.number("lambda")
    return Diversity(candidates=inputs.integer("fetchK") or 20, balance=0.5 if balance is None else min(max(balance, 0.0), 1.0))
