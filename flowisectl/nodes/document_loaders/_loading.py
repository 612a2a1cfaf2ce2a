"""What document loaders share: the inputs and outputs that all have, the way from text to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowisectl.engine.node import NodeInputs, NodeOutput, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.loading import as_text, loaded
from flowisectl.retrieval.long_work import in_thread

SPLITTER = NodeParam("textSplitter", "Text Splitter", "TextSplitter", optional=True)
METADATA = NodeParam(
    "metadata", "Additional Metadata", "json", optional=True, additional=True, description="Is added to the metadata of every document"
)
OMIT = NodeParam(
    "omitMetadataKeys",
    "Omit Metadata Keys",
    "string",
    optional=True,
    rows=4,
    additional=True,
    description="Names to leave out of the metadata, between commas; * leaves out all but the additional ones",
)
OUTPUTS = (NodeOutput("document", "Document", ("Document", "json")), NodeOutput("text", "Text", ("string", "json")))


async def answer_of(inputs: NodeInputs, read: Callable[[], Sequence[Document]]) -> list[Document] | str:
    """What a loader gives for its inputs. `read` runs in a thread, and so does the splitting: files may be large."""

    def work() -> list[Document]:
        return loaded(read(), splitter=inputs.get("textSplitter"), metadata=given_metadata(inputs), omitted=inputs.text("omitMetadataKeys"))

    documents = await in_thread(work)
    return as_text(documents) if inputs.output == "text" else documents


def given_metadata(inputs: NodeInputs) -> dict[str, Any]:
    value = inputs.json("metadata")
    return dict(value) if isinstance(value, Mapping) else {}
