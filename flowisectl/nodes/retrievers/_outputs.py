"""What retriever nodes share: a node gives the retriever itself, or what it finds as documents or as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowisectl.clients.rerank import Reranker
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs, NodeOutput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.retrieval.loading import as_text
from flowisectl.retrieval.retrievers import RefinedRetriever
from flowisectl.retrieval.store_search import DEFAULT_COUNT


def outputs(label: str, name: str = "") -> tuple[NodeOutput, ...]:
    """The retriever, or what it finds; `name` is the base class where it is not the label."""
    return (
        NodeOutput("retriever", label, (name or label, "BaseRetriever")),
        NodeOutput("document", "Document", ("Document", "json")),
        NodeOutput("text", "Text", ("string", "json")),
    )


async def given(retriever: Retriever, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
    """For the outputs `document` and `text` the retriever is asked at once: the input `query`, else the user's question."""
    if inputs.output not in ("document", "text"):
        return retriever
    documents = await retriever.retrieve(inputs.text("query") or context.request.final_question)
    return as_text(documents) if inputs.output == "text" else documents


def count_of(inputs: NodeInputs, base: Retriever, name: str = "topK") -> int:
    """The node's own number of documents, else that of the retriever below it."""
    below = getattr(base, "count", None)
    return inputs.integer(name) or (below if isinstance(below, int) and below > 0 else DEFAULT_COUNT)


def reranked(base: Retriever, reranker: Reranker, count: int) -> RefinedRetriever:
    """The best `count` documents of a retriever, with `relevance_score` in their metadata."""

    async def refine(question: str, documents: Sequence[Document]) -> list[Document]:
        order = await reranker.order(question, [document.page_content for document in documents], count)
        return [replace(documents[place], metadata={**documents[place].metadata, "relevance_score": score}) for place, score in order]

    return RefinedRetriever(base=base, refine=refine)
