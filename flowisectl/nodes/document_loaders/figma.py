"""Nodes of a Figma file, as its API tells them."""

from __future__ import annotations

from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://api.figma.com/v1"


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
            NodeParam("recursive", "Recursive", "boolean", optional=True, description="Not used: what is inside of a node comes with it"),
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
        path, query = f"/files/{quote(key, safe='')}/nodes", {"ids": ",".join(ids)}
        answer = await service.json("GET", path, query=query)
        source = f"{URL}{path}?ids={query['ids']}"
        return await answer_of(inputs, lambda: [Document(page_content=orjson.dumps(answer or {}).decode(), metadata={"source": source})])
