"""What a search with SearchApi finds."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.nodes.document_loaders._searches import parts_of

URL = "https://www.searchapi.io/api/v1"
PARTS = ("answer_box", "shopping_results", "knowledge_graph", "organic_results")


class SearchApi(Node):
    """https://www.searchapi.io/docs/google"""

    definition = NodeDefinition(
        name="searchApi",
        label="SearchApi For Web Search",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="What a search with SearchApi finds",
        credential=CredentialParam(("searchApi",)),
        inputs=(
            NodeParam("query", "Query", "string", optional=True),
            NodeParam("customParameters", "Custom Parameters", "json", optional=True, additional=True),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        key = require_key(inputs, "searchApiKey")
        custom = inputs.json("customParameters")
        query = {"engine": "google", **(custom if isinstance(custom, Mapping) else {})}
        if asked := inputs.text("query"):
            query["q"] = asked
        if len(query) == 1:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has nothing to search for: fill in its query")
        service = RestService(context.http, provider="searchapi", base_url=URL, headers={"authorization": f"Bearer {key}"}, secrets=(key,))
        documents = parts_of(await service.json("GET", "/search", query=query), PARTS, source="SearchApi")
        return await answer_of(inputs, lambda: documents)
