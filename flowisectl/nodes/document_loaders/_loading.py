"""What document loaders share: the inputs and outputs that all have, the way from text to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flowisectl.engine.node import NodeInputs, NodeOutput, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.retrieval.child_work import in_child
from flowisectl.retrieval.file_formats import are_large
from flowisectl.retrieval.loading import as_text, read_and_loaded
from flowisectl.retrieval.long_work import in_thread
from flowisectl.retrieval.reading import Reader, read_files

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
NO_LEGACY = "Not used: there is one reader of PDF files"
OUTPUTS = (NodeOutput("document", "Document", ("Document", "json")), NodeOutput("text", "Text", ("string", "json")))


async def answer_of(inputs: NodeInputs, read: Callable[[], Sequence[Document]], *, is_large: bool = False) -> list[Document] | str:
    """What a loader gives for its inputs. `read` runs in a thread, and so does the splitting; what is large, in a process of its own."""
    work = partial(
        read_and_loaded,
        read,
        splitter=inputs.get("textSplitter"),
        metadata=given_metadata(inputs),
        omitted=inputs.text("omitMetadataKeys"),
    )
    documents = await (in_child(work) if is_large else in_thread(work))
    return as_text(documents) if inputs.output == "text" else documents


async def answer_of_files(inputs: NodeInputs, files: Sequence[NamedFile], reader: Reader) -> list[Document] | str:
    """What a loader of files gives."""
    return await answer_of(inputs, partial(read_files, files, reader), is_large=are_large(files))


async def answer_of_work(inputs: NodeInputs, files: Sequence[NamedFile], work: Callable[..., list[Document]]) -> list[Document] | str:
    """What a loader gives whose `work` on these files splits and adds metadata by itself (`splitter`, `omitted`)."""
    whole = partial(work, splitter=inputs.get("textSplitter"), omitted=inputs.text("omitMetadataKeys"))
    documents = await (in_child(whole) if are_large(files) else in_thread(whole))
    return as_text(documents) if inputs.output == "text" else documents


def given_metadata(inputs: NodeInputs) -> dict[str, Any]:
    value = inputs.json("metadata")
    return dict(value) if isinstance(value, Mapping) else {}
