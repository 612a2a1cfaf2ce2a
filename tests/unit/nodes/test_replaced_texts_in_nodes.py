"""Nodes tell models the operator's words where these replace ours. What a prediction does with them stands in tests/integration."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.messages import denials
from flowisectl.engine.legacy.parts import GraphState, Turn
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpResponse
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.llm.query_engine import EngineRetriever, EngineTool, QueryEngine
from flowisectl.llm.routing import RoutedPrompt, RoutedRetriever
from flowisectl.nodes.agents.conversational_agent import ConversationalAgent
from flowisectl.nodes.agents.react_agent_chat import ReactAgentChat
from flowisectl.nodes.chains.graph_cypher_qa_chain import GraphCypherQAChain
from flowisectl.nodes.chains.llm_chain import LlmChainNode
from flowisectl.nodes.chains.multi_prompt_chain import MultiPromptChain
from flowisectl.nodes.chains.multi_retrieval_qa_chain import MultiRetrievalQAChain
from flowisectl.nodes.chains.retrieval_qa_chain import RetrievalQAChain
from flowisectl.nodes.chains.sql_database_chain import SqlDatabaseChain
from flowisectl.nodes.chains.vector_db_qa_chain import VectorDBQAChain
from flowisectl.nodes.engines.query_engine import QueryEngine as QueryEngineNode
from flowisectl.nodes.engines.sub_question_query_engine import SubQuestionQueryEngine
from flowisectl.nodes.memory.conversation_summary_memory import ConversationSummaryMemory
from flowisectl.nodes.moderation.input_moderation_simple import InputModerationSimple
from flowisectl.nodes.multi_agents.supervisor import Supervisor
from flowisectl.nodes.multi_agents.worker import Worker
from flowisectl.nodes.output_parsers.advanced_structured_output_parser import AdvancedStructuredOutputParser
from flowisectl.nodes.output_parsers.csv_output_parser import CsvOutputParser
from flowisectl.nodes.response_synthesizers.compactrefine_llama_index import CompactrefineLlamaIndex
from flowisectl.nodes.response_synthesizers.refine_llama_index import RefineLlamaIndex
from flowisectl.nodes.response_synthesizers.simple_response_builder_llama_index import SimpleResponseBuilderLlamaIndex
from flowisectl.nodes.response_synthesizers.tree_summarize_llama_index import TreeSummarizeLlamaIndex
from flowisectl.nodes.retrievers.hyde_retriever import HydeRetriever
from flowisectl.nodes.retrievers.llm_filter_retriever import LLMFilterRetriever
from flowisectl.nodes.retrievers.rrf_retriever import RRFRetriever
from flowisectl.nodes.tools.brave_search_api import BraveSearchAPI
from flowisectl.nodes.tools.google_custom_search import GoogleCustomSearch
from flowisectl.nodes.tools.search_api import SearchAPI
from flowisectl.nodes.tools.serp_api import SerpAPI
from flowisectl.nodes.tools.serper import Serper
from flowisectl.nodes.tools.tavily_api import TavilyAPI
from flowisectl.nodes.tools.web_browser import WebBrowser
from flowisectl.nodes.tools.wolfram_alpha import WolframAlpha
from flowisectl.testing import InMemoryHistory, ScriptedChatModel, ScriptedHttp, run_context
from flowisectl.texts.file import read_texts
from flowisectl.texts.text import BuiltInTexts

QUESTION = "Who is {x}?"
KEYS = (
    "googleCustomSearchApiKey", "googleCustomSearchApiId", "serpApiKey", "serperApiKey", "braveApiKey", "tavilyApiKey", "searchApiKey",
    "wolframAlphaAppId",
)  # fmt: skip


class Shelf:
    """A retriever, and a vector store, that finds the same for every question."""

    count = 4

    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content="known {y}")]

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        return [(document, 1.0) for document in await self.retrieve(question)]


class Graph:
    async def schema(self) -> str:
        return "(:Person {name})"

    async def read(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return [{"n": 1}]


def context_with(**texts: str) -> RunContext:
    """A context where texts are replaced; a name is written with `_`."""
    replaced = BuiltInTexts(replaced={name.replace("_", "-"): text for name, text in texts.items()})
    return run_context(question=QUESTION, texts=replaced)


async def build(node: Node, context: RunContext, output: str = "", **inputs: Any) -> Any:
    return await node.build(NodeInputs(inputs, node_id="n_0", label="Node", output=output), context)


async def run(node: Node, context: RunContext, **inputs: Any) -> Any:
    return await node.run(NodeInputs(inputs, node_id="n_0", label="Node"), context)


@pytest.mark.parametrize(
    ("node", "inputs"),
    [(RetrievalQAChain(), {"vectorStoreRetriever": Shelf()}), (VectorDBQAChain(), {"vectorStore": Shelf()})],
    ids=["retriever", "store"],
)
async def test_chains_over_documents(node: Node, inputs: dict[str, Any]) -> None:
    model = ScriptedChatModel("Ada")

    await run(node, context_with(retrieval_answer='Use {context} as {"a": {b}}'), model=model, **inputs)

    assert model.calls[0].texts == [("system", 'Use known {y} as {"a": {b}}'), ("user", QUESTION)]


async def test_chains_that_choose() -> None:
    model = ScriptedChatModel("none", "Ada", '{"destination": "shelf"}', "Ada")
    context = context_with(route_question="{destinations} for {question} as {}", retrieval_answer="From {context}")
    prompt = RoutedPrompt(name="law", description="About law", system_message="")
    retriever = RoutedRetriever(name="shelf", description="Books", retriever=Shelf())

    await run(MultiPromptChain(), context, model=model, promptRetriever=[prompt])
    await run(MultiRetrievalQAChain(), context, model=model, vectorStoreRetriever=[retriever])

    assert model.calls[0].texts == [("user", f"law: About law for {QUESTION} as {{}}")]
    assert model.calls[2].texts == [("user", f"shelf: Books for {QUESTION} as {{}}")]
    assert model.calls[3].texts[0] == ("system", "From known {y}")


async def test_chains_over_graphs() -> None:
    model = ScriptedChatModel("MATCH (n) RETURN n", "Ada")
    context = context_with(cypher_statement="{schema} {n} {question} {a: 1}", cypher_answer="{context} {question} {b}")

    await run(GraphCypherQAChain(), context, model=model, graph=Graph())

    assert model.calls[0].texts == [("user", f"(:Person {{name}}) {{n}} {QUESTION} {{a: 1}}")]
    assert model.calls[1].texts == [("user", f'[{{"n":1}}] {QUESTION} {{b}}')]


async def test_chains_over_databases(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("CREATE TABLE sold (item TEXT); INSERT INTO sold VALUES ('tea');")
    model = ScriptedChatModel("SELECT item FROM sold", "Tea")
    context = context_with(sql_query="{dialect} {x} {input}: {table_info}", sql_answer="{question} {query} {result} {x}")

    await run(SqlDatabaseChain(), context, model=model, database="sqlite", url=str(tmp_path / "shop.db"))

    assert model.calls[0].texts[0][1].startswith(f"SQLite {{x}} {QUESTION}: sold(item TEXT)")
    assert model.calls[1].texts == [("user", f"{QUESTION} SELECT item FROM sold item\ntea {{x}}")]


async def test_an_answer_is_repaired() -> None:
    class Prompt:
        variables: tuple[str, ...] = ()
        values: Mapping[str, Any] = {}

        def with_instructions(self, instructions: str) -> Prompt:
            return self

        def messages(self, values: Mapping[str, Any]) -> list[Any]:
            return []

    model = ScriptedChatModel("no json", '{"title": "T", "pages": 1}')
    parser = await build(AdvancedStructuredOutputParser(), context_with(schema_instructions="As {schema}!"), autofixParser=True,
                         exampleJson="z.object({ title: z.string() })")  # fmt: skip

    chain = await build(LlmChainNode(), context_with(answer_repair="{error} / {completion} / {instructions}"), output="llmChain",
                        model=model, prompt=Prompt(), outputParser=parser)  # fmt: skip
    await chain.predict("q")

    asked = model.calls[1].texts[0][1]
    assert " / no json / As {" in asked and asked.endswith("}!")
    assert (await build(CsvOutputParser(), context_with())).format_instructions


async def test_a_summary_memory() -> None:
    history = InMemoryHistory()
    history.add("flow-1", "session-1", "userMessage", "hi")
    model = ScriptedChatModel("gist")
    context = replace(context_with(conversation_summary="[{summary}|{new_lines}]"), history=history)

    memory = await build(ConversationSummaryMemory(), context, model=model)
    await memory.messages()

    assert model.calls[0].texts == [("user", "[|Human: hi]")]


@pytest.mark.parametrize(
    ("node", "inputs", "texts", "asked"),
    [
        (RRFRetriever(), {"baseRetriever": Shelf()}, {"search_requests": "{count} {question} {}"}, f"4 {QUESTION} {{}}"),
        (
            LLMFilterRetriever(),
            {"baseRetriever": Shelf()},
            {"extract_passages": "{question} {context} {nothing} {}"},
            f"{QUESTION} known {{y}} NO_OUTPUT {{}}",
        ),
        (HydeRetriever(), {"vectorStore": Shelf(), "promptKey": "fiqa"}, {"hyde_fiqa": "{question} {}{z}"}, f"{QUESTION} {{}}{{z}}"),
    ],
    ids=["fusion", "filter", "hyde"],
)
async def test_retrievers(node: Node, inputs: dict[str, Any], texts: dict[str, str], asked: str) -> None:
    model = ScriptedChatModel("one")

    await (await build(node, context_with(**texts), output="retriever", model=model, **inputs)).retrieve(QUESTION)

    assert model.calls[0].texts == [("user", asked)]


@pytest.mark.parametrize(
    "synthesizer",
    [None, CompactrefineLlamaIndex(), RefineLlamaIndex(), TreeSummarizeLlamaIndex(), SimpleResponseBuilderLlamaIndex()],
    ids=lambda node: type(node).__name__,
)
async def test_engines(synthesizer: Node | None) -> None:
    model, context = ScriptedChatModel("Ada"), context_with(query_answer="{context} | {query} | {}", query_refine="{existingAnswer}")
    given = {"responseSynthesizer": await build(synthesizer, context)} if synthesizer else {}

    await run(QueryEngineNode(), context, vectorStoreRetriever=EngineRetriever(retriever=Shelf(), model=model), **given)

    assert model.calls[0].texts == [("user", f"known {{y}} | {QUESTION} | {{}}")]


async def test_an_engine_that_takes_questions_apart() -> None:
    model, context = ScriptedChatModel("no idea", "Ada", repeat=True), context_with(sub_questions="{tools} {} {question}")
    engine: QueryEngine = await build(QueryEngineNode(), context, vectorStoreRetriever=EngineRetriever(retriever=Shelf(), model=model))

    await run(SubQuestionQueryEngine(), context, model=model, queryEngineTools=[EngineTool(name="t", description="d", engine=engine)])

    assert model.calls[0].texts == [("user", f"t: d {{}} {QUESTION}")]


@pytest.mark.parametrize(
    ("node", "name"),
    [
        (BraveSearchAPI(), "tool-brave-search"),
        (GoogleCustomSearch(), "tool-google-custom-search"),
        (SearchAPI(), "tool-search-api"),
        (SerpAPI(), "tool-serp-api"),
        (Serper(), "tool-serper"),
        (TavilyAPI(), "tool-tavily"),
        (WolframAlpha(), "tool-wolfram-alpha"),
        (WebBrowser(), "tool-web-browser"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_descriptions_of_tools(node: Node, name: str) -> None:
    context = run_context(texts=BuiltInTexts(replaced={name: "Looks it up."}))
    values = {"model": ScriptedChatModel(), "embeddings": object()}

    tool = await node.build(NodeInputs(values, node_id="t_0", label="Tool", credential=dict.fromkeys(KEYS, "k")), context)

    assert tool.spec.description == "Looks it up."


async def test_a_page_is_asked() -> None:
    page = HttpResponse(status=200, reason="OK", headers={"content-type": "text/html"}, body=b"<p>Bees {b} hum</p>")
    model = ScriptedChatModel("one", "two")
    context = replace(context_with(page_question="{text}? {question} {}", page_summary="{text}! {}"), http=ScriptedHttp(page, page))
    tool = await build(WebBrowser(), context, model=model, embeddings=object())

    await tool.call({"input": "https://bees.example/,do they?"}, {})
    await tool.call({"input": "https://bees.example/"}, {})

    assert model.calls[0].texts == [("user", "Bees {b} hum? do they? {}")]
    assert model.calls[1].texts == [("user", "Bees {b} hum! {}")]


async def test_a_forbidden_meaning() -> None:
    model = ScriptedChatModel("yes")
    moderation = await build(InputModerationSimple(), context_with(same_meaning="{entry} = {text}? {}"), denyList="a plan", model=model)

    with pytest.raises(ModerationRefusal):
        await moderation.check("my {text}")

    assert model.calls[0].texts == [("user", "a plan = my {text}? {}")]


class Adds:
    spec = ToolSpec(name="add", description="adds {n}", parameters={"type": "object"})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text="two {t}")


class Forgets:
    memory_key = "chat_history"

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        return [ChatMessage(role="user", content="earlier")]

    async def add(self, question: str, answer: str) -> None:
        return None

    async def clear(self) -> None:
        return None


async def test_a_conversational_agent() -> None:
    model = ScriptedChatModel('{"action": "add", "action_input": "1"}', '{"action": "Final Answer", "action_input": "two"}')
    context = context_with(
        json_agent_reminder=" Mind {the} form!",
        json_agent_format="One of [{tool_names}] {}",
        json_agent_question="{tools}; {format_instructions}; {input}",
        json_agent_observation="Got {observation}.",
    )

    await run(ConversationalAgent(), context, model=model, tools=[Adds()], memory=Forgets(), systemMessage="Be brief.")

    assert model.calls[0].texts == [
        ("system", "Be brief. Mind {the} form!"),
        ("user", "earlier"),
        ("user", f"add: adds {{n}}; One of [add] {{}}; {QUESTION}"),
    ]
    assert model.calls[1].texts[-1] == ("user", "Got two {t}.")


async def test_a_react_agent() -> None:
    model = ScriptedChatModel("Final Answer: two")
    context = context_with(react_agent="{tools}; {tool_names}; {chat_history}; {input}; {}")

    await run(ReactAgentChat(), context, model=model, tools=[Adds()], memory=Forgets())

    assert model.calls[0].texts == [("user", f"add: adds {{n}}; add; earlier; {QUESTION}; {{}}")]


async def test_a_team() -> None:
    model, context = (
        ScriptedChatModel("done", repeat=True),
        context_with(next_worker="Next: {members} {}", teamwork=" With {team_members} {}"),
    )
    state = GraphState(messages=(), values={"team_members": "ada, bob"})
    leader = await build(Supervisor(), context, model=model)
    worker = await build(Worker(), context, model=model, workerName="Ada", workerPrompt="Work.", supervisor="any")

    await leader.act(Turn(model=model, state=state, team=("ada", "bob")))
    await worker.act(Turn(model=model, state=state))

    assert model.calls[0].texts[-1] == ("user", "Next: FINISH, ada, bob {}")
    assert model.calls[1].texts[0] == ("system", "Work. With ada, bob {}")


def test_a_refused_call() -> None:
    texts = BuiltInTexts(replaced={"tool-refused": "Not {name}, {}"})

    assert denials([ToolCall(id="1", name="pay", arguments={})], "n_0", texts)[0].content == "Not pay, {}"


def test_every_text_of_a_file_reaches_a_context(tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text('{"tool-refused": "No {name}"}', "utf8")

    assert run_context(texts=read_texts(tmp_path / "texts.json")).texts.replaced == {"tool-refused": "No {name}"}
