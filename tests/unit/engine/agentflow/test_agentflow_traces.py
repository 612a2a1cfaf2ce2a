"""Whole runs through the engine's door: what a user, a client and the next run of the session get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from agentflow_building import CATALOGUE, agentflow, chain, llm, node, reply, start

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.errors import InvalidFlow, InvalidRequest, NodeError
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome, ToolSpec
from flowisectl.testing import InMemoryFactory, InMemoryHistory, RecordingEventSink, ScriptedChatModel, run_context

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_token_details": {}, "output_token_details": {}}


class Session:
    """One session: runs flows one after the other and keeps what the server would keep in between."""

    def __init__(self, model: ScriptedChatModel | None = None, **components: Any) -> None:
        self.history = InMemoryHistory()
        self.model = model or ScriptedChatModel("unused")
        self.context = run_context(history=self.history, nodes=InMemoryFactory(chatScripted=self.model, **components))
        self.events = RecordingEventSink()

    async def ask(self, flow: Flow, question: str = "", **request: Any) -> FlowResult:
        self.events = RecordingEventSink()
        asked = RunRequest(question=question, has_question=bool(question), **request)
        context: RunContext = replace(self.context, request=asked, events=self.events)
        result = await run_flow(flow, context, CATALOGUE)
        self.history.add("flow-1", "session-1", "userMessage", result.user_content)
        self.history.add("flow-1", "session-1", "apiMessage", result.text)
        return result

    def trace(self) -> list[str]:
        """The events in short: `kind`, `node STATUS`, the list of executed nodes, tokens joined."""
        lines: list[str] = []
        for event in self.events.events:
            match event.kind.value:
                case "agentFlowEvent":
                    lines.append(f"run {event.data}")
                case "nextAgentFlow":
                    lines.append(f"{event.data['nodeId'].split('Agentflow')[0]} {event.data['status']}")
                case "agentFlowExecutedData":
                    lines.append(f"{len(event.data)} executed")
                case "token" if lines and lines[-1].startswith("say "):
                    lines[-1] += event.data
                case "token":
                    lines.append(f"say {event.data}")
                case kind:
                    lines.append(kind)
        return lines

    def sent(self, call: int = -1) -> list[tuple[str, str]]:
        """What the model got in one of its calls."""
        return self.model.calls[call].texts

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.context.executions.rows]  # type: ignore[attr-defined]


def data(result: FlowResult, node_id: str) -> Mapping[str, Any]:
    """The data of a node's last execution."""
    return next(item["data"] for item in reversed(result.fields["agentFlowExecutedData"]) if item["nodeId"] == node_id)


class AddTool:
    """Adds two numbers, brings a document and a picture along; or raises."""

    spec = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})
    return_direct = False

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append((arguments, flow))
        if self.error:
            raise self.error
        documents = (Document(page_content="sums", metadata={"page": 1}),)
        return ToolOutcome(text=str(sum(arguments.values())), source_documents=documents)


def agent(approval: bool = False, **inputs: Any) -> dict[str, Any]:
    values = {
        "agentModel": "chatScripted",
        "agentTools": [{"agentSelectedTool": "adder", "agentSelectedToolConfig": {}, "agentSelectedToolRequiresHumanInput": approval}],
        "agentEnableMemory": True,
        "agentMemoryType": "allMessages",
        **inputs,
    }
    return node("agentAgentflow_0", values)


def wants_sum() -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id="c1", name="add", arguments={"a": 1, "b": 2}),), usage=USAGE)


async def test_a_chain_streams_only_its_last_node() -> None:
    session = Session(ScriptedChatModel("A"))
    flow = chain(start(), llm(), reply(message="<p>Got {{ llmAgentflow_0 }}</p>"))

    result = await session.ask(flow, "hi")

    assert session.trace() == [
        "run INPROGRESS",
        "start INPROGRESS",
        "start FINISHED",
        "1 executed",
        "llm INPROGRESS",
        "llm FINISHED",
        "2 executed",
        "directReply INPROGRESS",
        "say Got A",
        "directReply FINISHED",
        "3 executed",
        "run FINISHED",
    ]
    assert list(result.fields) == ["text", "question", "executionId", "agentFlowExecutedData"]
    assert (result.text, result.user_content) == ("Got A", "hi")
    assert session.states == ["FINISHED"]


async def test_nobody_watches_so_no_event_is_made() -> None:
    session = Session(ScriptedChatModel("A"))
    session.context = replace(session.context, is_streaming=False)

    result = await session.ask(chain(start(), llm()), "hi")

    assert result.text == "A"
    assert session.events.events == []


async def test_messages_are_sent_system_first_then_sent_history_configured_past_and_input() -> None:
    session = Session(ScriptedChatModel(ChatReply(text="answer", usage=USAGE)))
    for role, text in (("userMessage", "p1"), ("apiMessage", "p2"), ("userMessage", "p3"), ("apiMessage", "p4")):
        session.history.add("flow-1", "session-1", role, text)
    configured = [{"role": "system", "content": "S1"}, {"role": "user", "content": "U0"}, {"role": "system", "content": "S2"}]
    rows = [{"key": "k", "value": "<p>{{ output }}</p>"}]
    flow = chain(start(), llm(label="My LLM", llmMessages=configured, llmUserMessage="<p>UM</p>", llmUpdateState=rows))

    result = await session.ask(flow, "Q", history=[{"role": "userMessage", "content": "H1"}])

    assert session.sent() == [
        ("system", "S2"),
        ("system", "S1"),
        ("user", "H1"),
        ("user", "U0"),
        ("user", "p1"),
        ("assistant", "p2"),
        ("user", "p3"),
        ("assistant", "p4"),
        ("user", "Q"),
        ("user", "UM"),
    ]
    said = data(result, "llmAgentflow_0")["chatHistory"]
    assert said == [{"role": "user", "content": "Q"}, {"role": "user", "content": "answer", "name": "my_llm"}]
    assert data(result, "llmAgentflow_0")["state"] == {"k": "answer"}
    assert session.trace()[-5:] == ["calledTools", "usageMetadata", "llm FINISHED", "2 executed", "run FINISHED"]
    assert session.events.of("calledTools") == [[]]


async def test_a_window_counts_the_input() -> None:
    session = Session(ScriptedChatModel("a"))
    for number in range(1, 5):
        session.history.add("flow-1", "session-1", "userMessage" if number % 2 else "apiMessage", f"p{number}")

    await session.ask(chain(start(), llm(llmMemoryType="windowSize", llmMemoryWindowSize="1")), "Q")

    assert session.sent() == [("assistant", "p4"), ("user", "Q")]


async def test_a_summary_stands_for_the_whole_conversation() -> None:
    session = Session(ScriptedChatModel("SUM", "a"))

    await session.ask(chain(start(), llm(llmMemoryType="conversationSummary")), "Q")

    assert [role for role, _ in session.sent(0)] == ["user"]
    assert "user: Q" in session.sent(0)[0][1]
    assert session.sent(1) == [("assistant", "SUM")]


async def test_a_summary_buffer_keeps_the_latest_messages() -> None:
    session = Session(ScriptedChatModel("SUM", "a"))
    session.history.add("flow-1", "session-1", "userMessage", "old " * 50)
    memory = {"llmMemoryType": "conversationSummaryBuffer", "llmMemoryMaxTokenLimit": "20"}

    await session.ask(chain(start(), llm(llmMessages=[{"role": "system", "content": "S"}], **memory)), "Q")

    assert session.sent(1) == [("system", "S"), ("user", "Previous conversation summary: SUM"), ("user", "Q")]


async def test_a_later_node_without_memory_sends_only_its_own_messages() -> None:
    session = Session(ScriptedChatModel("one", "two"))

    await session.ask(chain(start(), llm(0), llm(1, llmEnableMemory=False)), "Q")

    assert session.sent(1) == []


async def test_nodes_remember_the_run_and_the_session() -> None:
    session = Session(ScriptedChatModel("1", "x", "2", "y"))
    second = llm(1, llmMessages=[{"role": "system", "content": "SYS"}], llmUserMessage="and?")
    flow = chain(start(), llm(0), second)

    await session.ask(flow, "one")
    await session.ask(flow, "two")

    assert session.sent(2) == [("user", "one"), ("assistant", "x"), ("user", "two")]
    assert session.sent(3) == [
        ("system", "SYS"),
        ("user", "one"),
        ("assistant", "x"),
        ("user", "two"),
        ("user", "2"),
        ("user", "and?"),
    ]


async def test_ephemeral_memory_begins_without_the_past() -> None:
    session = Session(ScriptedChatModel("1", "2"))
    flow = chain(start(startEphemeralMemory=True), llm())

    await session.ask(flow, "one")
    await session.ask(flow, "two")

    assert session.sent(1) == [("user", "two")]


async def test_a_fan_in_runs_once_and_is_the_only_one_to_stream() -> None:
    session = Session(ScriptedChatModel("a", "b"))
    flow = agentflow(
        [start(), llm(0), llm(1), reply(message="{{ llmAgentflow_0 }}{{ llmAgentflow_1 }}")],
        [
            ("startAgentflow_0", "llmAgentflow_0"),
            ("startAgentflow_0", "llmAgentflow_1"),
            ("llmAgentflow_0", "directReplyAgentflow_0"),
            ("llmAgentflow_1", "directReplyAgentflow_0"),
        ],
    )

    result = await session.ask(flow, "Q")

    order = [item["nodeId"] for item in result.fields["agentFlowExecutedData"]]
    assert order == ["startAgentflow_0", "llmAgentflow_0", "llmAgentflow_1", "directReplyAgentflow_0"]
    assert session.events.text() == "ab"


def human_flow(**inputs: Any) -> Flow:
    human = node("humanInputAgentflow_0", {"humanInputDescriptionType": "fixed", "humanInputDescription": "<p>ok?</p>", **inputs})
    rows = [{"key": "k", "value": "{{ output }}"}]
    return agentflow(
        [
            start(startState=[{"key": "k", "value": "v0"}]),
            llm(llmUpdateState=rows),
            human,
            reply(0, "<p>yes {{ $flow.state.k }}</p>"),
            reply(1, "<p>no</p>"),
        ],
        [
            ("startAgentflow_0", "llmAgentflow_0"),
            ("llmAgentflow_0", "humanInputAgentflow_0"),
            ("humanInputAgentflow_0", "directReplyAgentflow_0", 0),
            ("humanInputAgentflow_0", "directReplyAgentflow_1", 1),
        ],
    )


async def test_a_run_stops_for_a_human() -> None:
    session = Session(ScriptedChatModel("DRAFT"))

    result = await session.ask(human_flow(), "Q")

    assert session.trace()[-8:] == [
        "2 executed",
        "humanInput INPROGRESS",
        "say DRAFT\n\nok?",
        "humanInput STOPPED",
        "3 executed",
        "run STOPPED",
        "action",
        "run STOPPED",
    ]
    action = result.fields["action"]
    assert [element["label"] for element in action["elements"]] == ["Proceed", "Reject"]
    assert action["data"]["nodeId"] == "humanInputAgentflow_0"
    assert result.stored["action"] == action
    assert (result.text, result.clears_action, session.states) == ("DRAFT\n\nok?", False, ["STOPPED"])


@pytest.mark.parametrize(("kind", "text"), [("proceed", "yes DRAFT"), ("reject", "no")])
async def test_a_stopped_run_goes_on_as_the_human_decides(kind: str, text: str) -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    first = await session.ask(human_flow(), "Q")

    result = await session.ask(human_flow(), human_input={"type": kind, "feedback": "fine"})

    assert session.trace() == [
        "run INPROGRESS",
        "humanInput INPROGRESS",
        "humanInput FINISHED",
        "3 executed",
        "directReply INPROGRESS",
        f"say {text}",
        "directReply FINISHED",
        "4 executed",
        "run FINISHED",
    ]
    assert (result.text, result.user_content, result.clears_action) == (text, "fine", True)
    assert result.execution_id == first.execution_id
    assert "question" not in result.fields
    assert session.states == ["FINISHED"]
    assert data(result, "humanInputAgentflow_0")["chatHistory"] == [{"role": "user", "content": "fine"}]


async def test_only_a_stopped_run_can_go_on() -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    await session.ask(human_flow(), "Q")
    await session.ask(human_flow(), human_input={"type": "proceed"})

    with pytest.raises(InvalidRequest, match=r"Cannot resume execution .* because it is in 'FINISHED' state"):
        await session.ask(human_flow(), human_input={"type": "proceed"})


async def test_a_resume_that_fails_can_be_tried_again() -> None:
    session = Session(ScriptedChatModel("DRAFT"))
    await session.ask(human_flow(), "Q")
    with pytest.raises(NodeError, match="must be 'proceed' or 'reject'"):
        await session.ask(human_flow(), human_input={"type": "perhaps"})

    result = await session.ask(human_flow(), human_input={"type": "proceed"})

    assert result.text == "yes DRAFT"


async def test_a_resume_needs_an_earlier_run_and_a_node_of_it() -> None:
    session = Session(ScriptedChatModel("DRAFT"))

    with pytest.raises(InvalidRequest, match="No previous execution found for session session-1"):
        await session.ask(human_flow(), human_input={"type": "proceed"})
    await session.ask(human_flow(), "Q")
    with pytest.raises(InvalidRequest, match="Node other_0 is not part of execution"):
        await session.ask(human_flow(), human_input={"type": "proceed", "startNodeId": "other_0"})


async def test_an_iteration_runs_what_is_inside_for_each_item() -> None:
    session = Session(ScriptedChatModel("R1", "R2"))
    inner = llm(parent="iterationAgentflow_0", llmUserMessage="do {{ $iteration }}", llmUpdateState=[{"key": "k", "value": "{{ output }}"}])
    shown = "{{ iterationAgentflow_0 }}|{{ iterationAgentflow_0.output.iterationResults }}|{{ $flow.state.k }}|{{ llmAgentflow_0 }}"
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": '<p>["x","y"]</p>'}), inner, reply(message=shown)],
        [("startAgentflow_0", "iterationAgentflow_0"), ("iterationAgentflow_0", "directReplyAgentflow_0")],
    )

    result = await session.ask(flow, "hi")

    assert result.text == 'R1\nR2|["R1","R2"]|R2|R2'
    assert session.trace()[4:11] == [
        "iteration INPROGRESS",
        "llm INPROGRESS",
        "llm FINISHED",
        "llm INPROGRESS",
        "llm FINISHED",
        "iteration FINISHED",
        "4 executed",
    ]
    assert session.sent(0) == [("user", "hi"), ("user", "do x")]
    assert session.sent(1) == [("user", "hi"), ("user", "do y")]
    items = [item["data"] for item in result.fields["agentFlowExecutedData"]]
    assert [item.get("iterationIndex") for item in items] == [None, 0, 1, None, None]
    assert items[1]["parentNodeId"] == "iterationAgentflow_0"
    assert items[2]["iterationContext"] == {"index": 1, "value": "y", "isFirst": False, "isLast": True, "sessionId": "session-1"}


async def test_an_item_that_fails_does_not_fail_the_iteration() -> None:
    session = Session(ScriptedChatModel(ValueError("boom"), "R2"))
    inner = llm(parent="iterationAgentflow_0")
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": "[1, 2]"}), inner],
        [("startAgentflow_0", "iterationAgentflow_0")],
    )

    result = await session.ask(flow, "hi")

    assert result.text == "Error in iteration 1: Error in LLM node: boom\nR2"
    assert session.states == ["FINISHED"]


async def test_a_loop_goes_round_and_then_says_its_fallback() -> None:
    session = Session(ScriptedChatModel("r1", "r2", "r3"))
    loop = {"loopBackToNode": "llmAgentflow_0-LLM", "maxLoopCount": "3", "fallbackMessage": "<p>after {{ loop_count }}</p>"}

    result = await session.ask(chain(start(), llm(), node("loopAgentflow_0", loop)), "hi")

    assert result.text == "after 2"
    assert session.trace()[-4:] == ["loop FINISHED", "7 executed", "say after 2", "run FINISHED"]
    assert session.sent(2) == [("user", "hi"), ("user", "r1"), ("user", "r2")]
    assert not any(call.streamed for call in session.model.calls)


async def test_an_agent_uses_a_tool_and_tells_so() -> None:
    session = Session(ScriptedChatModel(wants_sum(), ChatReply(text="three", usage={**USAGE, "total_tokens": 7})), adder=[AddTool()])

    result = await session.ask(chain(start(), agent()), "Q")

    trace = session.trace()
    assert trace[trace.index("agent INPROGRESS") + 1 : trace.index("agent FINISHED")] == [
        "calledTools",
        "say three",
        "usedTools",
        "sourceDocuments",
        "calledTools",
        "usageMetadata",
    ]
    assert session.events.of("calledTools")[0] == [{"tool": "add", "toolInput": {"a": 1, "b": 2}, "toolOutput": ""}]
    assert session.sent(1) == [("user", "Q"), ("assistant", ""), ("tool", "3")]
    output = data(result, "agentAgentflow_0")["output"]
    assert output["usedTools"] == [{"tool": "add", "toolInput": {"a": 1, "b": 2}, "toolOutput": "3"}]
    assert output["usageMetadata"]["tool_call_tokens"] == 12
    assert output["sourceDocuments"] == [{"pageContent": "sums", "metadata": {"page": 1}}]
    assert result.stored["usedTools"] == output["usedTools"]


async def test_an_agent_asks_before_it_uses_a_tool_that_needs_approval() -> None:
    tool = AddTool()
    session = Session(ScriptedChatModel(wants_sum(), "three"), adder=tool)

    stopped = await session.ask(chain(start(), agent(approval=True)), "Q")
    proceeded = await session.ask(chain(start(), agent(approval=True)), human_input={"type": "proceed"})

    assert stopped.text.startswith("\nAttempting to use tool:\n```json\n{")
    assert data(stopped, "agentAgentflow_0")["output"]["isWaitingForHumanInput"] is True
    assert len(tool.calls) == 1
    assert proceeded.text == "three"
    assert session.sent(1)[-1] == ("tool", "3")


async def test_a_rejected_tool_is_not_offered_again() -> None:
    tool = AddTool()
    session = Session(ScriptedChatModel(wants_sum(), "then not"), adder=tool)
    await session.ask(chain(start(), agent(approval=True)), "Q")

    result = await session.ask(chain(start(), agent(approval=True)), human_input={"type": "reject", "feedback": "no"})

    assert (result.text, result.user_content, tool.calls) == ("then not", "no", [])
    assert session.model.calls[1].options.tools == ()
    assert session.sent(1) == [("user", "Q")]


async def test_a_tool_that_raises_fails_the_agent() -> None:
    session = Session(ScriptedChatModel(wants_sum()), adder=AddTool(ValueError("boom")))

    with pytest.raises(NodeError, match=r"^Error in Agent node: boom$"):
        await session.ask(chain(start(), agent()), "Q")

    assert session.events.of("usedTools")[0][0]["error"] == "boom"
    assert session.states == ["ERROR"]


async def test_a_failing_node_is_reported_and_recorded() -> None:
    session = Session(ScriptedChatModel(ValueError("no luck")))

    with pytest.raises(NodeError, match="no luck") as caught:
        await session.ask(chain(start(), llm(), reply()), "Q")

    assert session.trace()[-4:] == ["llm INPROGRESS", "llm ERROR", "2 executed", "run ERROR"]
    assert session.events.of("nextAgentFlow")[-1]["error"] == "Error in LLM node: no luck"
    assert (caught.value.node_id, caught.value.node_name) == ("llmAgentflow_0", "llmAgentflow")
    row = session.context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.state == "ERROR"
    assert row.data[-1]["data"] == {"id": "llmAgentflow_0", "name": "llmAgentflow", "error": "Error in LLM node: no luck"}
    assert session.history.rows == {}


async def test_a_form_comes_as_lines_and_is_remembered_by_the_session() -> None:
    session = Session()
    flow = chain(start(startInputType="formInput", formTitle="T"), reply(message="a={{ $form.a }} b={{ $form.b }} c={{ $form.c }}"))

    first = await session.ask(flow, form={"a": "x: y", "b": 2})
    second = await session.ask(flow, "only a question")

    assert data(first, "startAgentflow_0")["output"] == {"form": "a: x: y\nb: 2"}
    assert (first.text, first.user_content) == ("a=x: y b=2 c={{ $form.c }}", "a: x: y\nb: 2")
    assert first.fields["form"] == {"a": "x: y", "b": 2}
    assert second.text == "a=x b=2 c={{ $form.c }}"
    assert data(second, "startAgentflow_0")["output"] == {"form": {"a": "x", "b": "2"}}


async def test_a_persisted_state_is_there_in_the_next_run() -> None:
    session = Session(ScriptedChatModel("new"))
    flow = chain(
        start(startState=[{"key": "k", "value": "first"}], startPersistState=True),
        llm(llmUpdateState=[{"key": "k", "value": "{{ output }}"}]),
    )
    other = chain(start(startState=[{"key": "k", "value": "first"}], startPersistState=True), reply(message="{{ $flow.state.k }}"))

    await session.ask(flow, "Q")
    result = await session.ask(other, "Q")

    assert data(result, "startAgentflow_0")["state"] == {"k": "new"}
    assert result.text == "new"


async def test_a_state_that_is_not_persisted_begins_anew() -> None:
    session = Session(ScriptedChatModel("new"))
    states = [{"key": "k", "value": "first"}]

    await session.ask(chain(start(startState=states), llm(llmUpdateState=[{"key": "k", "value": "{{ output }}"}])), "Q")
    result = await session.ask(chain(start(startState=states), reply(message="{{ $flow.state.k }}")), "Q")

    assert result.text == "first"


async def test_two_starts_are_refused_before_anything_is_recorded() -> None:
    session = Session()

    with pytest.raises(InvalidFlow, match="multiple starting nodes"):
        await session.ask(agentflow([start(), reply()], []), "Q")

    assert session.states == []


async def test_a_run_that_ends_without_content_answers_a_blank() -> None:
    session = Session()
    condition = node("conditionAgentflow_0", {"conditions": [{"type": "string", "value1": "a", "operation": "equal", "value2": "a"}]})

    result = await session.ask(chain(start(), condition), "Q")

    assert (result.text, result.fields["text"]) == (" ", " ")


async def test_credential_ids_stay_out_of_the_answer_but_in_the_row() -> None:
    session = Session(ScriptedChatModel("a"))
    flow = chain(start(), llm(llmModelConfig={"FLOWISE_CREDENTIAL_ID": "cred-1", "modelName": "m"}))

    result = await session.ask(flow, "Q")

    assert "cred-1" not in json.dumps(result.fields)
    row = session.context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.data[1]["data"]["input"]["llmModelConfig"]["FLOWISE_CREDENTIAL_ID"] == "cred-1"
    built = session.context.nodes.built[0]  # type: ignore[attr-defined]
    assert (built[0], built[3]) == ("chatScripted", "cred-1")
