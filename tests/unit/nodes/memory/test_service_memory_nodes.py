"""The memories behind REST APIs: what they are asked, and what their answers mean."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.context import RunRequest
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.memory.mem0 import Mem0
from flowisectl.nodes.memory.upstash_redis_backed_chat_memory import UpstashRedisBackedChatMemory
from flowisectl.nodes.memory.zep_memory import ZepMemory
from flowisectl.nodes.memory.zep_memory_cloud import ZepMemoryCloud
from flowisectl.testing import InMemoryHistory, ScriptedHttp, run_context

KEY = "sk-memory-secret"


def answer(body: Any = None, status: int = 200) -> HttpResponse:
    data = b"" if body is None else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={}, body=data)


def sent(http: ScriptedHttp, place: int = -1) -> Any:
    return orjson.loads(http.calls[place].body or b"null")


def asked(http: ScriptedHttp) -> list[tuple[str, str]]:
    return [(call.method, "/" + call.url.split("/", 3)[3]) for call in http.calls]


async def texts(memory: ChatMemory, *prepended: str) -> list[tuple[str, str]]:
    found = await memory.messages([ChatMessage(role="user", content=text) for text in prepended])
    return [(message.role, message.text) for message in found]


class Case:
    """A memory node, what it needs, and how many requests it makes before it knows its messages."""

    def __init__(self, node: Node, field: str, **inputs: Any) -> None:
        self.node, self.field, self.inputs = node, field, inputs

    async def memory(self, http: ScriptedHttp, *, key: str = KEY, session: str = "session-1", **more: Any) -> Any:
        inputs = {**self.inputs, **more.pop("inputs", {})}
        credential = {self.field: key} if key else {}
        context = run_context(http=http, session_id=session, **more)
        return await self.node.build(NodeInputs(inputs, node_id="m_0", label="Memory", credential=credential), context)


UPSTASH = Case(UpstashRedisBackedChatMemory(), "upstashRestToken", baseURL="https://u.upstash.test")
ZEP = Case(ZepMemory(), "apiKey")
CLOUD = Case(ZepMemoryCloud(), "apiKey")
MEM0 = Case(Mem0(), "apiKey")
EVERY = pytest.mark.parametrize("case", [UPSTASH, ZEP, CLOUD, MEM0], ids=lambda case: case.node.definition.name)


@EVERY
async def test_a_wrong_key_is_told_without_it(case: Case) -> None:
    http = ScriptedHttp(*[answer({"error": f"{KEY} is no key"}, 401)] * 2)
    memory = await case.memory(http)

    for doing in (memory.messages(), memory.add("q", "a")):
        with pytest.raises(ProviderError, match="401") as caught:
            await doing
        assert KEY not in str(caught.value)

    assert KEY in http.calls[0].headers["authorization"]
    assert http.calls[0].reach is Reach.ENDPOINT


@EVERY
@pytest.mark.parametrize("trouble", [HttpFailed("no connection"), HttpResponse(status=200, reason="OK", headers={}, body=b"<html>")])
async def test_a_service_that_is_away_or_talks_nonsense_is_told(case: Case, trouble: Any) -> None:
    with pytest.raises(ProviderError, match=r"no connection|not JSON"):
        await (await case.memory(ScriptedHttp(trouble))).messages()


@EVERY
@pytest.mark.parametrize("body", [None, [], {}, {"messages": 1, "result": "x", "results": [3]}])
async def test_an_empty_or_strange_answer_is_an_empty_memory(case: Case, body: Any) -> None:
    assert await texts(await case.memory(ScriptedHttp(answer(body))), "before") == [("user", "before")]


@pytest.mark.parametrize("case", [UPSTASH, ZEP, CLOUD], ids=lambda case: case.node.definition.name)
async def test_without_a_session_nothing_is_asked(case: Case) -> None:
    http = ScriptedHttp()
    memory = await case.memory(http, session="")

    await memory.add("q", "a")
    await memory.clear()

    assert await texts(memory) == [] and http.calls == []


@pytest.mark.parametrize("case", [UPSTASH, CLOUD, MEM0], ids=lambda case: case.node.definition.name)
async def test_a_missing_key_is_told(case: Case) -> None:
    with pytest.raises(MissingInput, match=case.field):
        await case.memory(ScriptedHttp(), key="")


async def test_upstash_keeps_the_newest_first_and_gives_the_oldest_first() -> None:
    kept = ScriptedHttp(answer([{"result": 2}, {"result": 1}]))
    memory = await UPSTASH.memory(kept, inputs={"sessionTTL": "60"})

    await memory.add("q", "a")

    commands = sent(kept)
    assert asked(kept) == [("POST", "/multi-exec")]
    assert [command[:2] for command in commands] == [["LPUSH", "session-1"], ["EXPIRE", "session-1"]] and commands[1][2] == 60
    read = ScriptedHttp(answer({"result": [*reversed(commands[0][2:]), "broken", '{"type": "tool"}']}))
    assert await texts(await UPSTASH.memory(read), "before") == [("user", "before"), ("user", "q"), ("assistant", "a")]
    assert sent(read) == ["LRANGE", "session-1", 0, 1999]


async def test_upstash_says_when_a_command_failed() -> None:
    with pytest.raises(ProviderError, match="WRONGTYPE"):
        await (await UPSTASH.memory(ScriptedHttp(answer([{"error": "WRONGTYPE"}])))).add("q", "a")


async def test_upstash_forgets_a_session() -> None:
    http = ScriptedHttp(answer({"result": 1}))

    await (await UPSTASH.memory(http)).clear()

    assert sent(http) == ["DEL", "session-1"]


async def test_zep_gives_its_summary_and_the_newest_messages() -> None:
    rows = [{"role": "human", "content": "q"}, {"role": "bot", "content": "a"}]
    http = ScriptedHttp(answer({"summary": {"content": "gist"}, "messages": rows}))

    found = await texts(await ZEP.memory(http, inputs={"baseURL": "http://z.test/", "k": "4", "aiPrefix": "bot"}))

    assert found == [("system", "gist"), ("user", "q"), ("assistant", "a")]
    assert http.calls[0].url == "http://z.test/api/v1/sessions/session-1/memory?lastn=4"


async def test_zep_knows_nothing_of_a_new_session_and_keeps_what_it_is_given() -> None:
    http = ScriptedHttp(answer({"message": "not found"}, 404), answer(None), answer(None))
    memory = await ZEP.memory(http, key="", inputs={"humanPrefix": "me"})

    assert await texts(memory) == []
    await memory.add("q", "a")
    await memory.clear()

    assert sent(http, 1) == {"messages": [{"role": "me", "content": "q"}, {"role": "ai", "content": "a"}]}
    assert asked(http)[-1] == ("DELETE", "/api/v1/sessions/session-1/memory")
    assert "authorization" not in http.calls[0].headers


@pytest.mark.parametrize(
    ("learnt", "expected"),
    [
        ({"facts": ["likes tea"], "summary": {"content": "gist"}}, "likes teagist"),
        ({"relevant_facts": [{"fact": "likes tea"}]}, "likes tea"),
        ({"context": "all of it", "facts": ["likes tea", "is Jo"]}, "likes tea\nis Jo"),
        ({"context": "all of it"}, "all of it"),
    ],
)
async def test_zep_cloud_tells_what_it_learnt(learnt: dict[str, Any], expected: str) -> None:
    rows = [{"role": "human", "role_type": "user", "content": "q"}, {"role_type": "assistant", "content": "a"}]
    http = ScriptedHttp(answer({**learnt, "messages": rows}))

    assert await texts(await CLOUD.memory(http)) == [("user", f"{expected}\nhuman: q\nassistant: a")]
    assert http.calls[0].url == "https://api.getzep.com/api/v2/sessions/session-1/memory?memoryType=perpetual"
    assert http.calls[0].headers["authorization"] == f"Api-Key {KEY}"


async def test_zep_cloud_begins_a_session_that_it_does_not_know() -> None:
    http = ScriptedHttp(answer({"message": "no session"}, 404), answer({}), answer({}))

    await (await CLOUD.memory(http)).add("q", "a")

    assert [path for _, path in asked(http)] == [
        "/api/v2/sessions/session-1/memory",
        "/api/v2/sessions",
        "/api/v2/sessions/session-1/memory",
    ]
    assert sent(http, 1) == {"session_id": "session-1"}
    assert sent(http)["messages"][1] == {"role": "ai", "role_type": "assistant", "content": "a"}


async def test_mem0_tells_all_it_remembers_before_the_sessions_messages() -> None:
    history = InMemoryHistory()
    history.add("flow-1", "session-1", "userMessage", "q0")
    http = ScriptedHttp(answer([{"memory": "likes tea"}, {"memory": "is called Jo"}]))

    found = await texts(await MEM0.memory(http, history=history, inputs={"app_id": "shop"}), "before")

    assert found == [("user", "before"), ("system", "likes tea\nis called Jo"), ("user", "q0")]
    assert asked(http) == [("GET", "/v1/memories/?user_id=flowise-default-user&app_id=shop&page=1&page_size=100")]


async def test_mem0_looks_for_what_has_to_do_with_the_question_and_learns() -> None:
    http = ScriptedHttp(answer({"results": [{"memory": "likes tea"}]}), answer({}), answer(None, 204))
    memory = await MEM0.memory(http, request=RunRequest(question="tea?"), inputs={"useFlowiseChatId": "true"})

    assert await texts(memory) == [("system", "likes tea")]
    await memory.add("q", "a")
    await memory.clear()

    assert sent(http, 0) == {"user_id": "session-1", "query": "tea?"}
    assert sent(http, 1) == {"user_id": "session-1", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    assert asked(http)[-1] == ("DELETE", "/v1/memories/?user_id=session-1")


async def test_mem0_may_be_asked_alone() -> None:
    http = ScriptedHttp(answer([{"memory": "likes tea"}]))
    memory = await MEM0.memory(http, request=RunRequest(question="tea?"), inputs={"searchOnly": True})

    assert await texts(memory) == [("system", "likes tea")]
    await memory.add("q", "a")

    assert asked(http) == [("POST", "/v1/memories/search/")]
