"""The text of the files in a bucket of S3."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import PurePosixPath

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.s3_files import S3Bucket, S3Entry
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import MAX_FILES
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import MAX_FILE_BYTES, NamedFile
from flowisectl.nodes.document_loaders._folders import ENDINGS
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.file_formats import FormatOptions, are_large
from flowisectl.retrieval.reading import named_sources

AT_ONCE = 5


class S3Directory(Node):
    definition = NodeDefinition(
        name="s3Directory",
        label="S3 Directory",
        category="Document Loaders",
        version=4.0,
        base_classes=("Document",),
        description="The text of the files in a bucket of S3",
        credential=CredentialParam(("awsApi",), optional=True),
        inputs=(
            SPLITTER,
            NodeParam("bucketName", "Bucket", "string"),
            NodeParam("region", "Region", "asyncOptions", default="us-east-1", load_method="listRegions"),
            NodeParam(
                "serverUrl",
                "Server URL",
                "string",
                optional=True,
                description="The address of another service with S3's API, such as MinIO",
            ),
            NodeParam("prefix", "Prefix", "string", optional=True, placeholder="folder/part", description="How the objects' keys begin"),
            NodeParam(
                "pdfUsage",
                "Pdf Usage",
                "options",
                default="perPage",
                optional=True,
                options=(Option("One document per page", "perPage"), Option("One document per file", "perFile")),
                additional=True,
            ),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        owner, region = f"node {inputs.node_id!r} ({inputs.label})", inputs.text("region", "us-east-1")
        keys = await credential_keys(context.http, inputs.secret, region=region, owner=owner)
        name = str(inputs.require("bucketName")).strip()
        bucket = S3Bucket(context.http, keys, region=region, bucket=name, server_url=inputs.text("serverUrl"))
        entries = [entry for entry in await bucket.entries(inputs.text("prefix"), most=MAX_FILES + 1) if _is_text(entry)]
        if len(entries) > MAX_FILES or sum(entry.size for entry in entries) > MAX_FILE_BYTES:
            raise InvalidFlow(f"{owner}: bucket {name!r} has more than {MAX_FILES} files or {MAX_FILE_BYTES} bytes: name a longer prefix")
        files = await _read(bucket, entries)
        options = FormatOptions(pdf_per_page=inputs.text("pdfUsage", "perPage") != "perFile")
        sources = [(f"s3://{name}/{entry.key}", file) for entry, file in zip(entries, files, strict=True)]
        return await answer_of(inputs, partial(named_sources, sources, options), is_large=are_large(files))


def _is_text(entry: S3Entry) -> bool:
    return PurePosixPath(entry.key).suffix.removeprefix(".").lower() in ENDINGS


async def _read(bucket: S3Bucket, entries: list[S3Entry]) -> list[NamedFile]:
    """The files, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(entry: S3Entry) -> NamedFile:
        async with gate:
            data = await bucket.read(entry.key, max_bytes=MAX_FILE_BYTES)
        return NamedFile(name=PurePosixPath(entry.key).name, data=data)

    return await asyncio.gather(*(one(entry) for entry in entries))
