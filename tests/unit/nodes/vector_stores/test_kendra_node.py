"""The Kendra node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import sent

from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.kendra import KendraStore
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpFailed
from flowisectl.interfaces.vector_index import CHAT_KEY
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore
from flowisectl.nodes.vector_stores.kendra import Kendra
from flowisectl.testing import ScriptedHttp, run_context

KEYS = {"awsKey": "AKIDKENDRA", "awsSecret": "kendra-secret-key"}
FIELDS = answer(
    {
        "DocumentMetadataConfigurations": [
            {"Name": "_source_uri", "Type": "STRING_VALUE"},
            {"Name": "source", "Type": "STRING_VALUE"},
            {"Name": "year", "Type": "LONG_VALUE"},
            {"Name": "tags", "Type": "STRING_LIST_VALUE"},
        ]
    }
)


async def store(http: ScriptedHttp, output: str = "vectorStore", credential: Any = None, **inputs: Any) -> Any:
    values = {"region": "eu-west-1", "indexId": "index-1", **inputs}
    given = NodeInputs(values, node_id="k_0", label="Kendra", output=output, credential=KEYS if credential is None else credential)
    return await Kendra().build(given, run_context(http=http))


async def test_documents_are_kept_with_the_metadata_that_the_index_has_fields_for() -> None:
    http = ScriptedHttp(FIELDS, answer({"FailedDocuments": []}))
    notes = await store(http)
    metadata = {"source": "https://x.test/", "title": "T", "year": 2026, "tags": ["a", 1], "unknown": "y"}

    await notes.add([Document(page_content="aé", metadata=metadata, id="1"), Document(page_content="")])

    assert [call.headers["x-amz-target"] for call in http.calls] == [
        f"AWSKendraFrontendService.{name}" for name in ("DescribeIndex", "BatchPutDocument")
    ]
    assert http.calls[0].url == "https://kendra.eu-west-1.amazonaws.com/" and sent(http, 0) == {"Id": "index-1"}
    assert "Credential=AKIDKENDRA/" in http.calls[0].headers["authorization"]
    assert "/eu-west-1/kendra/aws4_request" in http.calls[0].headers["authorization"]
    assert sent(http) == {
        "IndexId": "index-1",
        "Documents": [
            {
                "Id": "1",
                "Blob": "YcOp",
                "ContentType": "PLAIN_TEXT",
                "Title": "T",
                "Attributes": [
                    {"Key": "_source_uri", "Value": {"StringValue": "https://x.test/"}},
                    {"Key": "source", "Value": {"StringValue": "https://x.test/"}},
                    {"Key": "year", "Value": {"LongValue": 2026}},
                    {"Key": "tags", "Value": {"StringListValue": ["a", "1"]}},
                ],
            }
        ],
    }
    assert isinstance(notes, VectorStore) and isinstance(notes, ErasableStore)


async def test_a_search_gives_passages_and_how_sure_the_service_is() -> None:
    item = {
        "DocumentId": "1",
        "Content": "aa",
        "DocumentTitle": "T",
        "DocumentURI": "https://x.test/",
        "DocumentAttributes": [{"Key": "year", "Value": {"LongValue": 2026}}],
        "ScoreAttributes": {"ScoreConfidence": "HIGH"},
    }
    http = ScriptedHttp(answer({"ResultItems": [item, {"Content": "bb"}]}))
    written = '{"EqualsTo": {"Key": "kind", "Value": {"StringValue": "k"}}}'

    found = await (await store(http, attributeFilter=written)).search("a?", 3, {"year": 2026})

    metadata = {"year": 2026, "title": "T", "source": "https://x.test/"}
    assert found == [(Document(page_content="aa", metadata=metadata, id="1"), 0.75), (Document(page_content="bb"), 0.0)]
    assert sent(http) == {
        "IndexId": "index-1",
        "QueryText": "a?",
        "PageSize": 3,
        "AttributeFilter": {
            "AndAllFilters": [
                {"EqualsTo": {"Key": "kind", "Value": {"StringValue": "k"}}},
                {"EqualsTo": {"Key": "year", "Value": {"LongValue": 2026}}},
            ]
        },
    }


async def test_with_file_upload_a_chat_finds_its_own_uploads_alone() -> None:
    http = ScriptedHttp(answer({"ResultItems": []}), FIELDS)

    assert await (await store(http, "retriever", fileUpload=True, topK="7")).retrieve("a?") == []
    assert sent(http)["PageSize"] == 7
    assert sent(http)["AttributeFilter"] == {"EqualsTo": {"Key": CHAT_KEY, "Value": {"StringValue": "chat-1"}}}
    with pytest.raises(ProviderError, match="no field 'flowise_chatId'"):
        await (await store(http)).add([Document(page_content="aa", metadata={CHAT_KEY: "chat-1"})])


async def test_documents_are_forgotten_ten_at_a_time() -> None:
    http = ScriptedHttp(answer({}), answer({"FailedDocuments": [{"Id": "10", "ErrorCode": "InternalError", "ErrorMessage": "later"}]}))

    with pytest.raises(ProviderError, match="document 10: InternalError later"):
        await (await store(http)).delete([str(number) for number in range(11)])

    assert [len(sent(http, place)["DocumentIdList"]) for place in (0, 1)] == [10, 1]


async def test_a_refusal_is_told_without_the_secret() -> None:
    http = ScriptedHttp(answer({"__type": "AccessDeniedException", "message": "no kendra:Retrieve for kendra-secret-key"}, 400))

    with pytest.raises(ProviderError, match="kendra:Retrieve") as caught:
        await (await store(http)).search("a", 1)

    assert "kendra-secret-key" not in str(caught.value)
    assert (caught.value.provider, caught.value.status) == ("kendra", 400)


async def test_missing_keys_and_a_strange_region_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    with pytest.raises(MissingInput, match="AWS keys"):
        await store(ScriptedHttp(), credential={})
    with pytest.raises(InvalidFlow, match="no region"):
        await store(ScriptedHttp(), region="evil.test/")


async def test_a_service_that_is_away_is_asked_three_times_and_told() -> None:
    http = ScriptedHttp(*[HttpFailed("no connection")] * 3)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    keys = AwsKeys(access_key="AKIDKENDRA", secret_key="kendra-secret-key")
    away = KendraStore(http, keys, region="eu-west-1", index_id="index-1", count=4, pause=pause)

    with pytest.raises(ProviderError, match="no connection"):
        await away.search("a", 1)

    assert len(http.calls) == 3 and len(pauses) == 2
