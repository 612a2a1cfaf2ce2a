"""Answers from a graph that is read with Cypher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.llm.cypher_answers import CypherChain
from flowisectl.llm.prompt_template import PlainPrompt
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.texts.databases import CYPHER_ANSWER, CYPHER_STATEMENT
from flowisectl.texts.text import BuiltInText


class GraphCypherQAChain(Node):
    definition = NodeDefinition(
        name="graphCypherQAChain",
        label="Graph Cypher QA Chain",
        category="Chains",
        version=1.1,
        base_classes=("GraphCypherQAChain", "BaseChain", "Runnable"),
        description="Answers from a graph: the model writes the statement, which can only read",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("graph", "Neo4j Graph", "Neo4j"),
            NodeParam(
                "cypherPrompt", "Cypher Generation Prompt", "BasePromptTemplate", optional=True, description="With {schema} and {question}"
            ),
            NodeParam("cypherModel", "Cypher Generation Model", "BaseLanguageModel", optional=True, description="Writes the statement"),
            NodeParam("qaPrompt", "QA Prompt", "BasePromptTemplate", optional=True, description="With {context} and {question}"),
            NodeParam("qaModel", "QA Model", "BaseLanguageModel", optional=True, description="Writes the answer"),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam(
                "returnDirect", "Return Direct", "boolean", default=False, optional=True, description="The answer is what the graph gave"
            ),
        ),
        outputs=(
            NodeOutput("graphCypherQAChain", "Graph Cypher QA Chain", ("GraphCypherQAChain", "BaseChain", "Runnable")),
            NodeOutput("outputPrediction", "Output Prediction", ("string", "json")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> CypherChain | str:
        """The chain, or its answer when the node's output is its prediction."""
        if inputs.output != "outputPrediction":
            return _chain(inputs, context)
        return str((await answer_with(_chain(inputs, context), inputs, context))["text"])

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(_chain(inputs, context), inputs, context)


def _chain(inputs: NodeInputs, context: RunContext) -> CypherChain:
    model = inputs.get("model")
    writer, answerer = inputs.get("cypherModel") or model, inputs.get("qaModel") or model
    return CypherChain(
        graph=inputs.require("graph"),
        writer=writer or inputs.require("model"),
        model=answerer or inputs.require("model"),
        statement=inputs.get("cypherPrompt") or _prompt(CYPHER_STATEMENT, context),
        response=inputs.get("qaPrompt") or _prompt(CYPHER_ANSWER, context),
        gives_rows=inputs.flag("returnDirect"),
    )


def _prompt(text: BuiltInText, context: RunContext) -> PlainPrompt:
    return PlainPrompt(template=context.texts.of(text), names=text.placeholders)
