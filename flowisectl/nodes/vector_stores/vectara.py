"""Documents and files in a corpus of Vectara, which embeds them itself."""

from __future__ import annotations

from flowisectl.clients.vectara import VectaraStore
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.vector_stores._params import DOCUMENT, TOP_K, base_classes, outputs
from flowisectl.nodes.vector_stores._vectara import vectara_of
from flowisectl.retrieval.store_retriever import StoreRetriever


class Vectara(Node):
    definition = NodeDefinition(
        name="vectara",
        label="Vectara",
        category="Vector Stores",
        version=2.0,
        base_classes=base_classes("Vectara"),
        description="Documents and files in a corpus of Vectara, which embeds them itself",
        credential=CredentialParam(("vectaraApi",)),
        inputs=(
            DOCUMENT,
            NodeParam("file", "File", "file", optional=True, description="Is uploaded when the store is filled"),
            NodeParam(
                "filter",
                "Metadata Filter",
                "string",
                optional=True,
                accept_variable=True,
                additional=True,
                placeholder="doc.year = 2026",
                description="An expression that every document must meet",
            ),
            NodeParam("sentencesBefore", "Sentences Before", "number", default=2, optional=True, additional=True),
            NodeParam("sentencesAfter", "Sentences After", "number", default=2, optional=True, additional=True),
            NodeParam(
                "lambda",
                "Lambda",
                "number",
                default=0.0,
                optional=True,
                additional=True,
                description="How much words count beside meaning: from 0 to 1",
            ),
            TOP_K,
            NodeParam(
                "mmrK",
                "MMR K",
                "number",
                optional=True,
                additional=True,
                description="Out of how many documents those are chosen that differ from each other",
            ),
            NodeParam(
                "mmrDiversityBias",
                "MMR diversity bias",
                "number",
                optional=True,
                step=0.1,
                additional=True,
                description="How much they shall differ: from 0 to 1",
            ),
        ),
        outputs=outputs("Vectara"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> VectaraStore | StoreRetriever:
        return vectara_of(inputs, context)
