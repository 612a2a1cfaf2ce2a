"""The chains that choose, look into stores, and call APIs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpDenied, HttpResponse, Reach
from flowisectl.llm.routing import RoutedPrompt, RoutedRetriever
from flowisectl.nodes.chains.get_api_chain import GetApiChain
from flowisectl.nodes.chains.multi_prompt_chain import MultiPromptChain
from flowisectl.nodes.chains.multi_retrieval_qa_chain import MultiRetrievalQAChain
from flowisectl.nodes.chains.post_api_chain import PostApiChain
from flowisectl.nodes.chains.vector_db_qa_chain import VectorDBQAChain
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context

LAW = RoutedPrompt(name="law", description="About law", system_message="You know the law.")
ART = RoutedPrompt(name="art", description="About art", system_message="You know art.")


class Found:
    def __init__(self, *texts: str) -> None:
        self.documents = [Document(page_content=text, metadata={"s": text}) for text in texts]
        self.asked: list[str] = []

    async def retrieve(self, question: str) -> list[Document]:
        self.asked.append(question)
        return self.documents

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        return [(document, 1.0) for document in await self.retrieve(question)][:count]


async def run(node: Node, context: Any = None, **inputs: Any) -> Any:
    return await node.run(NodeInputs(inputs, node_id="c_0", label="Chain"), context or run_context(question="May I park here?"))


class TestMultiPrompt:
    async def test_the_chosen_prompt_answers_and_only_the_answer_is_streamed(self) -> None:
        model = ScriptedChatModel('```json\n{"destination": "law", "next_inputs": "Is parking lawful?"}\n```', "No.")
        context = run_context(question="May I park here?")

        answer = await run(MultiPromptChain(), context, model=model, promptRetriever=[LAW, ART])

        assert answer == {"text": "No."}
        assert model.calls[1].texts == [("system", "You know the law."), ("user", "Is parking lawful?")]
        assert "law: About law\nart: About art" in model.calls[0].texts[0][1]
        assert context.events.text() == "No."  # type: ignore[attr-defined]

    @pytest.mark.parametrize("choice", ['{"destination": "DEFAULT", "next_inputs": ""}', "no idea", '{"destination": "cooking"}', "[1]"])
    async def test_without_a_fitting_prompt_the_question_is_asked_alone(self, choice: str) -> None:
        model = ScriptedChatModel(choice, "Yes.")

        assert await run(MultiPromptChain(), model=model, promptRetriever=[LAW]) == {"text": "Yes."}
        assert model.calls[1].texts == [("user", "May I park here?")]


class TestMultiRetrieval:
    async def test_the_chosen_store_answers_with_its_documents(self) -> None:
        docs, other = Found("Parking is free."), Found("Paint is wet.")
        stores = [
            RoutedRetriever(name="law", description="l", retriever=docs),
            RoutedRetriever(name="art", description="a", retriever=other),
        ]
        model = ScriptedChatModel('{"destination": "law", "next_inputs": "parking"}', "It is free.")

        answer = await run(MultiRetrievalQAChain(), model=model, vectorStoreRetriever=stores, returnSourceDocuments=True)

        assert answer["text"] == "It is free."
        assert answer["sourceDocuments"] == [{"pageContent": "Parking is free.", "metadata": {"s": "Parking is free."}}]
        assert (docs.asked, other.asked) == (["parking"], [])
        assert "Parking is free." in model.calls[1].texts[0][1]

    async def test_without_a_fitting_store_the_model_answers_alone(self) -> None:
        model = ScriptedChatModel('{"destination": "DEFAULT"}', "Who knows.")

        assert await run(MultiRetrievalQAChain(), model=model, vectorStoreRetriever=[]) == {"text": "Who knows."}


async def test_a_vector_store_answers_a_question() -> None:
    model = ScriptedChatModel("Free.")

    assert await run(VectorDBQAChain(), model=model, vectorStore=Found("Parking is free.")) == {"text": "Free."}
    assert "Parking is free." in model.calls[0].texts[0][1]


def response(text: str) -> HttpResponse:
    return HttpResponse(status=200, reason="OK", headers={}, body=text.encode())


class TestApiChains:
    async def test_the_model_writes_an_address_and_tells_what_it_answered(self) -> None:
        http = ScriptedHttp(response('{"free": true}'))
        model = ScriptedChatModel("Call https://parking.test/here?x=1.", "It is free.")
        context = run_context(question="May I?", http=http)

        answer = await run(GetApiChain(), context, model=model, apiDocs="GET /here", headers={"X-Key": "k"})

        assert answer == {"text": "It is free."}
        assert (http.calls[0].method, http.calls[0].url) == ("GET", "https://parking.test/here?x=1")
        assert http.calls[0].headers == {"X-Key": "k"}
        assert http.calls[0].reach is Reach.PUBLIC, "the model chose the address"
        assert "GET /here" in model.calls[0].texts[0][1] and '{"free": true}' in model.calls[1].texts[0][1]

    async def test_the_model_writes_a_body_too(self) -> None:
        http = ScriptedHttp(response("done"))
        model = ScriptedChatModel('{"url": "https://parking.test/book", "data": {"place": 3}}', "Booked.")

        answer = await run(PostApiChain(), run_context(question="Book", http=http), model=model, apiDocs="POST /book")

        assert answer == {"text": "Booked."}
        assert (http.calls[0].method, orjson.loads(http.calls[0].body or b"")) == ("POST", {"place": 3})

    async def test_an_answer_without_an_address_and_a_denied_address_are_told(self) -> None:
        with pytest.raises(FlowError, match="wrote no URL"):
            await run(GetApiChain(), model=ScriptedChatModel("I cannot."), apiDocs="d")
        with pytest.raises(FlowError, match="no call that can be sent"):
            await run(PostApiChain(), model=ScriptedChatModel("{"), apiDocs="d")
        denied = run_context(question="q", http=ScriptedHttp(HttpDenied("denied by policy")))
        with pytest.raises(FlowError, match="denied by policy"):
            await run(GetApiChain(), denied, model=ScriptedChatModel("http://127.0.0.1/"), apiDocs="d")
