"""In-memory doubles for what a run is given, and `run_context`, which puts a run together from them.

Each double is a real class behind one of the protocols in `engine.context` or `interfaces`, so a type checker notices when it
drifts. None of them waits, sleeps or opens a connection.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from flowisectl.engine.context import RunContext, RunRequest, StoredExecution, StoredMessage
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.local_paths import LocalPaths
from flowisectl.errors import FlowNotFound, NotFound, UnknownNode
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, HttpStream
from flowisectl.interfaces.javascript import UNDEFINED, HostFunction, JavaScriptError
from flowisectl.interfaces.message import ChatMessage

Scripted = str | ChatReply | BaseException | Callable[[Sequence[ChatMessage], ChatOptions], "str | ChatReply"]
"""One answer of a scripted model: a text, a whole reply, an error to raise, or a function of the call."""


_NO_OPTIONS = ChatOptions()


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """One call that a scripted model got."""

    messages: tuple[ChatMessage, ...]
    options: ChatOptions
    streamed: bool

    @property
    def texts(self) -> list[tuple[str, str]]:
        """`(role, text)` of every message."""
        return [(message.role, message.text) for message in self.messages]


class ScriptedChatModel:
    """A chat model that answers from a script, in order, and keeps the calls it got.

    A streamed answer comes in pieces of `piece` characters. When the script is used up, the last entry is repeated if
    `repeat` says so, else AssertionError tells that the code under test asked too often. `usage` goes into every reply
    that has none of its own.
    """

    def __init__(
        self,
        *script: Scripted,
        streaming: bool = True,
        allows_images: bool = False,
        provider: str = "chatScripted",
        model: str = "scripted-1",
        usage: Mapping[str, Any] | None = None,
        piece: int = 4,
        repeat: bool = False,
    ) -> None:
        self.script = list(script)
        self.streaming = streaming
        self.allows_images = allows_images
        self.provider = provider
        self.model = model
        self.usage = usage
        self.piece = piece
        self.repeat = repeat
        self.calls: list[ModelCall] = []

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> ChatReply:
        return self._answer(messages, options, streamed=False)

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        reply = self._answer(messages, options, streamed=True)
        if reply.reasoning:
            yield ChatChunk(reasoning=reply.reasoning)
        for start in range(0, len(reply.text), self.piece):
            yield ChatChunk(text=reply.text[start : start + self.piece])
        for _ in reply.tool_calls:
            yield ChatChunk(is_tool_call=True)
        yield ChatChunk(reply=reply)

    def cache_key(self) -> str:
        return f"{self.provider}:{self.model}"

    def _answer(self, messages: Sequence[ChatMessage], options: ChatOptions, *, streamed: bool) -> ChatReply:
        self.calls.append(ModelCall(messages=tuple(messages), options=options, streamed=streamed))
        if len(self.calls) > len(self.script) and not (self.repeat and self.script):
            raise AssertionError(f"the script has {len(self.script)} answers, this is call {len(self.calls)}")
        entry = self.script[min(len(self.calls), len(self.script)) - 1]
        if isinstance(entry, BaseException):
            raise entry
        answer = entry(messages, options) if callable(entry) else entry
        reply = ChatReply(text=answer) if isinstance(answer, str) else answer
        if reply.usage is None and self.usage is not None:
            return ChatReply(
                text=reply.text,
                reasoning=reply.reasoning,
                tool_calls=reply.tool_calls,
                usage=self.usage,
                response_metadata=reply.response_metadata,
            )
        return reply


class RecordingEventSink:
    """Keeps the events of a run in order."""

    def __init__(self) -> None:
        self.events: list[FlowEvent] = []

    def emit(self, event: FlowEvent) -> None:
        self.events.append(event)

    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]

    def of(self, kind: EventKind | str) -> list[Any]:
        """The data of every event of one kind."""
        return [event.data for event in self.events if event.kind == kind]

    def text(self) -> str:
        """The tokens, joined."""
        return "".join(str(data) for data in self.of(EventKind.TOKEN))


class InMemoryCredentials:
    def __init__(self, fields: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.by_id = dict(fields or {})

    async def fields(self, credential_id: str) -> Mapping[str, Any]:
        return self.by_id.get(credential_id, {})


class InMemoryHistory:
    """The messages of sessions, by flow and session."""

    def __init__(self, *messages: StoredMessage) -> None:
        self.rows: dict[tuple[str, str], list[StoredMessage]] = {}
        self.everywhere = list(messages)

    def add(self, flow_id: str, session_id: str, role: str, content: str, **columns: Any) -> None:
        self.rows.setdefault((flow_id, session_id), []).append(StoredMessage(role=role, content=content, **columns))

    async def messages(self, flow_id: str, session_id: str, limit: int | None = None) -> Sequence[StoredMessage]:
        found = [*self.everywhere, *self.rows.get((flow_id, session_id), [])]
        return found if limit is None else found[-limit:] if limit else []


@dataclass
class ExecutionRow:
    """One row of an in-memory execution table; `states` are all the states that were saved, in order."""

    id: str
    flow_id: str
    session_id: str
    state: str = "INPROGRESS"
    data: list[dict[str, Any]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)


class InMemoryExecutions:
    def __init__(self) -> None:
        self.rows: list[ExecutionRow] = []

    async def latest(self, flow_id: str, session_id: str) -> StoredExecution | None:
        for row in reversed(self.rows):
            if row.flow_id == flow_id and row.session_id == session_id:
                return StoredExecution(id=row.id, state=row.state, data=row.data)
        return None

    async def create(self, flow_id: str, session_id: str) -> str:
        row = ExecutionRow(id=f"execution-{len(self.rows) + 1}", flow_id=flow_id, session_id=session_id)
        self.rows.append(row)
        return row.id

    async def save(self, execution_id: str, data: list[dict[str, Any]], state: str) -> None:
        row = next(row for row in self.rows if row.id == execution_id)
        row.data, row.state = data, state
        row.states.append(state)


class InMemoryAgentStates:
    """The states of graphs of agents, by flow and session; they go through JSON, as in a database."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], bytes] = {}

    async def load(self, flow_id: str, session_id: str) -> Mapping[str, Any] | None:
        text = self.texts.get((flow_id, session_id))
        data: Mapping[str, Any] | None = None if text is None else orjson.loads(text)
        return data

    async def save(self, flow_id: str, session_id: str, data: Mapping[str, Any]) -> None:
        self.texts[flow_id, session_id] = orjson.dumps(data, default=str)

    async def forget(self, flow_id: str, session_id: str) -> None:
        self.texts.pop((flow_id, session_id), None)


class InMemoryBlobs:
    """Stored files, by flow, chat and name."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str, str], bytes] = {}

    async def read(self, flow_id: str, chat_id: str, name: str) -> bytes:
        try:
            return self.files[flow_id, chat_id, name]
        except KeyError:
            raise NotFound(f"File {name} of chat {chat_id} not found") from None

    async def write(self, flow_id: str, chat_id: str, name: str, data: bytes, media_type: str) -> str:
        self.files[flow_id, chat_id, name] = data
        return name


class InMemoryVariables:
    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.by_name = dict(values or {})

    async def values(self) -> Mapping[str, Any]:
        return self.by_name


class InMemoryTools:
    """Stored custom tools, by id."""

    def __init__(self, tools: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.by_id = dict(tools or {})

    async def get(self, tool_id: str) -> Mapping[str, Any]:
        if tool_id not in self.by_id:
            raise NotFound(f"Tool {tool_id} not found")
        return self.by_id[tool_id]


class InMemoryFactory:
    """Builds components from a mapping: component name → the object, or a function `(inputs, context)` that makes it.

    `built` keeps what was asked for: `(name, inputs, node_id, credential_id)`.
    """

    def __init__(self, **components: Any) -> None:
        self.components = components
        self.built: list[tuple[str, Mapping[str, Any], str, str]] = []

    async def build(self, name: str, inputs: Mapping[str, Any], context: RunContext, *, node_id: str = "", credential_id: str = "") -> Any:
        self.built.append((name, inputs, node_id, credential_id))
        if name not in self.components:
            raise UnknownNode(name, node_id, context.flow_id)
        component = self.components[name]
        return component(inputs, context) if callable(component) else component


class InMemoryFlows:
    """Answers of other flows: id → the response, or a function of the request that gives it. `calls` keeps what was asked."""

    def __init__(self, responses: Mapping[str, Any] | None = None) -> None:
        self.responses = dict(responses or {})
        self.calls: list[tuple[str, RunRequest, str, str]] = []

    async def run(self, flow_id: str, request: RunRequest, context: RunContext, *, chat_id: str, api_key: str = "") -> Mapping[str, Any]:
        self.calls.append((flow_id, request, chat_id, api_key))
        if flow_id not in self.responses:
            raise FlowNotFound(flow_id)
        response = self.responses[flow_id]
        answer: Mapping[str, Any] = response(request) if callable(response) else response
        return answer


class ScriptedHttp:
    """An HTTP client that answers from a script, in order, and keeps the calls it got. Streams are refused."""

    def __init__(self, *script: HttpResponse | BaseException) -> None:
        self.script = list(script)
        self.calls: list[HttpCall] = []

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        if len(self.calls) > len(self.script):
            raise HttpFailed(f"the script has no answer for {call.method} {call.url}")
        entry = self.script[len(self.calls) - 1]
        if isinstance(entry, BaseException):
            raise entry
        return entry

    def stream(self, call: HttpCall) -> AbstractAsyncContextManager[HttpStream]:
        raise HttpFailed(f"a scripted client has no stream for {call.url}")


class PythonJavaScript:
    """Stands in for user code: maps the code's text to a Python function of `(variables, host functions)`.

    For tests of what surrounds user code; what user code itself may do is tested against the real sandbox.
    """

    def __init__(self, functions: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, HostFunction]], Any]] | None = None) -> None:
        self.functions = dict(functions or {})
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def run(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        host_functions: Mapping[str, HostFunction] | None = None,
        timeout_seconds: float | None = None,
        undefined: Any = None,
    ) -> Any:
        self.calls.append((code, variables))
        if code not in self.functions:
            raise JavaScriptError(f"ReferenceError: no function for {code!r}")
        value = self.functions[code](variables, host_functions or {})
        value = await value if isinstance(value, Awaitable) else value
        return undefined if value is UNDEFINED else value


class NullTrace:
    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        return None

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        return None

    def note(self, text: str) -> None:
        return None


class RecordingTrace:
    """Keeps the lines of a trace: `("start", node id)`, `("end", node id, status)`, `("note", text)`."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, ...]] = []

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        self.lines.append(("start", node_id))

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        self.lines.append(("end", node_id, status))

    def note(self, text: str) -> None:
        self.lines.append(("note", text))


class InMemoryTextCache:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.texts.get(key)

    async def put(self, key: str, text: str) -> None:
        self.texts[key] = text


def run_context(**overrides: Any) -> RunContext:
    """A run context of doubles. `overrides` are fields of RunContext; `question` alone is short for a whole request.

    The ids are fixed except the message's own. Doubles are reached through the context: `context.events.kinds()`.
    """
    question = overrides.pop("question", "")
    values: dict[str, Any] = {
        "flow_id": "flow-1",
        "chat_id": "chat-1",
        "session_id": "session-1",
        "message_id": str(uuid.uuid4()),
        "request": RunRequest(question=question),
        "is_streaming": True,
        "events": RecordingEventSink(),
        "credentials": InMemoryCredentials(),
        "history": InMemoryHistory(),
        "executions": InMemoryExecutions(),
        "agent_states": InMemoryAgentStates(),
        "blobs": InMemoryBlobs(),
        "variables": InMemoryVariables(),
        "tools": InMemoryTools(),
        "nodes": InMemoryFactory(),
        "flows": InMemoryFlows(),
        "http": ScriptedHttp(),
        "javascript": PythonJavaScript(),
        "paths": LocalPaths(home=Path("/")),
        "trace": NullTrace(),
        "text_cache": InMemoryTextCache(),
    }
    unknown = overrides.keys() - RunContext.__dataclass_fields__.keys()
    if unknown:
        raise TypeError(f"RunContext has no field {sorted(unknown)}")
    return RunContext(**{**values, **overrides})
