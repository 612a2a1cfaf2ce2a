"""Node openAIAssistant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from flowisectl.engine.chatflow import run_chatflow
from flowisectl.engine.context import StoredAssistant
from flowisectl.engine.flow import parse_flow
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.streaming import can_stream
from flowisectl.errors import FlowError, MissingInput, NotFound, ProviderError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.nodes.agents.open_ai_assistant import OpenAIAssistant
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryBlobs, InMemoryCredentials, run_context

KEY = "sk-very-secret"


class Provider:
    """Answers requests by the end of their address; runs stream the lots of objects in `runs`, one after the other."""

    def __init__(self, *runs: list[Any], **answers: Any) -> None:
        self.runs = list(runs)
        self.answers = {"threads": {"id": "thread_new"}, "messages": {}, "cancel": {}, **answers}
        self.calls: list[HttpCall] = []

    @property
    def paths(self) -> list[str]:
        return [call.url.partition("/v1")[2] for call in self.calls]

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        end = call.url.rpartition("/")[2]
        body = self.answers.get(end, {"filename": f"{end}.csv"} if "/files/" in call.url else {})
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return HttpResponse(status=200, reason="OK", headers={}, body=data)

    def stream(self, call: HttpCall) -> Any:
        self.calls.append(call)
        return _Stream(self.runs.pop(0))


class Silence:
    """Where a stream says nothing more; `reached` tells that it has come there."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()


class _Stream:
    status = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, objects: list[Any]) -> None:
        self._objects = objects

    async def __aenter__(self) -> _Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def __aiter__(self) -> Any:
        for item in self._objects:
            if isinstance(item, Silence):
                item.reached.set()
                await asyncio.Event().wait()
            yield b"data: " + orjson.dumps(item) + b"\n\n"


class Assistants:
    def __init__(self, thread: str = "") -> None:
        self.thread = thread

    async def get(self, assistant_id: str) -> StoredAssistant:
        if assistant_id != "a1":
            raise NotFound(f"Assistant {assistant_id} not found")
        return StoredAssistant(details={"id": "asst_1", "name": "Helper"}, credential_id="c1")

    async def thread_of(self, flow_id: str, chat_id: str) -> str:
        return self.thread


class Adder:
    spec = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        if arguments.get("a") == "broken":
            raise FlowError("it broke")
        return ToolOutcome(text=str(arguments["a"] + 1))


def run_object(status: str, **more: Any) -> dict[str, Any]:
    return {"object": "thread.run", "id": "run_1", "status": status, **more}


def piece(text: str, *annotations: Any) -> dict[str, Any]:
    content = [{"index": 0, "type": "text", "text": {"value": text, "annotations": list(annotations)}}]
    return {"object": "thread.message.delta", "id": "msg_1", "delta": {"content": content}}


def wants(**arguments: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": orjson.dumps(arguments).decode()}}
    return run_object("requires_action", required_action={"submit_tool_outputs": {"tool_calls": [call]}})


async def ask(provider: Provider, *, thread: str = "", credentials: Any = None, blobs: Any = None, **inputs: Any) -> tuple[Any, Any]:
    fields = {"openAIApiKey": KEY} if credentials is None else credentials
    context = run_context(
        http=provider, question="How much?", assistants=Assistants(thread), credentials=InMemoryCredentials({"c1": fields}),
        blobs=blobs or InMemoryBlobs(),
    )  # fmt: skip
    values = NodeInputs({"selectedAssistant": "a1", **inputs}, node_id="n_0", label="Assistant")
    return await OpenAIAssistant().run(values, context), context


def kinds(context: Any) -> list[str]:
    return [event.kind.value for event in context.events.events]


async def test_an_answer_comes_in_pieces_and_begins_a_thread() -> None:
    provider = Provider([run_object("queued"), piece("Forty"), piece("-two"), run_object("completed")])

    answer, context = await ask(provider, toolChoice="file_search", parallelToolCalls="false")

    assert answer == {"text": "Forty-two", "assistant": {"assistantId": "asst_1", "threadId": "thread_new", "runId": "run_1"}}
    assert provider.paths == ["/threads", "/threads/thread_new/messages", "/threads/thread_new/runs"]
    assert orjson.loads(provider.calls[1].body or b"")["content"] == "How much?"
    assert orjson.loads(provider.calls[2].body or b"") == {
        "assistant_id": "asst_1", "parallel_tool_calls": False, "tool_choice": {"type": "file_search"}, "stream": True
    }  # fmt: skip
    assert context.events.text() == "Forty-two" and kinds(context) == ["start", "token", "token"]


async def test_a_chat_goes_on_in_its_thread() -> None:
    provider = Provider([piece("Yes"), run_object("completed")])

    answer, _ = await ask(provider, thread="thread_old")

    assert (answer["assistant"]["threadId"], provider.paths[0]) == ("thread_old", "/threads/thread_old/messages")


async def test_tools_are_called_and_their_outputs_handed_back() -> None:
    provider = Provider(
        [run_object("in_progress"), wants(a=41)], [piece("42"), run_object("completed")], asst_1={"tools": [{"type": "code_interpreter"}]}
    )

    answer, context = await ask(provider, tools=[[Adder()]], toolChoice="add")

    assert (answer["text"], answer["usedTools"]) == ("42", [{"tool": "add", "toolInput": {"a": 41}, "toolOutput": "42"}])
    begun = orjson.loads(provider.calls[3].body or b"")
    assert [tool["type"] for tool in begun["tools"]] == ["code_interpreter", "function"]
    assert begun["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert orjson.loads(provider.calls[4].body or b"")["tool_outputs"] == [{"tool_call_id": "call_1", "output": "42"}]
    assert kinds(context) == ["tool", "start", "token", "usedTools"]


FILE = {"type": "file_path", "text": "sandbox:/mnt/data/made.csv", "file_path": {"file_id": "made"}}
SOURCE = {"type": "file_citation", "text": "【4:0†source】", "file_citation": {"file_id": "read"}}
PICTURE = {"object": "thread.message.delta", "delta": {"content": [{"type": "image_file", "image_file": {"file_id": "pic"}}]}}


async def test_files_are_stored_with_the_chat_and_their_marks_are_replaced() -> None:
    provider = Provider(
        [piece("See [file](sandbox:/mnt/data/made.csv)【4:0†source】.", FILE, SOURCE), PICTURE, run_object("completed")], content=b"x,y"
    )
    blobs = InMemoryBlobs()

    answer, context = await ask(provider, blobs=blobs)

    assert answer["text"] == "See [file](made.csv)."
    assert answer["fileAnnotations"] == [{"filePath": "made.csv", "fileName": "made.csv"}, {"filePath": "read.csv", "fileName": "read.csv"}]
    assert answer["artifacts"] == [{"type": "png", "data": "FILE-STORAGE::pic.png"}]
    assert await blobs.read("flow-1", "chat-1", "made.csv") == b"x,y"
    assert "/files/read/content" not in provider.paths, "what was given for reading cannot be fetched"
    assert kinds(context)[-2:] == ["artifacts", "fileAnnotations"]


async def test_no_file_is_fetched_when_the_node_says_so() -> None:
    provider = Provider([piece("See sandbox:/mnt/data/made.csv【4:0†source】.", FILE, SOURCE), PICTURE, run_object("completed")])

    answer, _ = await ask(provider, disableFileDownload=True)

    assert answer["text"] == "See ." and "fileAnnotations" not in answer and "artifacts" not in answer
    assert not [path for path in provider.paths if "/files/" in path]


@pytest.mark.parametrize(
    ("objects", "words", "is_cancelled"),
    [
        ([run_object("failed", last_error={"message": "no quota"})], "failed: no quota", False),
        ([run_object("incomplete", incomplete_details={"reason": "max_tokens"})], "incomplete: max_tokens", False),
        ([run_object("in_progress"), piece("Fo")], "cut off", True),
        ([run_object("in_progress"), wants(a="broken")], "it broke", True),
    ],
)
async def test_a_run_that_goes_wrong_is_told_and_never_left_going_on(objects: list[Any], words: str, is_cancelled: bool) -> None:
    provider = Provider(objects)

    with pytest.raises((ProviderError, FlowError), match=words):
        await ask(provider, tools=[Adder()])

    assert ("/threads/thread_new/runs/run_1/cancel" in provider.paths) is is_cancelled


async def test_a_run_of_a_request_that_ends_is_cancelled() -> None:
    silence = Silence()
    provider = Provider([run_object("in_progress"), silence])
    task = asyncio.create_task(ask(provider))
    async with asyncio.timeout(30):
        await silence.reached.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert provider.paths[-1] == "/threads/thread_new/runs/run_1/cancel"


async def test_what_is_missing_is_told() -> None:
    with pytest.raises(MissingInput, match="no id or no credential"):
        await ask(Provider(), credentials={})
    with pytest.raises(NotFound, match="a2 not found"):
        await ask(Provider(), selectedAssistant="a2")
    provider = Provider([wants(a=1)])
    with pytest.raises(FlowError, match="connect it"):
        await ask(provider)


async def test_moderation_comes_before_anything_is_sent() -> None:
    class Refuser:
        async def check(self, text: str) -> str:
            raise ModerationRefusal("not that")

    provider = Provider()
    answer, _ = await ask(provider, inputModeration=[Refuser()])

    assert (answer, provider.calls) == ({"text": "not that"}, [])


async def test_a_flow_that_ends_in_an_assistant_streams_and_keeps_its_thread() -> None:
    tool = {"id": "calculator_0", "name": "calculator", "label": "Calculator", "category": "Tools", "inputs": {}}
    node = {
        "id": "openAIAssistant_0", "name": "openAIAssistant", "label": "Assistant", "category": "Agents",
        "inputs": {"selectedAssistant": "a1", "tools": ["{{calculator_0.data.instance}}"], "parallelToolCalls": ""},
        "inputAnchors": [{"name": "tools", "type": "Tool", "list": True}],
    }  # fmt: skip
    edge = {"source": "calculator_0", "target": "openAIAssistant_0", "targetHandle": "openAIAssistant_0-input-tools-Tool"}
    nodes = [{"id": item["id"], "data": item} for item in (tool, node)]
    flow = parse_flow({"nodes": nodes, "edges": [edge]}, id="flow-1", name="F")
    call = {"id": "call_1", "type": "function", "function": {"name": "calculator", "arguments": '{"input": "6*7"}'}}
    waits = run_object("requires_action", required_action={"submit_tool_outputs": {"tool_calls": [call]}})
    provider = Provider([waits], [piece("It is 42."), run_object("completed")])
    context = run_context(
        http=provider, question="6*7?", assistants=Assistants(), credentials=InMemoryCredentials({"c1": {"openAIApiKey": KEY}})
    )

    result = await run_chatflow(flow, context, load_catalogue())

    assert (result.text, result.thread_id, can_stream(flow)) == ("It is 42.", "thread_new", True)
    assert result.stored["usedTools"] == [{"tool": "calculator", "toolInput": {"input": "6*7"}, "toolOutput": "42"}]
    assert kinds(context) == ["tool", "start", "token", "usedTools"]
