"""The Vectara nodes: what they ask of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import asked, sent

from flowisectl.engine.events import EventKind
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpFailed
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore
from flowisectl.nodes.chains.vectara_qa_chain import VectaraQAChain
from flowisectl.nodes.vector_stores.vectara import Vectara
from flowisectl.nodes.vector_stores.vectara_upload import VectaraUpload
from flowisectl.testing import ScriptedHttp, run_context

ACCESS = {"customerID": "12", "corpusID": "3, 4", "apiKey": "vt-secret"}
FINE = answer({"status": {"code": "OK"}})
FOUND = {
    "response": [
        {"text": "aa", "score": 0.9, "documentIndex": 1, "metadata": [{"name": "page", "value": "2"}]},
        {"text": "bb", "score": 0.5, "documentIndex": 7},
    ],
    "document": [{"id": "d-0"}, {"id": "d-1", "metadata": [{"name": "source", "value": "x"}]}],
    "status": [],
}
FILE = "data:text/plain;base64,aGVsbG8=,filename:a.txt"


async def store(http: ScriptedHttp, node: Node | None = None, output: str = "vectorStore", credential: Any = None, **inputs: Any) -> Any:
    given = NodeInputs(inputs, node_id="v_0", label="Vectara", output=output, credential=ACCESS if credential is None else credential)
    return await (node or Vectara()).build(given, run_context(http=http))


async def test_documents_and_the_file_are_kept_in_the_first_corpus() -> None:
    http = ScriptedHttp(FINE, answer({"response": {"status": {}}}))
    notes = await store(http, file=FILE)

    await notes.add([Document(page_content="aa", metadata={"title": "T", "source": "x"}, id="1"), Document(page_content="")])

    assert asked(http) == [("POST", "/v1/index"), ("POST", "/v1/upload?c=12&o=3&d=true")]
    body = sent(http, 0)
    assert (body["customerId"], body["corpusId"]) == ("12", "3")
    assert body["document"] == {
        "documentId": "1",
        "title": "T",
        "metadataJson": '{"title":"T","source":"x"}',
        "section": [{"text": "aa"}],
    }
    assert http.calls[1].form is not None and http.calls[1].form["file"] == ("a.txt", b"hello", "text/plain")
    assert all((call.headers["x-api-key"], call.headers["customer-id"]) == ("vt-secret", "12") for call in http.calls)
    assert isinstance(notes, VectorStore) and isinstance(notes, ErasableStore)


async def test_a_search_covers_every_corpus_and_joins_metadata() -> None:
    http = ScriptedHttp(answer({"responseSet": [FOUND]}))
    notes = await store(http, filter="doc.year = 1", sentencesBefore="1", **{"lambda": "0.3"})

    found = await notes.search("a?", 3, {"who": "O'Hara", "n": 2, "ok": True})

    assert found == [
        (Document(page_content="aa", metadata={"source": "x", "page": "2"}), 0.9),
        (Document(page_content="bb"), 0.5),
    ]
    query = sent(http)["query"][0]
    assert (query["query"], query["numResults"]) == ("a?", 3)
    assert query["contextConfig"] == {"sentencesBefore": 1, "sentencesAfter": 2}
    assert [key["corpusId"] for key in query["corpusKey"]] == ["3", "4"]
    assert query["corpusKey"][0]["metadataFilter"] == "(doc.year = 1) and doc.who = 'O''Hara' and doc.n = 2 and doc.ok = true"
    assert query["corpusKey"][0]["lexicalInterpolationConfig"] == {"lambda": 0.3}
    assert "rerankingConfig" not in query


async def test_different_documents_may_be_preferred_by_the_retriever() -> None:
    http = ScriptedHttp(answer({"responseSet": [FOUND]}))

    retriever = await store(http, output="retriever", topK="1", mmrK="20", mmrDiversityBias="0.4")

    assert [document.page_content for document in await retriever.retrieve("a?")] == ["aa"]
    query = sent(http)["query"][0]
    assert query["numResults"] == 20
    assert query["rerankingConfig"] == {"rerankerId": 272725718, "mmrConfig": {"diversityBias": 0.4}}


async def test_documents_are_forgotten_also_where_they_are_gone() -> None:
    http = ScriptedHttp(FINE, answer({"status": {"code": "NOT_FOUND"}}))

    await (await store(http)).delete(["1", "2"])

    assert asked(http) == [("POST", "/v1/delete-doc")] * 2
    assert sent(http) == {"customerId": "12", "corpusId": "3", "documentId": "2"}


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"message": "vt-secret is no key"}, 403),
        answer({"status": [{"code": "UNAUTHENTICATED", "statusDetail": "vt-secret is no key"}]}),
        answer({"responseSet": [{"status": [{"code": "QRY__ERROR", "statusDetail": "vt-secret is no key"}]}]}),
    ],
)
async def test_a_refusal_is_told_without_the_key_wherever_it_stands(refusal: Any) -> None:
    with pytest.raises(ProviderError, match="is no key") as caught:
        await (await store(ScriptedHttp(refusal))).search("a", 1)

    assert "vt-secret" not in str(caught.value)


@pytest.mark.parametrize("trouble", [HttpFailed("no connection"), answer({"detail": "vt-secret"}, 500)])
async def test_a_file_that_cannot_be_uploaded_is_told(trouble: Any) -> None:
    with pytest.raises(ProviderError, match="vectara") as caught:
        await (await store(ScriptedHttp(trouble), VectaraUpload(), file=FILE)).add([])

    assert "vt-secret" not in str(caught.value)


async def test_a_file_that_is_there_already_is_no_error_and_a_large_one_is_not_sent() -> None:
    http = ScriptedHttp(answer({"httpCode": 409}, 409))

    await (await store(http, VectaraUpload(), file=FILE)).add([])
    with pytest.raises(ProviderError, match="more than 10000000 bytes"):
        await (await store(http, VectaraUpload(), file="data:text/plain," + "x" * 10_000_001 + ",filename:b.txt")).add([])

    assert len(http.calls) == 1


@pytest.mark.parametrize(
    ("credential", "told"),
    [({}, "customerID"), ({**ACCESS, "apiKey": ""}, "apiKey"), ({**ACCESS, "corpusID": "my corpus"}, "must be numbers")],
)
async def test_a_credential_that_lacks_something_is_told(credential: dict[str, str], told: str) -> None:
    with pytest.raises((MissingInput, ProviderError), match=told):
        await store(ScriptedHttp(), credential=credential)


class Refusing:
    async def check(self, text: str) -> str:
        raise ModerationRefusal("not that")


async def chain(http: ScriptedHttp, **inputs: Any) -> tuple[Any, Any]:
    context = run_context(http=http, question="why?")
    values = {"vectaraStore": await store(http), "maxSummarizedResults": "5", **inputs}
    return await VectaraQAChain().run(NodeInputs(values, node_id="c_0", label="Chain"), context), context.events


async def test_the_chain_gives_the_services_own_answer_and_its_sources() -> None:
    http = ScriptedHttp(answer({"responseSet": [{**FOUND, "summary": [{"text": "Because [1].", "status": []}]}]}))

    result, events = await chain(http, responseLang="deu")

    assert result["text"] == "Because [1]." == events.text()
    assert [document["pageContent"] for document in result["sourceDocuments"]] == ["aa", "bb"]
    assert sent(http)["query"][0]["summary"] == [
        {"summarizerPromptName": "vectara-summary-ext-v1.2.0", "responseLang": "deu", "maxSummarizedResults": 5}
    ]
    assert sent(http)["query"][0]["numResults"] == 5
    assert events.kinds()[0] == EventKind.START and events.of(EventKind.SOURCE_DOCUMENTS) == [result["sourceDocuments"]]


async def test_the_chain_asks_nothing_when_moderation_refuses() -> None:
    http = ScriptedHttp()

    result, _ = await chain(http, inputModeration=[Refusing()])

    assert "not that" in result["text"] and http.calls == []


async def test_the_chain_takes_no_other_store() -> None:
    with pytest.raises(InvalidFlow, match="only from a Vectara store"):
        await chain(ScriptedHttp(), vectaraStore=object())


async def test_a_name_cannot_change_a_filter() -> None:
    http = ScriptedHttp()

    with pytest.raises(ProviderError, match=r"cannot filter by the metadata 'n = 1 or doc\.x'"):
        await (await store(http)).search("a", 1, {"n = 1 or doc.x": 2})

    assert http.calls == []
