"""Builds a store's node against a script, and reads what it asked."""

from __future__ import annotations

from typing import Any

import orjson
from service_answers import TinyEmbeddings

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.interfaces.document import Document
from flowisectl.testing import ScriptedHttp, run_context

DOCUMENTS = [
    Document(page_content="aa", metadata={"source": "x", "loc": {"page": 1}, "tags": ["t", 1], "none": None}, id="id-1"),
    Document(page_content="ab", metadata={}, id="9b2e9d52-0b3c-4f0a-8d1c-000000000001"),
]


async def built(node: Node, http: ScriptedHttp, output: str = "vectorStore", credential: Any = None, **inputs: Any) -> Any:
    values = {"embeddings": TinyEmbeddings(), **inputs}
    return await node.build(NodeInputs(values, node_id="s_0", label="Store", output=output, credential=credential), run_context(http=http))


def sent(http: ScriptedHttp, place: int = -1) -> Any:
    """The JSON of one request."""
    return orjson.loads(http.calls[place].body or b"null")


def asked(http: ScriptedHttp) -> list[tuple[str, str]]:
    """Method and path of every request."""
    return [(call.method, "/" + call.url.split("/", 3)[3]) for call in http.calls]
