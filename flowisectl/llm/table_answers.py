"""Answering from a table: the model writes a program over its rows, reads what it gives, and tells the user."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import AnswerTeller, ask
from flowisectl.texts.databases import TABLE_ANSWER, TABLE_PROGRAM
from flowisectl.texts.text import filled

MAX_RESULT = 20_000
SAMPLE_ROWS = 3
_FENCE = re.compile(r"```[a-zA-Z]*\n?(.*?)```", re.DOTALL)
_STATEMENT = re.compile(r"(?:const|let|var|for|if|while|do|switch|try|function|class|throw)\b")
_KINDS = {bool: "boolean", int: "number", float: "number"}

Compute = Callable[[str, Sequence[Mapping[str, Any]]], Awaitable[Any]]
"""(code, rows) → what the code returns. Raises FlowError."""


@dataclass(frozen=True, kw_only=True)
class TableAgent:
    model: ChatModel
    rows: Sequence[Mapping[str, Any]]
    compute: Compute
    program: str = TABLE_PROGRAM.ours
    """With `{columns}`, `{sample}` and `{question}`."""
    answering: str = TABLE_ANSWER.ours
    """With `{question}` and `{result}`."""
    system: str = ""
    """Goes in front of what the model is asked at last."""

    async def respond(self, question: str, teller: AnswerTeller | None = None) -> str:
        """Only the answer is told, not the program. Raises ProviderError, FlowError."""
        if not self.rows:
            raise FlowError("the table has no rows: choose a file with a line of titles and at least one row")
        sample = "\n".join(orjson.dumps(row).decode() for row in self.rows[:SAMPLE_ROWS])
        content = filled(self.program, columns=orjson.dumps(column_kinds(self.rows)).decode(), sample=sample, question=question)
        written = (await self.model.invoke([ChatMessage(role="user", content=content)])).text
        result = await self.compute(code_in(written), self.rows)
        shown = result if isinstance(result, str) else orjson.dumps(result).decode()
        said = filled(self.answering, question=question, result=shown[:MAX_RESULT])
        asked = f"{self.system}\n{said}" if self.system else said
        return (await ask(self.model, [ChatMessage(role="user", content=asked)], teller)).text

    async def answer(self, question: str) -> str:
        return await self.respond(question)


def column_kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Column → `number`, `boolean` or `string`, by its first value that is there."""
    kinds: dict[str, str] = {}
    names = rows[0].keys() if rows else ()
    for name in names:
        value = next((row[name] for row in rows if row.get(name) is not None), "")
        kinds[name] = _KINDS.get(type(value), "string")
    return kinds


def code_in(text: str) -> str:
    """The code in a model's answer, without a fence. A bare expression is returned."""
    fenced = _FENCE.search(text)
    code = (fenced[1] if fenced else text).strip()
    is_expression = "\n" not in code and "return" not in code and not _STATEMENT.match(code)
    return f"return ({code.rstrip(';')})" if is_expression and code else code
