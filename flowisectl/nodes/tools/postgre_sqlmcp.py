"""Lets an agent read a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.sql_database import PostgresDatabase
from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._function_tool import parameters
from flowisectl.nodes.tools._mcp_nodes import ACTIONS, OwnMcpNode, OwnTool


async def _query(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
    sql = str(arguments.get("sql") or "").strip()
    if not sql:
        raise FlowError("query lacks sql")
    rows = await PostgresDatabase(require_key(inputs, "postgresUrl")).rows(sql)
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()


class PostgreSQLMCP(OwnMcpNode):
    """The tool is that of the archived MCP server for PostgreSQL; connections are read-only, answers bounded."""

    tools = (
        OwnTool(
            spec=ToolSpec(
                name="query",
                description="Runs a SQL query that only reads",
                parameters=parameters({"sql": {"type": "string", "description": "The query"}}, ("sql",)),
            ),
            call=_query,
        ),
    )
    definition = NodeDefinition(
        name="postgreSQLMCP",
        label="PostgreSQL MCP",
        category="Tools (MCP)",
        version=1.0,
        type="PostgreSQL MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent read a PostgreSQL database with SQL",
        credential=CredentialParam(("PostgresUrl",)),
        inputs=(ACTIONS,),
    )
