"""Answering from a graph: the model writes a statement in Cypher, reads what it gives, and tells the user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.llm.llm_chain import filled_values
from flowisectl.llm.prompt_template import Prompt

MAX_CONTEXT = 20_000
"""Characters of rows that the model gets to see."""
_FENCE = re.compile(r"```[a-zA-Z]*\n?(.*?)```", re.DOTALL)
_LABEL = re.compile(r"^\s*(?:Cypher(?:\s?Query|\s?Statement)?|Query|Statement)\s*:\s*", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL)
_READS = re.compile(r"^\s*(?:MATCH|OPTIONAL|WITH|UNWIND|RETURN|CALL|SHOW|USE|EXPLAIN|PROFILE)\b", re.IGNORECASE)
_CHANGES = re.compile(
    r"(?<![.:$\w])(?:CREATE|MERGE|DELETE|DETACH|SET|REMOVE|DROP|FOREACH|ALTER|GRANT|DENY|REVOKE|LOAD\s+CSV"
    r"|(?:apoc\.(?:load|import|export|cypher|create|merge|refactor|periodic|trigger)|dbms)\.)",
    re.IGNORECASE,
)


class ReadGraph(Protocol):
    async def schema(self) -> str:
        """What the graph holds, as a model shall see it. Raises ProviderError."""
        ...

    async def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a statement. Raises ProviderError."""
        ...


@dataclass(frozen=True, kw_only=True)
class CypherChain:
    """`statement` has `{schema}` and `{question}`, `response` has `{context}` and `{question}`."""

    graph: ReadGraph
    writer: ChatModel
    """Writes the statement."""
    model: ChatModel
    """Writes the answer."""
    statement: Prompt
    response: Prompt
    gives_rows: bool = False
    """The answer is what the graph gave, as JSON."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Only the answer is told, not the statement. Raises ProviderError, FlowError, MissingInput."""
        known = {"schema": await self.graph.schema(), "question": question}
        written = await self.writer.invoke(self.statement.messages(filled_values(self.statement, question, known)))
        rows = await self.graph.read(reading_statement(written.text))
        context = orjson.dumps(rows, default=str).decode()
        if self.gives_rows:
            if teller:
                teller.tell_whole(context)
            return context
        values = filled_values(self.response, question, {"context": context[:MAX_CONTEXT], "question": question})
        return (await ask(self.model, self.response.messages(values), teller)).text

    async def answer(self, question: str) -> str:
        """The answer, for tools that ask a chain."""
        return await self.respond(question)


def reading_statement(text: str) -> str:
    """The statement in a model's answer, without a fence and a label before it. Raises FlowError for one that does not only read."""
    fenced = _FENCE.search(text)
    statement = _LABEL.sub("", fenced[1] if fenced else text).strip().rstrip(";").strip()
    bare = _QUOTED.sub(" ", statement)
    if not _READS.match(bare) or _CHANGES.search(bare):
        raise FlowError(f"the model wrote no statement that only reads: {statement[:200]!r}; ask for something that can be looked up")
    return statement
