"""Keeps texts under keys in a table of DynamoDB, every version of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Unpack

import orjson

from flowisectl.clients.aws_keys import credential_keys
from flowisectl.clients.dynamodb import DynamoTable, text_of
from flowisectl.clients.endpoint import Patience
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._aws_regions import DEFAULT_REGION, REGION
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

MOST_VERSIONS = 1000
MOST_TABLES = 1000
MOST_CHARS = 350_000
"""DynamoDB takes items of 400 KB."""
_KEY = {"type": "string", "description": "The key of the value"}


class AWSDynamoDBKVStorage(Node):
    """An item for each version: `pk` is the key, `sk` the time in milliseconds, `value` the text."""

    definition = NodeDefinition(
        name="awsDynamoDBKVStorage",
        label="AWS DynamoDB KV Storage",
        category="Tools",
        version=1.0,
        base_classes=("AWSDynamoDBKVStorage", "StructuredTool", "Runnable"),
        description="Keeps texts under keys in a table of DynamoDB, every version of them",
        credential=CredentialParam(("awsApi",)),
        inputs=(
            REGION,
            NodeParam(
                "tableName",
                "DynamoDB Table",
                "asyncOptions",
                load_method="listTables",
                description='A table with the partition key "pk" and the sort key "sk", both texts',
            ),
            NodeParam("keyPrefix", "Key Prefix", "string", optional=True, additional=True, description="Stands before every key, with a #"),
            NodeParam(
                "operation", "Operation", "options", default="store", options=(Option("Store", "store"), Option("Retrieve", "retrieve"))
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        table = await _table(inputs, context.http, str(inputs.require("tableName")), on_retry=context.trace.note)
        prefix = inputs.text("keyPrefix")
        return _retrieve(table, prefix) if inputs.text("operation", "store") == "retrieve" else _store(table, prefix)

    async def offered(self, inputs: NodeInputs, http: HttpClient) -> list[str]:
        """The tables that the credential's owner has. Raises ProviderError."""
        return await (await _table(inputs, http, "")).names(MOST_TABLES)


async def _table(inputs: NodeInputs, http: HttpClient, name: str, **patience: Unpack[Patience]) -> DynamoTable:
    region = inputs.text("region", DEFAULT_REGION)
    keys = await credential_keys(http, inputs.secret, region=region, owner=f"node {inputs.node_id!r} ({inputs.label})")
    return DynamoTable(http, keys, region=region, table=name, **patience)


def _store(table: DynamoTable, prefix: str) -> Tool:
    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        key, value = _key(arguments, prefix), as_text(arguments.get("value") or "")
        if len(value) > MOST_CHARS:
            raise FlowError(f"the value has {len(value)} characters; at most {MOST_CHARS} can be stored")
        moment = str(time.time_ns() // 1_000_000)
        await table.put({"pk": {"S": key}, "sk": {"S": moment}, "value": {"S": value}})
        return f"The value was stored under the key {key!r} at {moment}."

    properties = {"key": _KEY, "value": {"type": "string", "description": "The text to store"}}
    spec = ToolSpec(
        name="dynamodb_kv_store",
        description="Stores a text under a key. Earlier texts of the key are kept as older versions.",
        parameters=parameters(properties, ("key", "value")),
    )
    return FunctionTool(spec=spec, function=call)


def _retrieve(table: DynamoTable, prefix: str) -> Tool:
    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        key, place = _key(arguments, prefix), _place(arguments.get("nthLatest"))
        found = await table.newest("pk", key, place)
        if len(found) < place:
            return f"There is no version {place} of the key {key!r}." if found else f"Nothing is stored under the key {key!r}."
        item = found[place - 1]
        moment = text_of(item.get("sk"))
        return orjson.dumps({"value": text_of(item.get("value")), "timestamp": int(moment) if moment.isdigit() else moment}).decode()

    which = {"type": "string", "description": "Which version: 1 is the newest, 2 the one before. Default: 1"}
    spec = ToolSpec(
        name="aws_dynamodb_kv_retrieve",
        description="Reads the text that is stored under a key, the newest or an older version.",
        parameters=parameters({"key": _KEY, "nthLatest": which}, ("key",)),
    )
    return FunctionTool(spec=spec, function=call)


def _key(arguments: Mapping[str, Any], prefix: str) -> str:
    key = as_text(arguments.get("key") or "").strip()
    if not key:
        raise FlowError("the tool needs a key")
    return f"{prefix}#{key}" if prefix else key


def _place(given: Any) -> int:
    try:
        return min(max(int(given or 1), 1), MOST_VERSIONS)
    except (TypeError, ValueError) as error:
        raise FlowError(f"{given!r} is no number of a version: 1 is the newest") from error
