"""What the Vectara nodes share: the store that their inputs describe."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.clients.vectara import VectaraSearch, VectaraStore, access_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import DEFAULT_COUNT


def vectara_of(inputs: NodeInputs, context: RunContext) -> VectaraStore | StoreRetriever:
    """The store, or a retriever over it. Files are read when something is added."""

    async def files() -> Sequence[NamedFile]:
        return await files_of("file", inputs, context) if inputs.get("file") else ()

    candidates = inputs.integer("mmrK") or 0
    search = VectaraSearch(
        count=inputs.integer("topK") or DEFAULT_COUNT,
        metadata_filter=inputs.text("filter").strip(),
        sentences_before=max(inputs.integer("sentencesBefore", 2) or 0, 0),
        sentences_after=max(inputs.integer("sentencesAfter", 2) or 0, 0),
        lexical=min(max(inputs.number("lambda") or 0.0, 0.0), 1.0),
        diverse_candidates=max(candidates, 0),
        diversity=min(max(inputs.number("mmrDiversityBias") or 0.0, 0.0), 1.0),
    )
    access = access_of(require_key(inputs, "customerID"), require_key(inputs, "corpusID"), require_key(inputs, "apiKey"))
    store = VectaraStore(context.http, access, search, files=files)
    return store if inputs.output == "vectorStore" else StoreRetriever(store, store.count)
