"""The CSV agent's programs in the real sandbox."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flowisectl.clients.http import open_http
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.nodes.agents.csv_agent import CsvAgent
from flowisectl.sandbox.pool import open_sandbox
from flowisectl.testing import ScriptedChatModel, run_context

TABLE = "city;people;old;code\nUlm;126;true;007\nBern;134;false;008\nGraz;;true;009\n"


@pytest.fixture
async def context() -> AsyncIterator[RunContext]:
    async with open_http() as http, open_sandbox(http, timeout_seconds=10) as javascript:
        yield run_context(javascript=javascript, http=http, question="How many people in all?")


def uri(text: str) -> str:
    return f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()},filename:t.csv"


async def answer(context: RunContext, model: ScriptedChatModel, table: str = TABLE, **inputs: Any) -> Any:
    values = {"csvFile": uri(table), "model": model, **inputs}
    return await CsvAgent().run(NodeInputs(values, node_id="csvAgent_0", label="CSV Agent"), context)


async def test_the_program_runs_over_typed_rows_and_its_result_is_told(context: RunContext) -> None:
    code = "```js\nreturn rows.filter(row => row.old !== false).map(row => [row.city, row.people, row.code]);\n```"
    model = ScriptedChatModel(code, "Ulm has 126.", piece=5)

    found = await answer(context, model, systemMessagePrompt="Speak like a clerk.")

    assert found == "Ulm has 126."
    asked, told = model.calls[0].texts[0][1], model.calls[1].texts[0][1]
    assert '{"city":"string","people":"number","old":"boolean","code":"string"}' in asked
    assert '{"city":"Ulm","people":126,"old":true,"code":"007"}' in asked and "How many people in all?" in asked
    assert told.startswith("Speak like a clerk.\n") and '[["Ulm",126,"007"],["Graz",null,"009"]]' in told
    assert context.events.text() == "Ulm has 126."  # type: ignore[attr-defined]


async def test_a_bare_expression_is_a_program(context: RunContext) -> None:
    model = ScriptedChatModel("rows.reduce((sum, row) => sum + (row.people ?? 0), 0)", "260")

    await answer(context, model)

    assert "the result is: 260" in model.calls[1].texts[0][1]


@pytest.mark.parametrize(
    ("reading", "table"), [("read_csv(csv_data, sep='|')", "a|b;c\n1|2;3\n"), ("read_csv(csv_data)", "a,b;c\n1,2;3\n")]
)
async def test_the_separator_may_be_named(context: RunContext, reading: str, table: str) -> None:
    model = ScriptedChatModel("rows[0]['b;c']", "x")

    await answer(context, model, table, customReadCSV=reading)

    assert "the result is: 2;3" in model.calls[1].texts[0][1]


async def test_other_reading_code_is_refused(context: RunContext) -> None:
    with pytest.raises(InvalidFlow, match="only 'read_csv"):
        await answer(context, ScriptedChatModel("x"), customReadCSV="read_csv(csv_data).dropna()")


async def test_a_program_that_fails_is_told(context: RunContext) -> None:
    with pytest.raises(FlowError, match=r"the program that the model wrote failed: .*nothing"):
        await answer(context, ScriptedChatModel("return nothing.at.all;"))


async def test_a_table_without_rows_is_told(context: RunContext) -> None:
    with pytest.raises(FlowError, match="no rows"):
        await answer(context, ScriptedChatModel("x"), "a,b\n")


async def test_moderation_comes_first(context: RunContext) -> None:
    class Refuses:
        async def check(self, text: str) -> str:
            raise ModerationRefusal("no")

    assert await answer(context, ScriptedChatModel(), inputModeration=[Refuses()]) == {"text": "no"}
