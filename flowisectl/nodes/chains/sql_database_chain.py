"""Answers from a database that is read with SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.sql_database import open_database
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import words_of
from flowisectl.llm.sql_answers import SqlChain
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.texts.databases import SQL_ANSWER, SQL_QUERY

DEFAULT_TOP_K = 10


class SqlDatabaseChain(Node):
    definition = NodeDefinition(
        name="sqlDatabaseChain",
        label="Sql Database Chain",
        category="Chains",
        version=5.0,
        base_classes=("SqlDatabaseChain", "BaseChain", "Runnable"),
        description="Answers from a database: the model writes the query, which can only read",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam(
                "database",
                "Database",
                "options",
                default="sqlite",
                options=(Option("SQLite", "sqlite"), Option("PostgreSQL", "postgres"), Option("MSSQL", "mssql"), Option("MySQL", "mysql")),
            ),
            NodeParam("url", "Connection string or file path (sqlite only)", "string", placeholder="127.0.0.1:5432/chinook"),
            NodeParam("includesTables", "Include Tables", "string", optional=True, additional=True, description="Names between commas"),
            NodeParam("ignoreTables", "Ignore Tables", "string", optional=True, additional=True, description="Names between commas"),
            NodeParam("sampleRowsInTableInfo", "Sample table's rows info", "number", optional=True, additional=True),
            NodeParam("topK", "Top Keys", "number", optional=True, additional=True, description="How many rows a query asks for"),
            NodeParam(
                "customPrompt",
                "Custom Prompt",
                "string",
                optional=True,
                rows=4,
                additional=True,
                description="With {dialect}, {table_info}, {top_k} and {input}",
            ),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> SqlChain:
        kind, url = inputs.text("database", "sqlite"), str(inputs.require("url"))
        if kind == "sqlite":
            url = str(context.paths.database_file(url.removeprefix("sqlite://").removeprefix("file:")))
        database = open_database(
            kind,
            url,
            include=words_of(inputs, "includesTables"),
            ignore=words_of(inputs, "ignoreTables"),
            sample_rows=inputs.integer("sampleRowsInTableInfo") or 0,
        )
        return SqlChain(
            model=inputs.require("model"),
            database=database,
            prompt=inputs.text("customPrompt") or context.texts.template(SQL_QUERY),
            answering=context.texts.of(SQL_ANSWER),
            top_k=inputs.integer("topK") or DEFAULT_TOP_K,
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
