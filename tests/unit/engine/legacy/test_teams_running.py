"""A supervisor and its workers through the engine's door."""

from __future__ import annotations

import pytest
from agent_graph_building import Lookup, call, instance, route, team

from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.testing import InMemoryAgentStates, RecordingEventSink, RecordingTrace, ScriptedChatModel


async def test_the_supervisor_chooses_workers_until_it_is_done() -> None:
    events = RecordingEventSink()
    model = ScriptedChatModel(route("writer", "write it"), "a poem", route("the_reader", "read it"), "fine", route("FINISH", "done"))

    result = await team(model, "Writer", "The Reader").run("a poem please", events=events)

    assert result.text == "fine"
    boss = result.fields["agentReasoning"][0]
    assert boss == {
        "agentName": "Boss", "messages": [], "next": "writer", "instructions": "write it", "usedTools": [], "sourceDocuments": [],
        "artifacts": [], "state": {"next": "writer", "instructions": "write it", "team_members": "writer, the_reader"}, "nodeId": "",
    }  # fmt: skip
    assert events.of("nextAgent") == ["Writer", "The Reader"]
    work = ["agentReasoning", "nextAgent", "agentReasoning"]
    end = ["agentReasoning", "token", "usedTools", "sourceDocuments", "artifacts"]
    assert events.kinds() == ["start", *work, *work, *end]
    assert events.text() == "fine"


async def test_the_supervisor_must_choose_among_its_workers() -> None:
    model = ScriptedChatModel(route("writer"), "text", route("FINISH"))

    await team(model, "Writer", "Reader").run("q")

    options = model.calls[0].options
    assert options.tool_choice == "route"
    assert options.tools[0].parameters["properties"]["next"]["enum"] == ["FINISH", "writer", "reader"]
    assert model.calls[0].texts[0] == ("system", "You lead writer, reader.")
    assert model.calls[2].texts[1:3] == [("user", "q"), ("user", "text")]


async def test_a_worker_knows_its_team_and_what_the_supervisor_wants() -> None:
    model = ScriptedChatModel(route("writer", "write about bees"), "text", route("FINISH"))

    await team(model, "Writer", "Reader").run("q")

    system = model.calls[1].texts[0][1]
    assert system.startswith("You are Writer.")
    assert "writer, reader" in system and system.endswith("write about bees")
    assert model.calls[1].options.tools == ()


async def test_workers_use_their_tools() -> None:
    model = ScriptedChatModel(route("writer"), call(input="bees"), "bees fly", route("FINISH"))
    builder = team(model).given("tool_0", "tool", Lookup())
    builder.node("worker_0", "worker", "boss_0", workerName="Writer", workerPrompt="{company}", promptValues='{"company": "Hive"}',
                 tools=[instance("tool_0")])  # fmt: skip

    result = await builder.run("q")

    assert result.text == "bees fly"
    assert result.stored["usedTools"][0]["toolOutput"] == "found bees"
    assert model.calls[1].texts[0][1].startswith("Hive")


class TestEndsWithoutWork:
    async def test_the_summary_answers(self) -> None:
        model = ScriptedChatModel(route("FINISH", "nothing", summarization="all is known"))

        result = await team(model, "Writer", summarization=True).run()

        assert result.text == "all is known"
        assert "summarization" in model.calls[0].options.tools[0].parameters["properties"]

    async def test_else_the_instructions_answer(self) -> None:
        assert (await team(ScriptedChatModel(route("FINISH", "Hello!")), "Writer").run()).text == "Hello!"

    async def test_a_supervisor_that_calls_nothing_is_done(self) -> None:
        assert (await team(ScriptedChatModel("Hello there"), "Writer").run()).text == "Hello there"

    async def test_a_name_that_nobody_has_ends_the_work_with_a_note(self) -> None:
        trace = RecordingTrace()

        result = await team(ScriptedChatModel(route("singer", "sing")), "Writer").run(trace=trace)

        assert result.text == "sing"
        assert any(line[0] == "note" and "'singer'" in line[1] for line in trace.lines)


async def test_steps_are_limited() -> None:
    model = ScriptedChatModel(route("writer"), "again", route("writer"), "again", route("writer"))

    with pytest.raises(FlowError, match="within 4 steps"):
        await team(model, "Writer", recursionLimit="4").run()

    assert len(model.calls) == 4


async def test_a_team_remembers_its_session() -> None:
    states = InMemoryAgentStates()
    await team(ScriptedChatModel(route("writer"), "a poem", route("FINISH")), "Writer", memory=True).run("one", agent_states=states)
    model = ScriptedChatModel(route("FINISH", "as before"))

    result = await team(model, "Writer", memory=True).run("two", agent_states=states)

    assert [text for _, text in model.calls[0].texts][1:4] == ["one", "a poem", "two"]
    assert result.text == "as before"


class TestDrawings:
    async def test_two_workers_of_one_name_are_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="same name"):
            await team(ScriptedChatModel(), "Writer", "writer ").run()

    async def test_two_supervisors_are_refused(self) -> None:
        builder = team(ScriptedChatModel(), "Writer").node("boss_1", "supervisor", model=instance("model_0"))

        with pytest.raises(InvalidFlow, match="exactly one Supervisor, this flow has 2"):
            await builder.run()
