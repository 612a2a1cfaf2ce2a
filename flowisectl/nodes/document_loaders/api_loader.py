"""What an HTTP address answers."""

from __future__ import annotations

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import certificates_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import headers_of
from flowisectl.errors import FlowError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed
from flowisectl.interfaces.url_text import shown
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of


class ApiLoader(Node):
    definition = NodeDefinition(
        name="apiLoader",
        label="API Loader",
        category="Document Loaders",
        version=2.1,
        base_classes=("Document",),
        description="What an HTTP address answers",
        inputs=(
            SPLITTER,
            NodeParam("method", "Method", "options", options=(Option("GET", "GET"), Option("POST", "POST"))),
            NodeParam("url", "URL", "string"),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam("caFile", "SSL Certificate", "file", file_type=".pem, .crt", optional=True, additional=True),
            NodeParam("body", "Body", "json", optional=True, additional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        url = str(inputs.require("url"))
        call = HttpCall(
            method=inputs.text("method", "GET"),
            url=url,
            headers=self._headers(inputs),
            body=self._body(inputs),
            trusted=await certificates_of("caFile", inputs, context),
        )
        try:
            response = await context.http.request(call)
        except (HttpFailed, HttpDenied) as error:
            raise FlowError(f"Failed to fetch {shown(url)}: {error}") from error
        if not 200 <= response.status < 300:
            raise FlowError(f"Failed to fetch {shown(url)}: HTTP Error {response.status}: {response.reason}")
        try:
            content = orjson.dumps(orjson.loads(response.body), option=orjson.OPT_INDENT_2).decode()
        except ValueError:
            content = response.text
        return await answer_of(inputs, lambda: [Document(page_content=content, metadata={"url": url})])

    @staticmethod
    def _headers(inputs: NodeInputs) -> dict[str, str]:
        headers = headers_of(inputs, "headers")
        return {"content-type": "application/json", **headers} if inputs.text("method") == "POST" else headers

    @staticmethod
    def _body(inputs: NodeInputs) -> bytes | None:
        return orjson.dumps(inputs.json("body", {})) if inputs.text("method") == "POST" else None
