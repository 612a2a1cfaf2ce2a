"""The Upstash node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.upstash import Upstash
from flowisectl.testing import ScriptedHttp

KEYS = {"UPSTASH_VECTOR_REST_URL": "https://u.test/", "UPSTASH_VECTOR_REST_TOKEN": "up-secret"}


async def store(http: ScriptedHttp, **inputs: Any) -> Any:
    return await built(Upstash(), http, credential=KEYS, **inputs)


async def test_documents_are_written_with_their_text_beside_the_metadata() -> None:
    http = ScriptedHttp(answer({"result": "Success"}))

    await (await store(http)).add(DOCUMENTS[:1])

    assert asked(http) == [("POST", "/upsert")]
    assert http.calls[0].headers["authorization"] == "Bearer up-secret"
    assert sent(http) == [{"id": "id-1", "vector": [1.0, 0.0], "metadata": {"_pageContentLC": "aa", **DOCUMENTS[0].metadata}}]


async def test_a_search_gives_documents_with_their_scores() -> None:
    item = {"id": "1", "score": 0.9, "metadata": {"_pageContentLC": "aa", "source": "x"}}
    http = ScriptedHttp(answer({"result": [item, {"id": 2, "score": 0.8, "data": "bb"}]}))

    found = await (await store(http)).search("a", 3)

    assert found == [(Document(page_content="aa", metadata={"source": "x"}), 0.9), (Document(page_content="bb"), 0.8)]
    assert sent(http) == {"vector": [1.0, 0.0], "topK": 3, "includeMetadata": True}


async def test_filters_of_node_caller_and_chat_all_hold() -> None:
    http = ScriptedHttp(answer({"result": []}))

    await (await store(http, upstashMetadataFilter="kind = 'k' OR old = 1", fileUpload=True)).search(
        "a", 1, {"who": "O'Hara", "n": 2, "ok": True}
    )

    assert sent(http)["filter"] == (
        "(kind = 'k' OR old = 1) AND who = \"O'Hara\" AND n = 2 AND ok = 1 AND (flowise_chatId = 'chat-1' OR HAS NOT FIELD flowise_chatId)"
    )


@pytest.mark.parametrize("conditions", [{"a b": 1}, {"x": "both ' and \""}])
async def test_what_a_filter_cannot_say_is_told_before_anything_is_sent(conditions: dict[str, Any]) -> None:
    http = ScriptedHttp()

    with pytest.raises(ProviderError, match="cannot filter"):
        await (await store(http)).search("a", 1, conditions)

    assert http.calls == []


async def test_documents_are_forgotten_by_their_ids() -> None:
    http = ScriptedHttp(answer({"result": {"deleted": 1}}))

    await (await store(http)).delete(["a", "b"])

    assert asked(http) == [("DELETE", "/delete")] and sent(http) == {"ids": ["a", "b"]}
