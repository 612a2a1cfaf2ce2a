"""Small flows that load documents."""

from __future__ import annotations

from typing import Any

import orjson

TEXT = "One bridge is blue.\n\nTwo bridges are red."


def node(node_id: str, name: str, category: str, *, output: str = "", credential: str = "", **inputs: Any) -> dict[str, Any]:
    data = {
        "id": node_id,
        "name": name,
        "label": name,
        "category": category,
        "inputs": inputs,
        "inputParams": [{"name": key, "label": key, "type": "string"} for key in inputs if key not in ("document", "embeddings")],
        "outputs": {"output": output} if output else {},
        "credential": credential,
    }
    return {"id": node_id, "data": data}


def rag_flow(embeddings_url: str, credential_id: str, text: str = TEXT) -> str:
    """A text, cut into pieces, in a memory store with embeddings."""
    nodes = [
        node("splitter_0", "recursiveCharacterTextSplitter", "Text Splitters", chunkSize=25, chunkOverlap=0),
        node("text_0", "plainText", "Document Loaders", output="document", text=text, textSplitter="{{splitter_0.data.instance}}"),
        node("embeddings_0", "openAIEmbeddings", "Embeddings", credential=credential_id, modelName="m", basepath=embeddings_url),
        node("store_0", "memoryVectorStore", "Vector Stores", output="retriever", document=["{{text_0.data.instance}}"],
             embeddings="{{embeddings_0.data.instance}}"),
    ]  # fmt: skip
    pairs = [("splitter_0", "text_0"), ("text_0", "store_0"), ("embeddings_0", "store_0")]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b, "sourceHandle": f"{a}-output", "targetHandle": b} for a, b in pairs]
    return orjson.dumps({"nodes": nodes, "edges": edges}).decode()
