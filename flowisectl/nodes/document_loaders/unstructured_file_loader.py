"""The elements that an Unstructured service finds in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, answer_of
from flowisectl.nodes.document_loaders._unstructured_params import PARAMS

_ENDINGS = ".txt, .text, .pdf, .docx, .doc, .jpg, .jpeg, .eml, .html, .htm, .md, .pptx, .ppt, .msg, .rtf, .xlsx, .xls, .odt, .epub"
SECONDS = 600.0
"""Reading a large file with a model takes its time."""
TEXTS = {
    "strategy": "strategy",
    "encoding": "encoding",
    "hiResModelName": "hi_res_model_name",
    "combineUnderNChars": "combine_under_n_chars",
    "newAfterNChars": "new_after_n_chars",
    "maxCharacters": "max_characters",
}
FLAGS = {
    "coordinates": "coordinates",
    "xmlKeepTags": "xml_keep_tags",
    "includePageBreaks": "include_page_breaks",
    "multiPageSections": "multipage_sections",
}
LISTS = {"skipInferTableTypes": "skip_infer_table_types", "ocrLanguages": "languages"}
"""Input → the service's name for it."""


class UnstructuredFileLoader(Node):
    """https://docs.unstructured.io/api-reference/partition/api-parameters"""

    definition = NodeDefinition(
        name="unstructuredFileLoader",
        label="Unstructured File Loader",
        category="Document Loaders",
        version=4.0,
        base_classes=("Document",),
        description="The elements that an Unstructured service finds in files",
        credential=CredentialParam(("unstructuredApi",), optional=True),
        inputs=(
            NodeParam("fileObject", "Files Upload", "file", file_type=_ENDINGS),
            NodeParam("unstructuredAPIUrl", "Unstructured API URL", "string", placeholder="http://localhost:8000/general/v0/general"),
            *PARAMS,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        url, key = inputs.text("unstructuredAPIUrl").strip(), inputs.secret("unstructuredAPIKey")
        if not url.startswith(("http://", "https://")):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no address of an Unstructured service: fill in its API URL")
        service = RestService(
            context.http,
            provider="unstructured",
            base_url=url,
            headers={"unstructured-api-key": key} if key else {},
            secrets=(key,),
            timeout_seconds=SECONDS,
            retries=2,
        )
        options, source_key = _options(inputs), inputs.text("sourceIdKey", "source")
        documents: list[Document] = []
        for file in await files_of("fileObject", inputs, context):
            elements = await service.form("", {**options, "files": _sent(file)})
            documents += [
                Document(
                    page_content=str(element["text"]),
                    metadata={source_key: file.name, **(element.get("metadata") or {}), "category": element.get("type")},
                )
                for element in (elements if isinstance(elements, list) else [])
                if isinstance(element, Mapping) and element.get("text")
            ]
        return await answer_of(inputs, lambda: documents)


def _sent(file: NamedFile) -> tuple[str, bytes, str]:
    return file.name, file.data, file.media_type or "application/octet-stream"


def _options(inputs: NodeInputs) -> dict[str, Any]:
    """The form's other fields; a list is a field that comes several times."""
    options: dict[str, Any] = {"strategy": "auto", "encoding": "utf-8"}
    options |= {name: text for param, name in TEXTS.items() if (text := inputs.text(param))}
    options |= {name: str(inputs.flag(param)).lower() for param, name in FLAGS.items() if inputs.get(param) is not None}
    options |= {
        name: [str(entry) for entry in value] for param, name in LISTS.items() if isinstance(value := inputs.json(param), list) and value
    }
    chunking = inputs.text("chunkingStrategy", "by_title")
    return options if chunking == "None" else {**options, "chunking_strategy": chunking}
