"""Runs one template from its file, with every credential there and every service answering by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from answering_wire import AnsweringWire

from flowisectl.engine.agentflow.credentials import CREDENTIAL
from flowisectl.engine.context import RunContext, StoreComponents
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.javascript import HostFunction, JavaScript
from flowisectl.nodes.credential_types import credential_types
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import InMemoryCredentials, InMemoryTools, run_context

CATALOGUE = load_catalogue()
SECRETS = {field.name: f"test-{field.name}" for kind in credential_types().values() for field in kind.fields} | {
    "access_token": "test-token"
}
DATABASE_CODE = ("typeorm", "require('pg')", 'require("pg")')


def load(path: Path, **inputs: Any) -> Flow:
    """The template's flow with a credential in every node. `inputs` are `node__input=value`: what a user fills in first."""
    data = orjson.loads(path.read_bytes())
    for node in data["nodes"]:
        node["data"]["credential"] = "c1"
        for name, value in inputs.items():
            node_id, _, field = name.rpartition("__")
            if node["data"]["id"] == node_id:
                node["data"]["inputs"][field] = value
        _give_credentials(node["data"].get("inputs"))
    return parse_flow(data, id="flow-1", name=path.stem)


def _give_credentials(value: Any) -> None:
    """Components that a node names in its inputs have their credential in their own configuration."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name.endswith("Config") and isinstance(item, dict):
                item[CREDENTIAL] = "c1"
            _give_credentials(item)
    elif isinstance(value, list):
        for item in value:
            _give_credentials(item)


@asynccontextmanager
async def template_context(wire: AnsweringWire, **fields: Any) -> AsyncIterator[RunContext]:
    """A context with the real sandbox; code that opens a database gets rows that a database could have given."""
    async with open_sandbox(wire, timeout_seconds=30) as sandbox:
        yield run_context(
            http=wire,
            javascript=_WithoutDatabases(sandbox),
            nodes=CATALOGUE,
            credentials=InMemoryCredentials({"c1": SECRETS}),
            tools=InMemoryTools(),
            document_stores=_PineconeStores(),
            **fields,
        )


class _PineconeStores:
    """Every document store is one in Pinecone."""

    async def components(self, store_id: str) -> StoreComponents:
        return StoreComponents(
            vector_store=("pinecone", {"credential": "c1", "pineconeIndex": "flows"}),
            embeddings=("openAIEmbeddings", {"credential": "c1", "modelName": "text-embedding-3-small"}),
        )

    async def documents(self, store_id: str) -> Sequence[Document]:
        return []


class _WithoutDatabases:
    """The sandbox, except for code that speaks to a database server."""

    def __init__(self, sandbox: JavaScript) -> None:
        self._sandbox = sandbox

    async def run(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        host_functions: Mapping[str, HostFunction] | None = None,
        timeout_seconds: float | None = None,
        undefined: Any = None,
    ) -> Any:
        if any(mark in code for mark in DATABASE_CODE):
            return "CREATE TABLE flows (id integer, name text)"
        return await self._sandbox.run(code, variables, host_functions=host_functions, timeout_seconds=timeout_seconds, undefined=undefined)
