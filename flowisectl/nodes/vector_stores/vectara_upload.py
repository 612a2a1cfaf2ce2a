"""Files in a corpus of Vectara."""

from __future__ import annotations

from flowisectl.clients.vectara import VectaraStore
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._vectara import vectara_of
from flowisectl.retrieval.store_retriever import StoreRetriever


class VectaraUpload(Node):
    definition = NodeDefinition(
        name="vectaraUpload",
        label="Vectara Upload File",
        category="Vector Stores",
        version=1.0,
        base_classes=base_classes("Vectara"),
        description="Files in a corpus of Vectara; the node Vectara takes documents, too",
        credential=CredentialParam(("vectaraApi",)),
        inputs=(
            NodeParam("file", "File", "file", description="Is uploaded when the store is filled"),
            NodeParam("filter", "Metadata Filter", "string", optional=True, additional=True, placeholder="doc.year = 2026"),
            NodeParam("sentencesBefore", "Sentences Before", "number", optional=True, additional=True),
            NodeParam("sentencesAfter", "Sentences After", "number", optional=True, additional=True),
            NodeParam("lambda", "Lambda", "number", optional=True, additional=True),
            TOP_K,
        ),
        outputs=outputs("Vectara"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> VectaraStore | StoreRetriever:
        return vectara_of(inputs, context)
