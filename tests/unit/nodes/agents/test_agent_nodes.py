"""The agent nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowisectl.engine.context import StoredMessage
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.errors import DatabaseUnavailable, MissingInput, RunStopped
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.query_engine import CompactRefine, EngineTool, QueryEngine
from flowisectl.nodes.agents.conversational_agent import ConversationalAgent
from flowisectl.nodes.agents.react_agent_chat import ReactAgentChat
from flowisectl.nodes.agents.tool_agent import ToolAgentNode
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryHistory, RecordingEventSink, ScriptedChatModel, run_context
from flowisectl.texts.agents import JSON_AGENT_REMINDER

CALL = ChatReply(tool_calls=(ToolCall(id="1", name="add", arguments={"input": "1+1"}),))
USED = [{"tool": "add", "toolInput": {"input": "1+1"}, "toolOutput": "2 in chat-1"}]


class Adds:
    spec = ToolSpec(name="add", description="adds {numbers}", parameters={"type": "object"})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text=f"{eval_sum(arguments['input'])} in {flow['chatId']}")


def eval_sum(text: str) -> int:
    return sum(int(part) for part in text.split("+"))


class Refuses:
    async def check(self, text: str) -> str:
        raise ModerationRefusal("no")


async def ask(node: Node, model: ScriptedChatModel, *, inputs: dict[str, Any] | None = None, **context: Any) -> Any:
    run = run_context(**{"question": "what is {1+1}?", **context})
    values = {"model": model, "memory": StoredMemory(run), "tools": [[Adds()], ""], **(inputs or {})}
    return await node.run(NodeInputs(values, node_id="a_0"), run)


class TestToolAgent:
    async def test_it_answers_with_what_its_tools_gave(self) -> None:
        events, model = RecordingEventSink(), ScriptedChatModel(CALL, "two", piece=9)
        history = InMemoryHistory(StoredMessage(role="apiMessage", content="earlier"))

        answer = await ask(ToolAgentNode(), model, inputs={"systemMessage": 'Be {"exact": 1}'}, events=events, history=history)

        assert answer == {"text": "two", "usedTools": USED}
        assert list(answer) == ["text", "usedTools"]
        assert model.calls[0].texts == [("system", 'Be {"exact": 1}'), ("assistant", "earlier"), ("user", "what is {1+1}?")]
        assert [(event.kind.value, event.data) for event in events.events] == [("start", ""), ("token", "two"), ("usedTools", USED)]

    async def test_a_direct_answer_is_told_after_the_used_tools(self) -> None:
        class Ends(Adds):
            return_direct = True

        events = RecordingEventSink()

        answer = await ask(ToolAgentNode(), ScriptedChatModel(CALL), inputs={"tools": [Ends()]}, events=events)

        assert answer == {"text": "2 in chat-1", "usedTools": USED}
        assert [(event.kind.value, event.data) for event in events.events] == [("start", ""), ("usedTools", USED), ("token", "2 in chat-1")]

    async def test_documents_of_tools_stand_beside_the_used_tools(self) -> None:
        class Finds(Adds):
            async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
                return ToolOutcome(text="found", source_documents=(Document(page_content="p", metadata={}),))

        answer = await ask(ToolAgentNode(), ScriptedChatModel(CALL, "two"), inputs={"tools": [Finds()]})

        assert answer["sourceDocuments"] == [{"pageContent": "p", "metadata": {}}]
        assert answer["usedTools"] == [{"tool": "add", "toolInput": {"input": "1+1"}, "toolOutput": "found"}]

    async def test_detailed_streaming_tells_every_step(self) -> None:
        calls = (*CALL.tool_calls, ToolCall(id="2", name="subtract", arguments={}))
        events, model = RecordingEventSink(), ScriptedChatModel(ChatReply(tool_calls=calls), "two")

        await ask(ToolAgentNode(), model, inputs={"enableDetailedStreaming": "true"}, events=events)

        steps = events.of("agent_trace")
        added = [step for step in steps if step["runId"] == steps[0]["runId"]]
        assert [{key: step[key] for key in step if not key.endswith("Id")} for step in added] == [
            {"step": "agent_action", "action": {"tool": "add", "toolInput": {"input": "1+1"}}},
            {"step": "tool_start", "name": "add", "input": '{"input":"1+1"}'},
            {"step": "tool_end", "name": "add", "output": "2 in chat-1"},
        ]
        assert [step["step"] for step in steps if step not in added] == ["agent_action", "tool_start", "tool_error"]
        assert len({step["parentRunId"] for step in steps}) == 1

    async def test_steps_are_told_to_nobody_who_does_not_ask(self) -> None:
        events = RecordingEventSink()

        await ask(ToolAgentNode(), ScriptedChatModel(CALL, "two"), events=events)

        assert events.of("agent_trace") == []

    async def test_nobody_listening_means_no_events(self) -> None:
        events = RecordingEventSink()

        await ask(ToolAgentNode(), ScriptedChatModel(CALL, "two"), events=events, is_streaming=False)

        assert events.events == []

    async def test_its_steps_are_limited(self) -> None:
        model = ScriptedChatModel(CALL, repeat=True)

        answer = await ask(ToolAgentNode(), model, inputs={"maxIterations": "2"})

        assert answer["text"] == "Agent stopped due to max iterations."
        assert len(model.calls) == 2

    async def test_a_refused_question_never_reaches_the_model(self) -> None:
        events = RecordingEventSink()

        assert await ask(ToolAgentNode(), ScriptedChatModel(), inputs={"inputModeration": [Refuses()]}, events=events) == {"text": "no"}
        assert events.text() == "no"

    @pytest.mark.parametrize("name", ["model", "memory"])
    async def test_missing_connections_are_named(self, name: str) -> None:
        with pytest.raises(MissingInput, match=f"'{name}'"):
            await ask(ToolAgentNode(), ScriptedChatModel(), inputs={name: ""})


class TestTextAgents:
    async def test_the_conversational_agent_asks_in_json(self) -> None:
        model = ScriptedChatModel(
            '{"action": "add", "action_input": "1+1"}', '```json\n{"action": "Final Answer", "action_input": "two"}\n```'
        )

        answer = await ask(ConversationalAgent(), model, inputs={"systemMessage": "Be brief."})

        assert answer == {"text": "two", "usedTools": USED}
        first = model.calls[0].texts
        assert first[0] == ("system", f"Be brief.{JSON_AGENT_REMINDER.ours}")
        assert "add: adds {numbers}" in first[1][1] and first[1][1].endswith("what is {1+1}?")

    async def test_the_react_agent_asks_in_lines(self) -> None:
        model = ScriptedChatModel("Thought: add\nAction: add\nAction Input: 1+1", "Thought: done\nFinal Answer: two")
        history = InMemoryHistory(StoredMessage(role="userMessage", content="hi"), StoredMessage(role="apiMessage", content="hello"))

        answer = await ask(ReactAgentChat(), model, history=history)

        assert answer == {"text": "two"}
        assert "hi\\nhello" in model.calls[0].messages[0].text

    @pytest.mark.parametrize("node", [ConversationalAgent(), ReactAgentChat()])
    async def test_a_refused_question_never_reaches_the_model(self, node: Node) -> None:
        assert await ask(node, ScriptedChatModel(), inputs={"inputModeration": [Refuses()]}) == {"text": "no"}


@pytest.mark.parametrize("failure", [RunStopped(), DatabaseUnavailable("the database is away")])
@pytest.mark.parametrize(
    ("node", "call"),
    [
        (ToolAgentNode(), CALL),
        (ConversationalAgent(), '{"action": "add", "action_input": "1"}'),
        (ReactAgentChat(), "Action: add\nAction Input: 1"),
    ],
)
async def test_a_stop_or_an_outage_inside_a_tool_is_no_observation(node: Node, call: Any, failure: Exception) -> None:
    class Fails(Adds):
        async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
            raise failure

    with pytest.raises(type(failure)):
        await ask(node, ScriptedChatModel(call, "went on"), inputs={"tools": [Fails()]})


class TestAgentsOfEngines:
    @pytest.mark.parametrize(("name", "streams"), [("openAIToolAgentLlamaIndex", True), ("anthropicAgentLlamaIndex", False)])
    async def test_they_call_query_engines_and_plain_tools(self, name: str, streams: bool) -> None:
        class Library:
            async def retrieve(self, question: str) -> list[Document]:
                return [Document(page_content=f"about {question}")]

        reader = ScriptedChatModel("it is red")
        engine = QueryEngine(retriever=Library(), model=reader, synthesizer=CompactRefine())
        calls = (ToolCall(id="1", name="library", arguments={"query": "roses"}), *CALL.tool_calls)
        model, events = ScriptedChatModel(ChatReply(tool_calls=calls), "Red."), RecordingEventSink()
        tools = [EngineTool(name="library", description="knows", engine=engine), Adds()]

        answer = await ask(load_catalogue().get(name), model, inputs={"tools": tools}, events=events)

        assert answer["text"] == "Red." and [used["toolOutput"] for used in answer["usedTools"]] == ["it is red", "2 in chat-1"]
        assert "about roses" in reader.calls[0].texts[0][1]
        assert (events.text() == "Red.") is streams
