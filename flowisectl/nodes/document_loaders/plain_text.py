"""A text that stands in the node itself."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.child_work import LARGE_BYTES, in_child
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.long_work import in_thread

SHORT = 20_000
"""Characters that are split at once, without a thread."""


class PlainText(Node):
    definition = NodeDefinition(
        name="plainText",
        label="Plain Text",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="A text that stands in the node itself",
        inputs=(
            NodeParam("text", "Text", "string", rows=4),
            NodeParam("textSplitter", "Text Splitter", "TextSplitter", optional=True),
            NodeParam("metadata", "Additional Metadata", "json", optional=True, additional=True),
            NodeParam("omitMetadataKeys", "Omit Metadata Keys", "string", optional=True, rows=4, additional=True),
        ),
        outputs=(
            NodeOutput("document", "Document", ("Document", "json")),
            NodeOutput("text", "Text", ("string", "json")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        metadata = inputs.json("metadata")
        text = inputs.text("text")
        work = partial(
            loaded,
            [Document(page_content=text)],
            splitter=inputs.get("textSplitter"),
            metadata=metadata if isinstance(metadata, dict) else {},
            omitted=inputs.text("omitMetadataKeys"),
        )
        documents = work() if len(text) <= SHORT else await (in_child(work) if len(text) >= LARGE_BYTES else in_thread(work))
        return as_text(documents) if inputs.output == "text" else documents
