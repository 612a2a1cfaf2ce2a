"""Answering from a database: the model writes a query, reads what it gives, and tells the user."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.prompt_template import format_template
from flowisectl.texts.databases import SQL_ANSWER, SQL_QUERY
from flowisectl.texts.text import OURS, filled

MAX_RESULT = 20_000
"""Characters of rows that the model gets to see."""
_FENCE = re.compile(r"```[a-zA-Z]*\n?(.*?)```", re.DOTALL)
_LABEL = re.compile(r"^\s*(?:SQL\s?Query|Query|SQL)\s*:\s*", re.IGNORECASE)
_REST = re.compile(r"\n\s*(?:SQL\s?Result|Answer)\s*:", re.IGNORECASE)
_READS = re.compile(r"^(?:\s|\(|--[^\n]*\n)*(?:SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC|EXPLAIN)\b", re.IGNORECASE)


class ReadDatabase(Protocol):
    dialect: str

    async def tables(self) -> str:
        """The tables as a model shall see them. Raises Unavailable, FlowError."""
        ...

    async def read(self, query: str) -> str:
        """The rows of a query as text. Raises Unavailable, FlowError."""
        ...


@dataclass(frozen=True, kw_only=True)
class SqlChain:
    """`prompt` has `{dialect}`, `{table_info}`, `{top_k}` and `{input}`."""

    model: ChatModel
    database: ReadDatabase
    prompt: str = OURS.template(SQL_QUERY)
    answering: str = SQL_ANSWER.ours
    """With `{question}`, `{query}` and `{result}`."""
    top_k: int = 10

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Only the answer is told, not the query. Raises ProviderError, Unavailable, FlowError."""
        values = {
            "dialect": self.database.dialect,
            "table_info": await self.database.tables(),
            "top_k": str(self.top_k),
            "input": question,
            "question": question,
        }
        written = await self.model.invoke([ChatMessage(role="user", content=format_template(self.prompt, values))])
        query = query_in(written.text)
        if not _READS.match(query):
            raise FlowError(f"the model wrote no query that only reads: {query[:200]!r}; ask for something that can be looked up")
        result = await self.database.read(query)
        content = filled(self.answering, question=question, query=query, result=result[:MAX_RESULT])
        return (await ask(self.model, [ChatMessage(role="user", content=content)], teller)).text

    async def answer(self, question: str) -> str:
        return await self.respond(question)


def query_in(text: str) -> str:
    """The query in a model's answer, without a fence, a label before it, what it makes up behind it, and the last semicolon."""
    fenced = _FENCE.search(text)
    query = _LABEL.sub("", fenced[1] if fenced else text)
    return _REST.split(query)[0].strip().rstrip(";").strip()
