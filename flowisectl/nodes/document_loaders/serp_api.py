"""What a search with SerpApi finds."""

from __future__ import annotations

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.nodes.document_loaders._searches import parts_of

URL = "https://serpapi.com"
PARTS = ("answer_box", "sports_results", "shopping_results", "knowledge_graph", "organic_results")


class SerpApi(Node):
    """https://serpapi.com/search-api"""

    definition = NodeDefinition(
        name="serpApi",
        label="SerpApi For Web Search",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="What a search with SerpApi finds",
        credential=CredentialParam(("serpApi",)),
        inputs=(
            NodeParam("query", "Query", "string"),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        key = require_key(inputs, "serpApiKey")
        query = {"engine": "google", "q": str(inputs.require("query")), "api_key": key}
        service = RestService(context.http, provider="serpapi", base_url=URL, secrets=(key,))
        documents = parts_of(await service.json("GET", "/search.json", query=query), PARTS, source="SerpAPI")
        return await answer_of(inputs, lambda: documents)
