"""Threads and runs of assistants, against a server at the wire."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from scripted_server import Answer, ScriptedServer

from flowisectl.clients.openai_assistants import OpenAIAssistants, open_assistants
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

KEY = "sk-very-secret"


def stream(*objects: Any, cut: bool = False) -> Answer:
    lines = [b"event: x\ndata: " + (item if isinstance(item, bytes) else orjson.dumps(item)) + b"\n\n" for item in objects]
    return Answer(headers={"content-type": "text/event-stream"}, pieces=lines, is_cut=cut)


def assistants(http: HttpClient, server: ScriptedServer, **more: Any) -> OpenAIAssistants:
    return OpenAIAssistants(http, url=f"{server.url}/v1", headers={"authorization": f"Bearer {KEY}"}, key=KEY, **more)


async def test_a_thread_is_made_spoken_to_and_run(http: HttpClient, server: ScriptedServer) -> None:
    server.script(
        Answer(body=b'{"id": "thread_1"}'), Answer(body=b'{"id": "msg_1"}'),
        stream({"object": "thread.run", "id": "run_1"}, b"[DONE]"), stream({"object": "thread.run", "id": "run_1", "status": "completed"}),
    )  # fmt: skip
    client = assistants(http, server, query={"api-version": "v 1"})

    thread = await client.new_thread()
    await client.say(thread, "Hello")
    begun = [found async for found in client.run(thread, {"assistant_id": "asst_1"})]
    ended = [found async for found in client.submit(thread, "run_1", [{"tool_call_id": "c", "output": "o"}])]

    assert (thread, begun, ended[0]["status"]) == ("thread_1", [{"object": "thread.run", "id": "run_1"}], "completed")
    assert [seen.path for seen in server.seen] == [
        "/v1/threads?api-version=v+1", "/v1/threads/thread_1/messages?api-version=v+1", "/v1/threads/thread_1/runs?api-version=v%201",
        "/v1/threads/thread_1/runs/run_1/submit_tool_outputs?api-version=v%201",
    ]  # fmt: skip
    assert server.seen[1].json == {"role": "user", "content": "Hello"}
    assert server.seen[2].json == {"assistant_id": "asst_1", "stream": True}
    assert server.seen[3].json == {"tool_outputs": [{"tool_call_id": "c", "output": "o"}], "stream": True}
    assert {(seen.headers["openai-beta"], seen.headers["authorization"]) for seen in server.seen} == {("assistants=v2", f"Bearer {KEY}")}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Answer(status=401, body=orjson.dumps({"error": {"message": f"Incorrect API key: {KEY}"}})), "401"),
        (stream({"error": {"message": "overloaded"}}), "the run failed: overloaded"),
        (stream(b"{nonsense"), "not JSON"),
        (stream({"object": "thread.run", "id": "r"}, cut=True), "openai"),
    ],
)
async def test_a_run_that_fails_is_told_without_the_key_and_not_tried_again(
    http: HttpClient, server: ScriptedServer, told: Answer, words: str
) -> None:
    server.script(told)

    with pytest.raises(ProviderError, match=words) as caught:
        [found async for found in assistants(http, server).run("thread_1", {})]

    assert KEY not in str(caught.value)
    assert len(server.seen) == 1


async def test_files_come_without_folders_and_a_cancel_never_fails(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(body=b'{"filename": "/mnt/data/../plot.csv"}'), Answer(body=b"a,b"), Answer(status=500), Answer(status=500))
    client = assistants(http, server)

    assert (await client.file_name("file_1"), await client.file_content("file_1")) == ("plot.csv", b"a,b")
    await client.cancel("thread_1", "run_1")
    assert server.seen[2].path == "/v1/threads/thread_1/runs/run_1/cancel"


async def test_only_what_runs_at_the_provider_counts_as_the_assistants_tools(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"tools": [{"type": "file_search"}, {"type": "function", "function": {"name": "old"}}]})

    assert await assistants(http, server).tools_of("asst_1") == [{"type": "file_search"}]


def test_a_credential_without_a_key_opens_nothing(http: HttpClient) -> None:
    azure = {"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "mine"}

    assert open_assistants(http, {}, is_azure=False) is None and open_assistants(http, {"azureOpenAIApiKey": "k"}, is_azure=True) is None
    assert (
        open_assistants(http, azure, is_azure=True) is not None and open_assistants(http, {"openAIApiKey": "k"}, is_azure=False) is not None
    )


async def test_an_id_that_leads_to_another_place_is_refused(http: HttpClient, server: ScriptedServer) -> None:
    client = assistants(http, server)

    with pytest.raises(ProviderError, match="which is none"):
        await client.say("..", "Hello")
    with pytest.raises(ProviderError, match="which is none"):
        [found async for found in client.run("..", {})]

    assert server.seen == []
