"""Which flows can stream."""

from __future__ import annotations

from typing import Any

import pytest
from chatflow_building import FlowBuilder, instance

from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.engine.streaming import can_stream
from flowisectl.errors import InvalidFlow


def chain(*, model: str = "chatOpenAI", end: str = "llmChain", category: str = "Chains", output: str = "", **inputs: Any) -> FlowBuilder:
    builder = FlowBuilder().node("m_0", model, "Chat Models", **inputs)
    return builder.node("e_0", end, category, output=output, model=instance("m_0"))


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        (chain(streaming=True), True),
        (chain(streaming="true"), True),
        (chain(streaming=False), False),
        (chain(streaming="false"), False),
        (chain(streaming=""), False),
        (chain(), True),
        (chain(model="chatUnheardOf"), False),
        (chain(model="chatUnheardOf", streaming=True), True),
        (chain(streaming=True, end="openApiChain"), False),
        (chain(streaming=True, end="toolAgent", category="Agents"), True),
        (chain(streaming=True, end="conversationalAgent", category="Agents"), False),
        (chain(end="openAIAssistant", category="Agents", streaming=True), True),
        (chain(streaming=True, end="queryEngine", category="Engine"), True),
        (chain(streaming=True, end="otherEngine", category="Engine"), False),
        (chain(streaming=True, end="customFunction", category="Utilities", output="EndingNode"), False),
        (chain(streaming=False, end="worker", category="Multi Agents"), True),
        (chain(streaming=True).node("p_0", "csvOutputParser", "Output Parsers"), False),
        (chain(streaming=True).node("m_1", "chatOpenAI", "Chat Models", streaming=False), False),
    ],
)
def test_models_ends_and_parsers_decide(builder: FlowBuilder, expected: bool) -> None:
    assert can_stream(builder.flow()) is expected


def test_post_processing_ends_streaming() -> None:
    assert can_stream(chain(streaming=True).flow(chatbot_config='{"postProcessing": {"enabled": true}}')) is False
    assert can_stream(chain(streaming=True).flow(chatbot_config='{"postProcessing": {"enabled": false}}')) is True


def test_agentflows_stream() -> None:
    assert can_stream(parse_flow({"nodes": [], "edges": []}, kind="AGENTFLOW")) is True


def empty() -> Flow:
    return parse_flow({"nodes": [], "edges": []}, kind="CHATFLOW")


def test_a_flow_without_an_end_is_told() -> None:
    with pytest.raises(InvalidFlow, match=r"^Ending nodes not found$"):
        can_stream(empty())
    with pytest.raises(InvalidFlow, match=r"^Ending node must be either a Chain or Agent or Engine$"):
        can_stream(FlowBuilder().node("m_0", "chatOpenAI", "Chat Models").flow())
