"""The inputs and outputs that many vector store nodes have alike."""

from __future__ import annotations

from flowisectl.engine.node import NodeOutput, NodeParam, Option

DOCUMENT = NodeParam("document", "Document", "Document", optional=True, list=True)
EMBEDDINGS = NodeParam("embeddings", "Embeddings", "Embeddings")
RECORD_MANAGER = NodeParam("recordManager", "Record Manager", "RecordManager", optional=True)
FILE_UPLOAD = NodeParam(
    "fileUpload",
    "File Upload",
    "boolean",
    optional=True,
    additional=True,
    description="A chat finds what was uploaded in it, and what belongs to no chat",
)
TOP_K = NodeParam("topK", "Top K", "number", optional=True, additional=True)
DIVERSITY = (
    NodeParam(
        "searchType",
        "Search Type",
        "options",
        default="similarity",
        optional=True,
        options=(Option("Similarity", "similarity"), Option("Max Marginal Relevance", "mmr")),
        additional=True,
    ),
    NodeParam("fetchK", "Fetch K (for MMR Search)", "number", optional=True, additional=True),
    NodeParam("lambda", "Lambda (for MMR Search)", "number", optional=True, additional=True),
)


def base_classes(name: str) -> tuple[str, ...]:
    """What a retriever over a store is to the editor."""
    return name, "VectorStoreRetriever", "BaseRetriever"


def outputs(label: str, name: str = "") -> tuple[NodeOutput, ...]:
    """The retriever and the store; `name` is the base class where it is not the label."""
    return (
        NodeOutput("retriever", f"{label} Retriever", base_classes(name or label)),
        NodeOutput("vectorStore", f"{label} Vector Store", (name or label, "VectorStore")),
    )
