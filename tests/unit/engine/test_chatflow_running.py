"""Chatflows run through the engine's door, with nodes that are Python functions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from chatflow_building import FlowBuilder, catalogue_of, instance

from flowisectl.engine.branch import Branch
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext, RunRequest, StoredMessage
from flowisectl.engine.flow import Flow
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.plan import plan_of
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.errors import InvalidFlow, NodeError, RunStopped, Unavailable, UnknownNode
from flowisectl.testing import InMemoryCredentials, InMemoryHistory, InMemoryVariables, PythonJavaScript, RecordingTrace, run_context


def told(name: str) -> Any:
    """A build function that gives the input `text` and writes into `context.shared` that it was called."""

    def build(inputs: NodeInputs, context: RunContext) -> Any:
        context.shared.setdefault("built", []).append(inputs.node_id)
        return inputs.get("text", name)

    return build


def echo(inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
    return {"text": f"{inputs.get('first', '')}|{inputs.get('second', '')}"}


CATALOGUE = catalogue_of(part=(told("part"), None), end=(told("end"), echo))


async def run(flow: Flow, catalogue: NodeCatalogue = CATALOGUE, **context: Any) -> FlowResult:
    return await run_flow(flow, run_context(is_streaming=False, **context), catalogue)


async def test_the_ending_node_answers_with_what_the_others_built() -> None:
    flow = (
        FlowBuilder()
        .node("part_0", "part", "Prompts", text="A")
        .node("part_1", "part", "Prompts", text="B")
        .node("end_0", "end", "Chains", first=instance("part_0"), second=instance("part_1"))
        .flow()
    )

    result = await run(flow, question="hello")

    assert result.text == "A|B"
    assert result.fields == {"text": "A|B"}
    assert result.user_content == "hello"
    assert result.is_stream_valid is False


async def test_nodes_are_built_after_what_they_need_and_only_if_the_end_needs_them() -> None:
    flow = (
        FlowBuilder()
        .node("unused_0", "part", "Prompts")
        .node("part_0", "part", "Prompts", text=instance("part_1"))
        .node("part_1", "part", "Prompts", text=instance("part_2"))
        .node("part_2", "part", "Prompts", text="deep")
        .node("end_0", "end", "Chains", first=instance("part_0"))
        .edge("part_1", "part_0")
        .edge("part_2", "part_1")
        .flow()
    )
    shared: dict[str, Any] = {}

    result = await run(flow, shared=shared)

    assert result.text == "deep|"
    assert shared["built"] == ["part_2", "part_1", "part_0"]


@pytest.mark.parametrize(
    ("answer", "text", "fields"),
    [
        ("plain", "plain", {"text": "plain"}),
        ({"json": [1, "two"]}, '```json\n[\n  1,\n  "two"\n]', {"json": [1, "two"]}),
        ({"text": "", "json": {"a": 1}}, '```json\n{\n  "a": 1\n}', {"text": "", "json": {"a": 1}}),
        ({"colour": "red"}, '{\n  "colour": "red"\n}', {"colour": "red"}),
        (["a"], '[\n  "a"\n]', {"json": ["a"]}),
        (7, "7", {"text": "7"}),
        (None, '{\n  "text": ""\n}', {"text": ""}),
    ],
)
async def test_every_shape_of_answer_becomes_a_text_and_members(answer: Any, text: str, fields: dict[str, Any]) -> None:
    flow = FlowBuilder().node("end_0", "end", "Chains").flow()

    result = await run(flow, catalogue_of(end=(None, lambda inputs, context: answer)))

    assert result.text == text
    assert result.fields == fields


async def test_members_that_are_kept_with_the_message_are_told_apart() -> None:
    used = [{"tool": "t", "toolInput": {}, "toolOutput": "1"}]
    flow = FlowBuilder().node("end_0", "end", "Agents").flow()

    result = await run(flow, catalogue_of(end=(None, lambda i, c: {"text": "x", "usedTools": used, "artifacts": []})))

    assert result.stored == {"usedTools": used}


async def test_that_no_document_was_found_is_kept_with_the_message() -> None:
    flow = FlowBuilder().node("end_0", "end", "Chains").flow()

    result = await run(flow, catalogue_of(end=(None, lambda i, c: {"text": "x", "sourceDocuments": []})))

    assert result.stored == {"sourceDocuments": []}


async def test_a_request_without_a_question_leaves_the_users_row_empty() -> None:
    flow = FlowBuilder().node("end_0", "end", "Chains").flow()

    result = await run(flow, request=RunRequest(has_question=False))

    assert result.user_content == ""


class TestBranches:
    def flow(self) -> Flow:
        return (
            FlowBuilder()
            .node("check_0", "check", "Utilities")
            .node("part_0", "part", "Prompts", text=instance("check_0"))
            .node("part_1", "part", "Prompts", text=instance("check_0"))
            .node("model_0", "part", "Chat Models", text="shared")
            .node("end_0", "end", "Chains", first=instance("part_0"), second=instance("model_0"))
            .node("end_1", "end", "Chains", first=instance("part_1"), second=instance("model_0"))
            .flow()
        )

    def catalogue(self, dead: str) -> NodeCatalogue:
        def check(inputs: NodeInputs, context: RunContext) -> Branch:
            return Branch(value="decided", dead_output=dead)

        return catalogue_of(part=(told("part"), None), end=(None, lambda i, c: i.node_id + " " + echo(i, c)["text"]), check=(check, None))

    def with_outputs(self) -> Flow:
        builder = FlowBuilder()
        flow = self.flow()
        builder.nodes = [{"id": node.id, "data": dict(node.data)} for node in flow.nodes]
        for edge in flow.edges:
            output = {"part_0": "returnTrue", "part_1": "returnFalse"}[edge.target] if edge.source == "check_0" else ""
            builder.edge(edge.source, edge.target, output)
        return builder.flow()

    @pytest.mark.parametrize(("dead", "answer"), [("returnFalse", "end_0 decided|shared"), ("returnTrue", "end_1 decided|shared")])
    async def test_the_end_of_the_live_branch_answers_even_when_branches_share_a_model(self, dead: str, answer: str) -> None:
        result = await run(self.with_outputs(), self.catalogue(dead))

        assert result.text == answer

    async def test_what_only_the_dead_branch_needs_is_not_built(self) -> None:
        shared: dict[str, Any] = {}

        await run(self.with_outputs(), self.catalogue("returnFalse"), shared=shared)

        assert set(shared["built"]) == {"part_0", "model_0"}

    async def test_a_branch_that_leads_nowhere_is_told(self) -> None:
        builder = FlowBuilder().node("check_0", "check", "Utilities").node("end_0", "end", "Chains")
        flow = builder.edge("check_0", "end_0", "returnTrue").flow()

        with pytest.raises(InvalidFlow, match="leads to no chain, agent or engine"):
            await run(flow, self.catalogue("returnTrue"))


class TestFailures:
    def flow(self) -> Flow:
        return FlowBuilder().node("part_0", "part", "Prompts").node("end_0", "end", "Chains", first=instance("part_0")).flow()

    async def test_a_node_that_fails_while_built_gives_its_text_with_a_prefix(self) -> None:
        def fail(inputs: NodeInputs, context: RunContext) -> None:
            raise ValueError("bad template")

        trace = RecordingTrace()

        with pytest.raises(NodeError) as caught:
            await run(self.flow(), catalogue_of(part=(fail, None), end=(None, echo)), trace=trace)

        assert str(caught.value) == "Error: bad template"
        assert (caught.value.node_id, caught.value.node_name) == ("part_0", "part")
        assert trace.lines == [("start", "part_0"), ("end", "part_0", "ERROR")]

    async def test_a_node_that_fails_while_answering_gives_its_text_as_it_is(self) -> None:
        def fail(inputs: NodeInputs, context: RunContext) -> None:
            raise ValueError("no answer today")

        with pytest.raises(NodeError, match=r"^no answer today$"):
            await run(self.flow(), catalogue_of(part=(told("part"), None), end=(None, fail)))

    async def test_an_error_without_text_is_named_after_its_class(self) -> None:
        def fail(inputs: NodeInputs, context: RunContext) -> None:
            raise KeyError

        with pytest.raises(NodeError, match=r"^KeyError$"):
            await run(self.flow(), catalogue_of(part=(told("part"), None), end=(None, fail)))

    @pytest.mark.parametrize("error", [RunStopped(), Unavailable("Redis is away"), asyncio.CancelledError()])
    async def test_stops_and_outages_stay_what_they_are(self, error: BaseException) -> None:
        def fail(inputs: NodeInputs, context: RunContext) -> None:
            raise error

        with pytest.raises(type(error)):
            await run(self.flow(), catalogue_of(part=(fail, None), end=(None, echo)))

    async def test_a_cancelled_run_ends_its_node_in_the_trace(self) -> None:
        started = asyncio.Event()

        async def hang(inputs: NodeInputs, context: RunContext) -> None:
            started.set()
            await asyncio.Event().wait()

        trace = RecordingTrace()
        flow = FlowBuilder().node("end_0", "end", "Chains").flow()
        task = asyncio.ensure_future(run(flow, catalogue_of(end=(None, hang)), trace=trace))
        await asyncio.wait_for(started.wait(), 5)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert trace.lines == [("start", "end_0"), ("end", "end_0", "TERMINATED")]

    async def test_an_unknown_node_names_itself_and_its_flow(self) -> None:
        with pytest.raises(UnknownNode, match=r"'part' \(node part_0\) of flow flow-1"):
            await run(self.flow(), catalogue_of(end=(None, echo)))

    async def test_nodes_in_a_circle_are_told(self) -> None:
        flow = (
            FlowBuilder()
            .node("part_0", "part", "Prompts")
            .node("part_1", "part", "Prompts", text=instance("part_0"))
            .edge("part_1", "part_0")
            .node("end_0", "end", "Chains", first=instance("part_1"))
            .flow()
        )

        with pytest.raises(InvalidFlow, match="part_0, part_1"):
            await run(flow)

    async def test_an_end_with_another_output_than_its_own_is_told(self) -> None:
        flow = FlowBuilder().node("end_0", "end", "Chains", output="outputPrediction").flow()

        with pytest.raises(InvalidFlow, match="choose its output 'end'"):
            await run(flow)


class TestMemoryAndVariables:
    def flow(self, text: str) -> Flow:
        return (
            FlowBuilder()
            .node("part_0", "part", "Prompts", accepts=("text",), text=text)
            .node("memory_0", "memory", "Memory", label="My Memory")
            .node("end_0", "end", "Chains", first=instance("part_0"), memory=instance("memory_0"))
            .flow()
        )

    def catalogue(self) -> NodeCatalogue:
        return catalogue_of(part=(told("part"), None), memory=(lambda i, c: StoredMemory(c), None), end=(None, echo))

    async def test_the_history_is_text_for_inputs_that_ask_for_it(self) -> None:
        history = InMemoryHistory(StoredMessage(role="userMessage", content="hi"), StoredMessage(role="apiMessage", content="hello"))

        result = await run(
            self.flow("so far: {{chat_history}}"),
            self.catalogue(),
            history=history,
            request=RunRequest(question="q", history=[{"role": "apiMessage", "content": "before"}]),
        )

        assert result.text == "so far: Assistant: before\nHuman: hi\nAssistant: hello|"
        assert result.memory_type == "My Memory"

    async def test_variables_of_the_workspace_and_of_the_run_are_filled_in(self) -> None:
        result = await run(
            self.flow("{{$vars.colour}} {{$vars.none}} {{$flow.chatId}} {{question}}"),
            self.catalogue(),
            variables=InMemoryVariables({"colour": "red"}),
            question="why?",
            chat_id="c-9",
        )

        assert result.text == "red {{$vars.none}} c-9 why?|"

    async def test_variables_are_not_read_when_nothing_names_one(self) -> None:
        class NoVariables:
            async def values(self) -> Mapping[str, Any]:
                raise AssertionError("nobody asked for variables")

        result = await run(self.flow("plain"), self.catalogue(), variables=NoVariables())

        assert result.text == "plain|"

    async def test_set_variables_are_shown_when_the_node_says_so(self) -> None:
        flow = (
            FlowBuilder()
            .node("setVariable_0", "setVariable", "Utilities", variableName="mood", showOutput=True, text="glad")
            .node("setVariable_1", "setVariable", "Utilities", variableName="secret", showOutput="", text="x")
            .node("end_0", "end", "Chains", first=instance("setVariable_0"), second=instance("setVariable_1"))
            .flow()
        )

        result = await run(flow, catalogue_of(setVariable=(told("v"), None), end=(None, echo)))

        assert result.flow_variables == {"mood": "glad"}


async def test_loaders_of_a_stored_vector_store_are_left_alone() -> None:
    flow = (
        FlowBuilder()
        .node("loader_0", "loader", "Document Loaders")
        .node("store_0", "store", "Vector Stores", document=[instance("loader_0")])
        .node("end_0", "end", "Chains", first=instance("store_0"))
        .flow()
    )

    def loader(inputs: NodeInputs, context: RunContext) -> Any:
        raise AssertionError("loaded")

    result = await run(flow, catalogue_of(loader=(loader, None), store=(lambda i, c: str(i.items("document")), None), end=(None, echo)))

    assert result.text == "[]|"


async def test_credentials_reach_the_node_that_names_them() -> None:
    flow = FlowBuilder().node("end_0", "end", "Chains", credential="c-1").flow()

    result = await run(
        flow,
        catalogue_of(end=(None, lambda i, c: i.secret("key"))),
        credentials=InMemoryCredentials({"c-1": {"key": "hush"}}),
    )

    assert result.text == "hush"


def test_a_flow_is_planned_once() -> None:
    flow = FlowBuilder().node("end_0", "end", "Chains").flow()

    assert plan_of(flow) is plan_of(flow)


class TestPostProcessing:
    def flow(self, code: str) -> Flow:
        config = {"postProcessing": {"enabled": True, "customFunction": orjson.dumps(code).decode()}}
        return FlowBuilder().node("end_0", "end", "Chains", first="raw").flow(chatbot_config=orjson.dumps(config).decode())

    async def test_its_text_takes_the_place_of_the_answer(self) -> None:
        javascript = PythonJavaScript({"code": lambda names, host: names["$flow"]["rawOutput"].upper() + names["$flow"]["input"]})

        result = await run(self.flow("code"), javascript=javascript, question="?")

        assert result.fields == {"text": "RAW|?"}

    async def test_its_object_is_shown_as_json(self) -> None:
        result = await run(self.flow("code"), javascript=PythonJavaScript({"code": lambda names, host: {"a": 1}}))

        assert result.text == '```json\n{\n  "a": 1\n}\n```'

    async def test_a_failing_function_changes_nothing_and_is_noted(self) -> None:
        trace = RecordingTrace()

        result = await run(self.flow("code"), trace=trace)

        assert result.text == "raw|"
        assert any("post-processing failed" in line[1] for line in trace.lines)

    async def test_an_answer_without_text_is_not_processed(self) -> None:
        result = await run(self.flow("code"), catalogue_of(end=(None, lambda i, c: {"json": 1})))

        assert result.fields == {"json": 1}
