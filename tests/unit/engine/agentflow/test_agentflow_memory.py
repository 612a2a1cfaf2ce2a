"""What nodes remember: of the run, of the session, of its state."""

from __future__ import annotations

from agentflow_building import chain, llm, reply, start
from agentflow_sessions import USAGE, Session, data

from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.testing import ScriptedChatModel


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
