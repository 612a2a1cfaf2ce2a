"""Texts for answers from databases, graphs and tables."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInText

SQL_QUERY = BuiltInText(
    name="sql-query",
    purpose="Asks for a query: the SQL database chain whose flow has no prompt",
    placeholders=("table_info", "input"),
    optional=("dialect", "top_k"),
    ours="""\
You write queries for {dialect}. These are the tables:
{table_info}

Write one query that answers the question below. Ask only for columns that are needed, for at most {top_k} rows unless the question \
names another number, and only for tables and columns that are listed. Answer with the query alone.

Question: {input}
Query:""",
)

SQL_ANSWER = BuiltInText(
    name="sql-answer",
    purpose="Asks for an answer from what a query gave: the SQL database chain",
    placeholders=("question", "result"),
    optional=("query",),
    ours="""\
The question was: {question}

This query was made for it:
{query}

It gave:
{result}

Answer the question from that.""",
)

CYPHER_STATEMENT = BuiltInText(
    name="cypher-statement",
    purpose="Asks for a statement in Cypher: the graph chain whose flow has no prompt",
    placeholders=("schema", "question"),
    ours="""\
You write statements in Cypher that read a graph. This is what the graph holds:
{schema}

Write one statement that answers the question below. Use only labels, relationships and properties that are listed, and change nothing. \
Answer with the statement alone.

Question: {question}
Statement:""",
)

CYPHER_ANSWER = BuiltInText(
    name="cypher-answer",
    purpose="Asks for an answer from what a graph gave: the graph chain whose flow has no prompt",
    placeholders=("context", "question"),
    ours="""\
Answer the question from what a database was asked for it. When that does not hold the answer, say that you don't know it.

The database said:
{context}

Question: {question}
Answer:""",
)

TABLE_PROGRAM = BuiltInText(
    name="table-program",
    purpose="Asks for a program in JavaScript over the rows of a table: the CSV agent",
    placeholders=("columns", "question"),
    optional=("sample",),
    ours="""\
A table lies in the JavaScript variable `rows`, an array of objects, one for each row. Its columns and their types are:
{columns}

The first rows are:
{sample}

Write the body of a JavaScript function that computes from `rows` what is asked below and returns it. Plain JavaScript only: no \
imports, no requests, no output. Answer with the code alone.

Question: {question}
Code:""",
)

TABLE_ANSWER = BuiltInText(
    name="table-answer",
    purpose="Asks for an answer from what was computed: the CSV agent",
    placeholders=("question", "result"),
    ours="""\
The question was: {question}

It was computed from a table; the result is: {result}

Say the result as an answer that can be understood without the question.""",
)

TEXTS = (SQL_QUERY, SQL_ANSWER, CYPHER_STATEMENT, CYPHER_ANSWER, TABLE_PROGRAM, TABLE_ANSWER)
