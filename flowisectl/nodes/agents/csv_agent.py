"""Answers from the rows of CSV files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import files_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import question_text
from flowisectl.errors import FlowError, InvalidFlow, MissingInput
from flowisectl.interfaces.javascript import JavaScriptError
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.table_answers import TableAgent
from flowisectl.retrieval.child_work import in_child
from flowisectl.retrieval.file_formats import are_large
from flowisectl.retrieval.long_work import in_thread
from flowisectl.retrieval.reading import csv_objects
from flowisectl.texts.databases import TABLE_ANSWER, TABLE_PROGRAM

READ = "read_csv(csv_data)"
_READ = re.compile(r"\s*(?:pd\.)?read_csv\(\s*csv_data\s*(?:,\s*(?:sep|delimiter)\s*=\s*(['\"])(?P<mark>\\t|.)\1\s*)?\)\s*")


class CsvAgent(Node):
    definition = NodeDefinition(
        name="csvAgent",
        label="CSV Agent",
        category="Agents",
        version=3.0,
        type="AgentExecutor",
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="Answers from the rows of CSV files: the model writes a program over them, which runs in the sandbox",
        inputs=(
            NodeParam("csvFile", "Csv File", "file"),
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("systemMessagePrompt", "System Message", "string", optional=True, rows=4, additional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam(
                "customReadCSV",
                "Custom Pandas Read_CSV Code",
                "code",
                default=READ,
                optional=True,
                additional=True,
                description="How the file is read; only the separator may be named: read_csv(csv_data, sep=';')",
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> TableAgent:
        files = await files_of("csvFile", inputs, context)
        if not files:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no file: choose one for its input 'csvFile'")
        read = partial(csv_objects, files, delimiter=_delimiter(inputs))

        async def compute(code: str, rows: Sequence[Mapping[str, Any]]) -> Any:
            try:
                return await context.javascript.run(code, {"rows": [*rows]})
            except JavaScriptError as error:
                raise FlowError(f"the program that the model wrote failed: {error}; ask in another way") from error

        rows = await (in_child(read) if are_large(files) else in_thread(read))
        return TableAgent(
            model=inputs.require("model"),
            rows=rows,
            compute=compute,
            program=context.texts.of(TABLE_PROGRAM),
            answering=context.texts.of(TABLE_ANSWER),
            system=inputs.text("systemMessagePrompt"),
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any] | str:
        agent = await self.build(inputs, context)
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        return await agent.respond(question, teller)


def _delimiter(inputs: NodeInputs) -> str:
    """The separator that the reading code names, or an empty text. Other Python code cannot run here. Raises InvalidFlow."""
    found = _READ.fullmatch(inputs.text("customReadCSV", READ))
    if found is None:
        raise InvalidFlow(
            f"node {inputs.node_id!r} ({inputs.label}) reads its file with code of its own: only {READ!r} and its sep= run here"
        )
    mark = found["mark"] or ""
    return "\t" if mark == "\\t" else mark
