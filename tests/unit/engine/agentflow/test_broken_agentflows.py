"""Flows that cannot run as they are: the error names the node and says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from agentflow_building import CATALOGUE, agentflow, chain, llm, node, reply, start

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.run import run_flow
from flowisectl.errors import InvalidFlow, NodeError
from flowisectl.testing import InMemoryFactory, ScriptedChatModel, run_context

BEGIN, FIRST, SECOND = "startAgentflow_0", "directReplyAgentflow_0", "directReplyAgentflow_1"


async def failure_of(*nodes: Mapping[str, Any]) -> str:
    """What a run of these nodes, one after the other, fails with."""
    context = run_context(question="Q", nodes=InMemoryFactory(chatScripted=ScriptedChatModel("answer")))
    with pytest.raises(NodeError) as failed:
        await run_flow(chain(start(), *nodes), context, CATALOGUE)
    assert failed.value.node_id == nodes[-1]["id"]
    return str(failed.value)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([{"id": "x"}], r"node 1 of the list \('x'\) has no data.name"),
        ([start(), None], r"node 2 of the list has no data.name"),
        ([start(), {"id": "y", "data": []}], r"node 2 of the list \('y'\) has no data.name"),
        ([{"data": {"name": "startAgentflow"}}], r"node 1 of the list \(startAgentflow\) has no id"),
        ([start(), reply(), reply()], rf"several nodes have the id '{FIRST}': rename"),
    ],
)
def test_node_that_cannot_be_read_is_named(nodes: list[Any], message: str) -> None:
    with pytest.raises(InvalidFlow, match=message):
        parse_flow({"nodes": nodes, "edges": []}, id="f")


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ([], [], "^Start input type not found$"),
        ([start(), reply()], [(BEGIN, FIRST), (FIRST, BEGIN)], rf"remove the edges into the Start node \({BEGIN} from {FIRST}\)"),
        (
            [start(), reply(0), reply(1)],
            [(BEGIN, FIRST), (FIRST, SECOND), (SECOND, FIRST)],
            rf"circle.*\({FIRST} waits for {SECOND}\).*Loop",
        ),
        ([start(), reply()], [(BEGIN, FIRST), (FIRST, FIRST)], rf"circle.*{FIRST} waits for {FIRST}"),
        ([reply()], [], "^Start input type not found$"),
    ],
)
async def test_flow_that_no_run_could_get_through_is_refused(nodes: list[Any], edges: list[Any], message: str) -> None:
    with pytest.raises(InvalidFlow, match=message):
        await run_flow(agentflow(nodes, edges), run_context(question="Q"), CATALOGUE)


async def test_circle_beside_a_way_to_an_end_does_not_hold_up_the_flow() -> None:
    third = "directReplyAgentflow_2"
    flow = agentflow([start(), reply(0), reply(1), reply(2, "the end")], [(BEGIN, FIRST), (FIRST, SECOND), (SECOND, FIRST), (BEGIN, third)])

    result = await run_flow(flow, run_context(question="Q"), CATALOGUE)

    assert result.text == "the end"


async def test_entrance_that_does_not_exist_is_named() -> None:
    with pytest.raises(InvalidFlow, match="cannot begin with 'mail'; choose one of chatInput, formInput"):
        await run_flow(chain(start(startInputType="mail"), reply()), run_context(question="Q"), CATALOGUE)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (llm(llmMessages="be brief"), r"'llmAgentflow_0' \(LLM\): its input 'llmMessages' must be a list of rows, not 'be brief'"),
        (llm(llmMessages=[{"role": "user", "content": "a"}, 5]), "its row 2 must be an object, not 5"),
        (
            llm(llmMessages=[{"role": "boss", "content": "a"}]),
            "one of system, assistant, developer, user; that of row 1 is wrong, not 'boss'",
        ),
        (llm(llmStructuredOutput={"key": "a"}), "'llmStructuredOutput' must be a list of rows"),
        (llm(llmUpdateState=True), "'llmUpdateState' must be a list of rows, not True"),
        (llm(llmModelConfig="gpt"), "'llmModelConfig' must be an object, not 'gpt'"),
        (llm(llmModelConfig=[]), r"'llmModelConfig' must be an object, not \[\]"),
        (llm(llmMemoryType="windowSize", llmMemoryWindowSize="many"), "'llmMemoryWindowSize' must be a number, not 'many'"),
        (node("agentAgentflow_0", {"agentModel": "chatScripted", "agentTools": "calculator"}), "'agentTools' must be a list of rows"),
        (
            node(
                "agentAgentflow_0", {"agentModel": "chatScripted", "agentTools": [{"agentSelectedTool": "c", "agentSelectedToolConfig": 1}]}
            ),
            "'agentSelectedToolConfig' must be an object, not 1",
        ),
        (node("conditionAgentflow_0", {"conditions": "x > 1"}), "'conditions' must be a list of rows"),
        (node("loopAgentflow_0", {}), r"'loopAgentflow_0' \(Loop\) needs its input 'loopBackToNode'"),
        (node("loopAgentflow_0", {"loopBackToNode": f"{BEGIN}-Start", "maxLoopCount": "often"}), "'maxLoopCount' must be a number"),
        (node("iterationAgentflow_0", {"iterationInput": "a, b"}), r"Invalid input array: node 'iterationAgentflow_0' \(Iteration\)"),
        (node("iterationAgentflow_0", {}), "needs a JSON array"),
        (
            node("httpAgentflow_0", {"url": "example.org"}),
            "'url' must be an address that begins with http:// or https://, not 'example.org'",
        ),
        (node("httpAgentflow_0", {"url": "http://localhost", "method": "FETCH"}), "'method' must be one of GET, POST.*not 'FETCH'"),
        (node("httpAgentflow_0", {"url": "http://localhost", "headers": "x: y"}), "'headers' must be a list of rows"),
        (node("toolAgentflow_0", {"toolAgentflowSelectedTool": "calculator", "toolInputArgs": "1+1"}), "'toolInputArgs' must be a list"),
        (node("retrieverAgentflow_0", {"retrieverKnowledgeDocumentStores": "store"}), "'retrieverKnowledgeDocumentStores' must be a list"),
        (node("customFunctionAgentflow_0", {"customFunctionInputVariables": 7}), "'customFunctionInputVariables' must be a list"),
    ],
)
async def test_input_of_another_type_fails_its_node_and_is_named(broken: Mapping[str, Any], message: str) -> None:
    text = await failure_of(broken)

    assert re.search(message, text), text


async def test_long_wrong_value_is_shortened_in_the_error() -> None:
    text = await failure_of(llm(llmMessages="x" * 5000))

    assert len(text) < 300
    assert "…" in text


async def test_rows_as_json_text_and_empty_texts_are_fine() -> None:
    context = run_context(question="Q", nodes=InMemoryFactory(chatScripted=ScriptedChatModel("answer")))
    flow = chain(start(startState=""), llm(llmMessages='[{"role": "user", "content": "a"}]', llmStructuredOutput="", llmModelConfig=""))

    result = await run_flow(flow, context, CATALOGUE)

    assert result.text == "answer"


async def test_three_hundred_nodes_with_names_of_all_alphabets_run() -> None:
    nodes = [
        start(),
        *(
            node(f"directReplyAgentflow_{number}", {"directReplyMessage": f"{number}"}, label=f"Ответ 答え 🚀 {number}")
            for number in range(300)
        ),
    ]

    result = await run_flow(chain(*nodes), run_context(question="Q"), CATALOGUE)

    assert result.text == "299"
    assert result.executed is not None
    assert [item["nodeLabel"] for item in result.executed[1:3]] == ["Ответ 答え 🚀 0", "Ответ 答え 🚀 1"]
