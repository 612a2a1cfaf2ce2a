"""What a search with Brave finds."""

from __future__ import annotations

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://api.search.brave.com/res/v1"


class BraveSearchApiLoader(Node):
    """https://api-dashboard.search.brave.com/app/documentation/web-search"""

    definition = NodeDefinition(
        name="braveSearchApiLoader",
        label="BraveSearch API Document Loader",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="What a search with Brave finds",
        credential=CredentialParam(("braveSearchApi",)),
        inputs=(
            NodeParam("query", "Query", "string"),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        key = require_key(inputs, "braveApiKey")
        service = RestService(context.http, provider="brave", base_url=URL, headers={"x-subscription-token": key}, secrets=(key,))
        answer = await service.json("GET", "/web/search", query={"q": str(inputs.require("query"))})
        found = ((answer or {}).get("web") or {}).get("results") or []
        documents = [
            Document(
                page_content=" ".join(str(text) for text in (item.get("description"), *(item.get("extra_snippets") or [])) if text),
                metadata={"title": item.get("title"), "link": item.get("url")},
            )
            for item in found
        ]
        return await answer_of(inputs, lambda: documents)
