"""The agent's own rules; its turns with tools, stops and resumes are tested through whole runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from agentflow_steps import take_step, with_model

from flowisectl.engine.events import EventKind
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.testing import ScriptedChatModel

MODEL = {"agentModel": "chatScripted", "agentEnableMemory": True}


class NamedTool:
    return_direct = False

    def __init__(self, name: str) -> None:
        self.spec = ToolSpec(name=name, description=f"does {name}", parameters={"type": "object"})
        self.calls: list[Mapping[str, Any]] = []

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        self.calls.append(arguments)
        return ToolOutcome(text=f"{self.spec.name}!")


class FixedRetriever:
    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content=f"about {question}", metadata={"n": 1})]


def wants(name: str, **arguments: Any) -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id="c1", name=name, arguments=arguments),))


async def test_without_tools_the_agent_just_answers() -> None:
    model = ScriptedChatModel(ChatReply(text="a", usage={"total_tokens": 5}))

    result = await take_step("agentAgentflow", {**MODEL, "agentTools": ""}, with_model(model))

    assert result.output["content"] == "a"
    assert result.output["usageMetadata"] == {"total_tokens": 5, "tool_call_tokens": 0}
    assert "availableTools" not in result.output
    assert model.calls[0].options.tools == ()


async def test_tools_are_offered_and_shown_with_where_they_come_from() -> None:
    model = ScriptedChatModel("a")
    components = {"kit": [NamedTool("one"), NamedTool("two")], "single": NamedTool("one")}
    rows = [{"agentSelectedTool": "kit"}, {"agentSelectedTool": "single", "agentSelectedToolConfig": {"x": 1}}, {"agentSelectedTool": ""}]

    result = await take_step("agentAgentflow", {**MODEL, "agentTools": rows}, with_model(model, components=components))

    assert [tool.name for tool in model.calls[0].options.tools] == ["one", "two"], "of two with one name the first counts"
    assert result.output["availableTools"][0] == {
        "name": "one",
        "description": "does one",
        "schema": {"type": "object"},
        "toolNode": {"label": "Kit", "name": "kit"},
    }
    assert len(result.output["availableTools"]) == 3


async def test_document_stores_and_vector_stores_become_tools() -> None:
    model = ScriptedChatModel(wants("my_store", input="cats"), wants("shelf", input="dogs"), "done")
    components = {"documentStoreVS": FixedRetriever(), "vectors": FixedRetriever(), "embedder": object()}
    inputs = {
        **MODEL,
        "agentKnowledgeDocumentStores": [
            {"documentStore": "s1:My Store!", "docStoreDescription": "about cats", "returnSourceDocuments": True}
        ],
        "agentKnowledgeVSEmbeddings": [
            {"vectorStore": "vectors", "embeddingModel": "embedder", "knowledgeName": "shelf", "knowledgeDescription": "about dogs"}
        ],
    }
    context = with_model(model, components=components)

    result = await take_step("agentAgentflow", inputs, context)

    assert [used["toolOutput"] for used in result.output["usedTools"]] == ["about cats", "about dogs"]
    assert result.output["sourceDocuments"] == [{"pageContent": "about cats", "metadata": {"n": 1}}]
    built = {name: values for name, values, _, _ in context.nodes.built}  # type: ignore[attr-defined]
    assert built["documentStoreVS"] == {"selectedStore": "s1"}
    assert "embeddings" in built["vectors"]


async def test_structured_output_is_made_of_the_answer_by_a_call_of_its_own() -> None:
    model = ScriptedChatModel("five it is", '{"n": 5}')
    rows = [{"key": "n", "type": "number"}]
    updates = [{"key": "k", "value": "{{ output.n }}"}]
    context = with_model(model)

    result = await take_step("agentAgentflow", {**MODEL, "agentStructuredOutput": rows, "agentUpdateState": updates}, context)

    assert (result.output["content"], result.output["n"]) == ('```json\n{\n  "n": 5\n}\n```', 5)
    assert result.state == {"k": 5}
    assert model.calls[0].options.json_schema is None
    assert model.calls[1].options.json_schema is not None
    assert model.calls[1].texts == [("user", "Convert the following response to the structured output format: five it is")]
    assert not any(call.streamed for call in model.calls)
    assert context.events.of("token") == [result.output["content"]]  # type: ignore[attr-defined]


async def test_a_model_that_does_not_stream_says_its_last_answer_at_once() -> None:
    model = ScriptedChatModel(wants("one"), ChatReply(text="done", reasoning="hm"), streaming=False)
    context = with_model(model, components={"kit": NamedTool("one")})

    await take_step("agentAgentflow", {**MODEL, "agentTools": [{"agentSelectedTool": "kit"}]}, context)

    assert context.events.kinds() == ["calledTools", "usedTools", "thinking", "token"]  # type: ignore[attr-defined]


async def test_a_summary_is_followed_by_the_input() -> None:
    model = ScriptedChatModel("SUM", "a")

    await take_step("agentAgentflow", {**MODEL, "agentMemoryType": "conversationSummary"}, with_model(model))

    assert model.calls[1].texts == [("assistant", "SUM"), ("user", "Q")]


async def test_inside_an_iteration_tools_need_no_approval_and_are_told() -> None:
    model = ScriptedChatModel(wants("one"), "done")
    context = with_model(model, components={"kit": NamedTool("one")})
    rows = [{"agentSelectedTool": "kit", "agentSelectedToolRequiresHumanInput": True}]

    result = await take_step("agentAgentflow", {**MODEL, "agentTools": rows}, context, iteration={"index": 0, "value": 1}, is_last=False)

    assert (result.stops, result.output["content"]) == (False, "done")
    assert context.events.kinds() == ["calledTools"]  # type: ignore[attr-defined]


async def test_calls_of_tools_are_told_wherever_the_agent_stands() -> None:
    context = with_model(ScriptedChatModel(wants("one", a=1), "done"), components={"kit": NamedTool("one")})

    await take_step("agentAgentflow", {**MODEL, "agentTools": [{"agentSelectedTool": "kit"}]}, context, is_last=False)

    assert context.events.of("calledTools") == [[{"tool": "one", "toolInput": {"a": 1}, "toolOutput": ""}]]  # type: ignore[attr-defined]
    assert context.events.kinds() == ["calledTools"]  # type: ignore[attr-defined]


async def test_a_question_to_a_human_is_said_and_its_answer_told_wherever_the_agent_stands() -> None:
    components = {"kit": NamedTool("one")}
    inputs = {**MODEL, "agentTools": [{"agentSelectedTool": "kit", "agentSelectedToolRequiresHumanInput": True}]}
    before = with_model(ScriptedChatModel(wants("one")), components=components)
    after = with_model(ScriptedChatModel("done"), components=components)

    held = await take_step("agentAgentflow", inputs, before, is_last=False)
    action = {"data": {"input": held.input}}
    await take_step("agentAgentflow", inputs, after, is_last=False, human_input={"type": "proceed"}, human_input_action=action)

    assert held.stops
    assert before.events.kinds() == ["calledTools", "token"]  # type: ignore[attr-defined]
    assert after.events.kinds() == ["calledTools"]  # type: ignore[attr-defined]


async def test_nothing_is_said_of_an_answer_that_became_data() -> None:
    first = ChatReply(text="five", usage={"total_tokens": 5}, response_metadata={"model_name": "m"})
    model = ScriptedChatModel(first, '{"n": 5}')

    result = await take_step("agentAgentflow", {**MODEL, "agentStructuredOutput": [{"key": "n", "type": "number"}]}, with_model(model))

    assert result.output.keys() == {"content", "timeMetadata", "n"}


@pytest.mark.parametrize(
    ("model", "name", "chosen", "written"),
    [
        (
            "chatOpenAI",
            "agentToolsBuiltInOpenAI",
            '["web_search_preview","code_interpreter"]',
            [{"type": "web_search_preview"}, {"type": "code_interpreter", "container": {"type": "auto"}}],
        ),
        ("chatGoogleGenerativeAI", "agentToolsBuiltInGemini", ["googleSearch"], [{"googleSearch": {}}]),
        (
            "chatAnthropic",
            "agentToolsBuiltInAnthropic",
            '["web_fetch_20250910"]',
            [{"type": "web_fetch_20250910", "name": "web_fetch"}],
        ),
    ],
)
async def test_tools_of_the_provider_are_offered_as_its_api_writes_them(model: str, name: str, chosen: Any, written: list[Any]) -> None:
    provider = ScriptedChatModel("a")

    await take_step("agentAgentflow", {"agentModel": model, name: chosen}, with_model(provider, components={model: provider}))

    assert [*provider.calls[0].options.provider_tools] == written


async def test_what_tools_of_the_provider_did_is_told_with_the_tools_that_ran_here() -> None:
    searched = {"tool": "web_search_preview", "toolInput": {"query": "q"}, "toolOutput": "completed"}
    first = ChatReply(tool_calls=wants("one").tool_calls, provider_calls=(searched,))
    context = with_model(ScriptedChatModel(first, "done"), components={"kit": NamedTool("one")})

    result = await take_step("agentAgentflow", {**MODEL, "agentTools": [{"agentSelectedTool": "kit"}]}, context)

    assert [used["tool"] for used in result.output["usedTools"]] == ["web_search_preview", "one"]
    told = [event.data for event in context.events.events if event.kind == EventKind.USED_TOOLS]  # type: ignore[attr-defined]
    assert told[-1] == result.output["usedTools"]


async def test_images_that_the_model_made_are_stored_and_told() -> None:
    picture, broken = "data:image/png;base64,aW1hZ2U=", "data:image/png;base64,%%%"
    context = with_model(ScriptedChatModel(ChatReply(text="see", images=(picture, broken))))

    result = await take_step("agentAgentflow", {**MODEL, "agentReturnResponseAs": "assistantMessage"}, context)

    [artifact] = result.output["artifacts"]
    name = artifact["data"].removeprefix("FILE-STORAGE::")
    assert (artifact["type"], name.endswith(".png")) == ("png", True)
    assert context.blobs.files[context.flow_id, context.chat_id, name] == b"image"  # type: ignore[attr-defined]
    assert result.chat_history[-1]["additional_kwargs"] == {"artifacts": [artifact]}
    assert "artifacts" in context.events.kinds()  # type: ignore[attr-defined]


async def test_a_choice_made_for_another_model_does_not_count() -> None:
    inputs = {**MODEL, "agentToolsBuiltInOpenAI": '["web_search_preview"]', "agentToolsBuiltInGemini": ""}

    assert (await take_step("agentAgentflow", inputs, with_model(ScriptedChatModel("a")))).output["content"] == "a"


async def test_a_resume_without_a_waiting_call_says_so() -> None:
    with pytest.raises(FlowError, match="no tool call that waits"):
        await take_step("agentAgentflow", MODEL, with_model(ScriptedChatModel("a")), human_input={"type": "proceed"}, human_input_action={})


async def test_after_a_rejection_the_model_has_no_tools() -> None:
    components = {"kit": NamedTool("one"), "other": NamedTool("two")}
    rows = [{"agentSelectedTool": "kit", "agentSelectedToolRequiresHumanInput": True}, {"agentSelectedTool": "other"}]
    inputs = {**MODEL, "agentTools": rows}
    held = await take_step("agentAgentflow", inputs, with_model(ScriptedChatModel(wants("one")), components=components))
    model = ScriptedChatModel("without")

    decision = {"human_input": {"type": "reject"}, "human_input_action": {"data": {"input": held.input}}}
    result = await take_step("agentAgentflow", inputs, with_model(model, components=components), **decision)

    assert result.output["content"] == "without"
    assert model.calls[0].options.tools == ()


@pytest.mark.parametrize(("decision", "answered"), [("proceed", ["free", "held"]), ("reject", ["free"])])
async def test_tools_that_need_no_approval_have_run_when_a_human_is_asked(decision: str, answered: list[str]) -> None:
    free, held = NamedTool("free"), NamedTool("held")
    components = {"kit": free, "other": held}
    rows = [{"agentSelectedTool": "kit"}, {"agentSelectedTool": "other", "agentSelectedToolRequiresHumanInput": True}]
    inputs = {**MODEL, "agentTools": rows}
    calls = (ToolCall(id="c1", name="free", arguments={"a": 1}), ToolCall(id="c2", name="held", arguments={"b": 2}))
    before = with_model(ScriptedChatModel(ChatReply(tool_calls=calls, usage={"total_tokens": 3})), components=components)
    stopped = await take_step("agentAgentflow", inputs, before)
    model = ScriptedChatModel("done")

    resume = {"human_input": {"type": decision}, "human_input_action": {"data": {"input": stopped.input}}}
    result = await take_step("agentAgentflow", inputs, with_model(model, components=components), **resume)

    assert stopped.stops
    assert before.events.kinds() == ["calledTools", "token", "usedTools", "calledTools", "usageMetadata"]  # type: ignore[attr-defined]
    assert [used["tool"] for used in stopped.output["usedTools"]] == ["free"]
    assert [message["role"] for message in stopped.input["messages"]] == ["user", "assistant", "tool"]
    assert result.output["content"] == "done"
    assert [used["tool"] for used in result.output["usedTools"]] == answered
    assert (len(free.calls), len(held.calls)) == (1, answered.count("held"))
    asked = ["user", "assistant", "tool", "tool"] if decision == "proceed" else ["user"]
    assert [message.role for message in model.calls[0].messages] == asked


async def test_a_streamed_call_that_waits_for_a_human_is_told_to_the_end() -> None:
    reply = ChatReply(tool_calls=(ToolCall(id="c1", name="one", arguments={}),), usage={"total_tokens": 3})
    context = with_model(ScriptedChatModel(reply), components={"kit": NamedTool("one")})
    inputs = {**MODEL, "agentTools": [{"agentSelectedTool": "kit", "agentSelectedToolRequiresHumanInput": True}]}

    await take_step("agentAgentflow", inputs, context)

    call = {"tool": "one", "toolInput": {}, "toolOutput": ""}
    assert context.events.of("calledTools") == [[call], [call]]  # type: ignore[attr-defined]
    assert context.events.kinds()[-2:] == ["calledTools", "usageMetadata"]  # type: ignore[attr-defined]
