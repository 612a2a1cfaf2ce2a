"""Node types that old exports name and that Flowise itself no longer has, each with what took its place."""

from __future__ import annotations

from collections.abc import Mapping

_STORES = ("pinecone", "chroma", "faiss", "weaviate", "supabase", "qdrant", "milvus", "redis", "elasticsearch", "singlestore", "vectara")

REPLACEMENTS: Mapping[str, str] = {
    **{f"{store}{purpose}": store for store in _STORES for purpose in ("ExistingIndex", "Upsert")},
    "openSearchUpsert": "openSearch",
    "openSearchExistingIndex": "openSearch",
    "zepUpsert": "zep",
    "zepExistingIndex": "zep",
    "inMemoryVectorStore": "memoryVectorStore",
    "openAIFunctionAgent": "toolAgent",
    "openAIToolAgent": "toolAgent",
    "mistralAIToolAgent": "toolAgent",
    "conversationalRetrievalAgent": "conversationalRetrievalToolAgent",
    "mrklAgentChat": "reactAgentChat",
    "mrklAgentLLM": "toolAgent",
    "mrlkAgentChat": "reactAgentChat",
    "mrlkAgentLLM": "toolAgent",
    "autoGPT": "toolAgent",
    "babyAGI": "toolAgent",
    "aiPlugin": "openAPIToolkit",
    "zapierNLA": "customMCP",
    "readFile": "",
    "writeFile": "",
    "motorheadMemory": "bufferMemory",
    "endAgentflow": "",
}
"""Old name → the node to use instead; an empty text for one that nothing replaces."""


def remedy_for(name: str) -> str:
    """What to do about a node type that is not here, in one line."""
    instead = REPLACEMENTS.get(name)
    if instead is None:
        return "replace the node; `flowisectl nodes list` shows what runs"
    gone = "Flowise no longer has it either"
    return f"{gone}: replace it by {instead}" if instead else f"{gone}: remove it, or replace it"
