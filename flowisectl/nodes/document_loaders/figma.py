"""The texts and names of a Figma file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://api.figma.com/v1"
MAX_DEPTH = 200


class Figma(Node):
    """https://developers.figma.com/docs/rest-api/file-endpoints/"""

    definition = NodeDefinition(
        name="figma",
        label="Figma",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The texts and names of nodes of a Figma file",
        credential=CredentialParam(("figmaApi",)),
        inputs=(
            NodeParam("fileKey", "File Key", "string", placeholder="key"),
            NodeParam("nodeIds", "Node IDs", "string", placeholder="0, 1, 2"),
            NodeParam("recursive", "Recursive", "boolean", optional=True),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        token = require_key(inputs, "accessToken")
        key, ids = str(inputs.require("fileKey")).strip(), words_of(inputs, "nodeIds")
        if not ids:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no node of the file: fill in its Node IDs")
        service = RestService(context.http, provider="figma", base_url=URL, headers={"x-figma-token": token}, secrets=(token,))
        query = {"ids": ",".join(ids), **({} if inputs.flag("recursive") else {"depth": 1})}
        answer = await service.json("GET", f"/files/{quote(key, safe='')}/nodes", query=query) or {}
        documents = [
            Document(
                page_content="\n".join(_lines(entry["document"], 0)),
                metadata={
                    "source": f"https://www.figma.com/file/{key}",
                    "file": answer.get("name"),
                    "nodeId": node_id,
                    "name": entry["document"].get("name"),
                    "type": entry["document"].get("type"),
                },
            )
            for node_id, entry in (answer.get("nodes") or {}).items()
            if isinstance(entry, Mapping) and isinstance(entry.get("document"), Mapping)
        ]
        return await answer_of(inputs, lambda: documents)


def _lines(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    """A line for each node: its kind and its name, and what a text says."""
    said = str(node.get("characters") or "")
    line = f"{'  ' * min(depth, 20)}{node.get('type')}: {node.get('name')}"
    yield f"{line}: {said}" if said and said != node.get("name") else line
    if depth < MAX_DEPTH:
        for child in node.get("children") or []:
            if isinstance(child, Mapping):
                yield from _lines(child, depth + 1)
