"""The text of a file in a bucket of S3."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.s3_files import S3Bucket
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.nodes.document_loaders._unstructured_params import PARAMS
from flowisectl.retrieval.file_formats import FormatOptions, are_large
from flowisectl.retrieval.loading import as_text
from flowisectl.retrieval.reading import named_sources

SERVICE_NODE = "unstructuredFileLoader"
_OF_SERVICE = {"fileProcessingMethod": "unstructured"}


class S3(Node):
    definition = NodeDefinition(
        name="S3",
        label="S3",
        category="Document Loaders",
        version=5.0,
        base_classes=("Document",),
        description="The text of a file in a bucket of S3",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            NodeParam("bucketName", "Bucket", "string"),
            NodeParam("keyName", "Object Key", "string", placeholder="folder/paper.pdf"),
            NodeParam("region", "Region", "asyncOptions", default="us-east-1", load_method="listRegions"),
            NodeParam(
                "fileProcessingMethod",
                "File Processing Method",
                "options",
                default="builtIn",
                options=(
                    Option("Built In Loaders", "builtIn", "Read here, by the ending of its name"),
                    Option("Unstructured", "unstructured", "Read by an Unstructured service"),
                ),
            ),
            replace(SPLITTER, show={"fileProcessingMethod": "builtIn"}),
            METADATA,
            OMIT,
            NodeParam(
                "unstructuredAPIUrl",
                "Unstructured API URL",
                "string",
                placeholder="http://localhost:8000/general/v0/general",
                additional=True,
                show=_OF_SERVICE,
            ),
            NodeParam("unstructuredAPIKey", "Unstructured API KEY", "password", optional=True, additional=True, show=_OF_SERVICE),
            *(replace(param, show=_OF_SERVICE) for param in PARAMS),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        region = inputs.text("region", "us-east-1")
        keys = await credential_keys(context.http, inputs.secret, region=region, owner=f"node {inputs.node_id!r} ({inputs.label})")
        bucket = S3Bucket(context.http, keys, region=region, bucket=str(inputs.require("bucketName")).strip())
        key = str(inputs.require("keyName"))
        file = NamedFile(name=PurePosixPath(key).name, data=await bucket.read(key, max_bytes=MAX_FILE_BYTES))
        if inputs.text("fileProcessingMethod") == "unstructured":
            return await _by_service(file, inputs, context)
        read = partial(named_sources, [(f"s3://{bucket.name}/{key}", file)], FormatOptions())
        return await answer_of(inputs, read, is_large=are_large([file]))


async def _by_service(file: NamedFile, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
    """What the loader of such a service makes of the file."""
    name = file.name.replace(",", "_")
    carried = f"data:application/octet-stream;base64,{base64.b64encode(file.data).decode()},filename:{name}"
    documents: list[Document] = await context.nodes.build(
        SERVICE_NODE, {**inputs.values, "fileObject": carried}, context, node_id=inputs.node_id
    )
    return as_text(documents) if inputs.output == "text" else documents
