"""The engines: conversations, answers from documents, questions taken apart."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.query_engine import CompactRefine, EngineRetriever, EngineTool, QueryEngine, packed
from flowisectl.nodes.engines.context_chat_engine import ContextChatEngine
from flowisectl.nodes.engines.query_engine import QueryEngine as QueryEngineNode
from flowisectl.nodes.engines.simple_chat_engine import SimpleChatEngine
from flowisectl.nodes.engines.sub_question_query_engine import SubQuestionQueryEngine
from flowisectl.nodes.response_synthesizers.compactrefine_llama_index import CompactrefineLlamaIndex
from flowisectl.nodes.response_synthesizers.refine_llama_index import RefineLlamaIndex
from flowisectl.nodes.tools.query_engine_tool_llama_index import QueryEngineToolLlamaIndex
from flowisectl.testing import ScriptedChatModel, run_context
from flowisectl.texts.text import filled


class Memory:
    memory_key = "chat_history"

    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []

    async def messages(self, prepended: Any = ()) -> list[ChatMessage]:
        return [*prepended, ChatMessage(role="user", content="before"), ChatMessage(role="assistant", content="yes")]

    async def add(self, question: str, answer: str) -> None:
        self.kept.append((question, answer))

    async def clear(self) -> None:
        self.kept.clear()


class Found:
    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.asked: list[str] = []

    async def retrieve(self, question: str) -> list[Document]:
        self.asked.append(question)
        return [Document(page_content=text) for text in self.texts]


async def run(node: Node, question: str = "Q?", **inputs: Any) -> tuple[Any, Any]:
    context = run_context(question=question)
    return await node.run(NodeInputs(inputs, node_id="e_0", label="Engine"), context), context


async def build(node: Node, **inputs: Any) -> Any:
    return await node.build(NodeInputs(inputs, node_id="e_0", label="Engine"), run_context())


async def test_a_conversation_remembers_and_streams() -> None:
    model, memory = ScriptedChatModel("Hello."), Memory()

    answer, context = await run(SimpleChatEngine(), model=model, memory=memory, systemMessagePrompt="Be kind.")

    assert answer == {"text": "Hello."}
    assert model.calls[0].texts == [("system", "Be kind."), ("user", "before"), ("assistant", "yes"), ("user", "Q?")]
    assert (context.events.text(), memory.kept) == ("Hello.", [("Q?", "Hello.")])


async def test_a_conversation_about_documents_shows_them() -> None:
    model = ScriptedChatModel("From it.")

    answer, context = await run(
        ContextChatEngine(), model=model, memory=Memory(), vectorStoreRetriever=Found("known"), returnSourceDocuments=True
    )

    assert answer == {"text": "From it.", "sourceDocuments": [{"pageContent": "known", "metadata": {}}]}
    assert model.calls[0].texts[0][0] == "system" and "known" in model.calls[0].texts[0][1]
    assert context.events.kinds()[-1] == "sourceDocuments"


async def test_a_query_engine_answers_with_the_model_of_its_store() -> None:
    model = ScriptedChatModel("42")
    retriever = EngineRetriever(retriever=Found("a", "b"), model=model)
    synthesizer = await build(CompactrefineLlamaIndex(), textQAPrompt="{context} | {query}", refinePrompt="")

    answer, _ = await run(QueryEngineNode(), vectorStoreRetriever=retriever, responseSynthesizer=synthesizer)

    assert answer == {"text": "42"}
    assert model.calls[0].texts == [("user", "a\n\nb | Q?")]
    with pytest.raises(MissingInput, match="has no model"):
        await build(QueryEngineNode(), vectorStoreRetriever=Found("a"))


async def test_every_further_lot_makes_the_answer_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowisectl.llm.query_engine.MAX_CONTEXT", 6)
    model = ScriptedChatModel("first", "second")

    found = await CompactRefine(answer="A:{context}", refine="R:{existingAnswer}:{context}").synthesize(model, "Q?", ["aaaa", "bbbb"])

    assert found == "second"
    assert [call.texts[0][1] for call in model.calls] == ["A:aaaa", "R:first:bbbb"]


async def test_refining_takes_one_text_after_the_other() -> None:
    model = ScriptedChatModel("one", "two")
    synthesizer = await build(RefineLlamaIndex(), textQAPrompt="A:{context}", refinePrompt="R:{existingAnswer}:{context}:{query}")

    assert await synthesizer.synthesize(model, "Q?", ["a", "b"]) == "two"
    assert [call.texts[0][1] for call in model.calls] == ["A:a", "R:one:b:Q?"]


class TestSubQuestions:
    async def engine_tool(self, name: str, answer: str) -> tuple[EngineTool, Found]:
        found = Found(f"{name} text")
        engine = QueryEngine(retriever=found, model=ScriptedChatModel(answer, repeat=True), synthesizer=CompactRefine())
        tool = await build(QueryEngineToolLlamaIndex(), baseQueryEngine=engine, toolName=name, toolDesc=f"About {name}")
        assert isinstance(tool, EngineTool)
        return tool, found

    async def test_each_part_goes_where_it_belongs(self) -> None:
        apples, found = await self.engine_tool("apples", "red")
        pears, others = await self.engine_tool("pears", "green")
        parts = '[{"subQuestion": "Which colour?", "toolName": "apples"}, {"subQuestion": "x", "toolName": "unknown"}]'
        model = ScriptedChatModel(f"Here: {parts}", "Apples are red.")

        answer, context = await run(SubQuestionQueryEngine(), model=model, queryEngineTools=[apples, pears], returnSourceDocuments=True)

        assert answer["text"] == "Apples are red."
        assert (found.asked, others.asked) == (["Which colour?"], [])
        assert "apples: About apples\npears: About pears" in model.calls[0].texts[0][1]
        assert "Sub question: Which colour?\nResponse: red" in model.calls[1].texts[0][1]
        assert answer["sourceDocuments"] == [{"pageContent": "apples text", "metadata": {}}]
        assert context.events.text() == "Apples are red."

    async def test_an_answer_that_cannot_be_read_asks_every_tool(self) -> None:
        apples, found = await self.engine_tool("apples", "red")

        answer, _ = await run(SubQuestionQueryEngine(), model=ScriptedChatModel("no idea", "Red."), queryEngineTools=[apples])

        assert (answer["text"], found.asked) == ("Red.", ["Q?"])


def test_braces_in_values_stay_text() -> None:
    assert filled("{query}: {context} {other}", query="{context}", context="{query}") == "{context}: {query} {other}"


def test_texts_are_packed_into_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowisectl.llm.query_engine.MAX_CONTEXT", 6)

    assert packed(["aa", "bb", "c", "dddddddd"]) == ["aa\n\nbb", "c", "dddddd"]
