"""An HTTP client behind which the services that templates use answer by themselves, each in its own format.

Models say `SAYS`, or what a schema asks for: the first of an enumeration, one entry in a list, `1` for a number. A model with
tools calls each of them once, then answers. Nothing leaves this process; an unknown address fails the test that asked it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, HttpStream, Wanted

SAYS = "All is well."
PAGE = "<html><head><title>Flows</title></head><body><h1>Flows</h1><p>A flow is made of nodes.</p></body></html>"
VECTOR = [0.6, 0.8]
_SCENARIOS = re.compile(r'"scenarios": ?\["(.*?)"[,\]]')

Handler = Callable[[HttpCall, Any], Any]


class AnsweringWire:
    """Implements `interfaces.http.HttpClient`. `calls` keeps what was asked, with its JSON."""

    def __init__(self) -> None:
        self.calls: list[tuple[HttpCall, Any]] = []

    def to(self, host: str) -> list[Any]:
        """What was sent to a host, in order."""
        return [body for call, body in self.calls if host in call.url]

    async def request(self, call: HttpCall) -> HttpResponse:
        data, kind = self._answer(call)
        return HttpResponse(status=200, reason="OK", headers={"content-type": kind}, body=data)

    @asynccontextmanager
    async def stream(self, call: HttpCall) -> AsyncIterator[HttpStream]:
        data, kind = self._answer(call)
        yield _Whole(data, kind)

    def _answer(self, call: HttpCall) -> tuple[bytes, str]:
        try:
            body = orjson.loads(call.body) if call.body else None
        except ValueError:
            body = None
        self.calls.append((call, body))
        for part, handler in _SERVICES:
            if part in call.url:
                answer = handler(call, body)
                if isinstance(answer, tuple):
                    return answer
                return (answer.encode(), "text/html") if isinstance(answer, str) else (orjson.dumps(answer), "application/json")
        raise HttpFailed(f"nothing in this test answers {call.method} {call.url}")


class _Whole:
    """A stream that brings everything at once."""

    def __init__(self, data: bytes, kind: str) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {"content-type": kind}
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data

    async def pour(self, take: Callable[[bytes], Wanted]) -> None:
        take(self._data)

    async def read(self) -> bytes:
        return self._data


def example(schema: Mapping[str, Any]) -> Any:
    """A value that a JSON Schema allows."""
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return example(schema[name][0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        if "properties" not in schema and isinstance(schema.get("additionalProperties"), Mapping):
            return {"key": example(schema["additionalProperties"])}
        return {name: example(part) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}))]
    return {"string": SAYS, "number": 1, "integer": 1, "boolean": True, "null": None}[kind]


def _sse(*events: Any, done: bool = False) -> tuple[bytes, str]:
    texts = [f"event: {event['type']}\n" if isinstance(event, Mapping) and "type" in event else "" for event in events]
    lines = [f"{head}data: {orjson.dumps(event).decode()}\n\n" for head, event in zip(texts, events, strict=True)]
    return "".join([*lines, *(["data: [DONE]\n\n"] if done else [])]).encode(), "text/event-stream"


def _openai(call: HttpCall, body: Any) -> Any:
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    message = _openai_message(body)
    reason = "tool_calls" if "tool_calls" in message else "stop"
    if not body.get("stream"):
        return {"model": body.get("model"), "choices": [{"index": 0, "message": message, "finish_reason": reason}], "usage": usage}
    delta = {**message, "tool_calls": [{"index": place, **one} for place, one in enumerate(message.get("tool_calls", []))]}
    chunks = [
        {"model": "m", "choices": [{"index": 0, "delta": delta}]},
        {"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {"model": "m", "choices": [], "usage": usage},
    ]
    return _sse(*chunks, done=True)


def _openai_message(body: Any) -> dict[str, Any]:
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return {"role": "assistant", "content": orjson.dumps(example(form["json_schema"]["schema"])).decode()}
    tools = [tool["function"] for tool in body.get("tools", [])]
    asked = any(message["role"] == "tool" for message in body["messages"])
    if tools and not asked:
        calls = [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {"name": tool["name"], "arguments": orjson.dumps(example(tool["parameters"])).decode()},
            }
            for place, tool in enumerate(tools)
        ]
        return {"role": "assistant", "content": "", "tool_calls": calls}
    if body.get("functions"):
        raise HttpFailed("functions are not answered by this wire")
    return {"role": "assistant", "content": _says(body["messages"])}


def _says(messages: Any) -> str:
    """What a model says: in the form that the prompt asks for, where it asks for one."""
    asked = orjson.dumps(messages).decode()
    if "JavaScript function" in asked:
        return "rows.length"
    if "You write queries for" in asked:
        return "SELECT count(*) AS flows FROM flows"
    scenarios = _SCENARIOS.findall(asked.replace('\\\\"', "'").replace('\\"', '"'))
    if scenarios:
        return orjson.dumps({"output": scenarios[-1]}).decode()
    if "action_input" in asked:
        return orjson.dumps({"action": "Final Answer", "action_input": SAYS}).decode()
    if "Final Answer" in asked:
        return f"I know it.\nFinal Answer: {SAYS}"
    schema = _shown_schema(messages)
    if schema:
        return orjson.dumps(example(schema)).decode()
    if "subQuestion" in asked:
        return orjson.dumps([{"subQuestion": "What is a flow?", "toolName": "apple_tool"}]).decode()
    return SAYS


def _shown_schema(messages: Any) -> Any:
    """The JSON Schema that the last message shows."""
    text = str(messages[-1].get("content"))
    fence = text.rfind("```json")
    return json.JSONDecoder().raw_decode(text[text.index("{", fence) :])[0] if fence >= 0 else None


def _anthropic(call: HttpCall, body: Any) -> Any:
    asked = any(isinstance(m["content"], list) and any(p.get("type") == "tool_result" for p in m["content"]) for m in body["messages"])
    tools = body.get("tools", [])
    if tools and not asked:
        content = [
            {"type": "tool_use", "id": f"t{place}", "name": tool["name"], "input": example(tool["input_schema"])}
            for place, tool in enumerate(tools)
        ]
    else:
        schema = ((body.get("output_format") or (body.get("output_config") or {}).get("format")) or {}).get("schema")
        content = [{"type": "text", "text": orjson.dumps(example(schema)).decode() if schema else _says(body["messages"])}]
    reason = "tool_use" if content[0]["type"] == "tool_use" else "end_turn"
    if not body.get("stream"):
        return {"model": "claude", "content": content, "stop_reason": reason, "usage": {"input_tokens": 5, "output_tokens": 3}}
    events: list[Any] = [{"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 5, "output_tokens": 1}}}]
    for place, block in enumerate(content):
        is_text = block["type"] == "text"
        delta = (
            {"type": "text_delta", "text": block["text"]}
            if is_text
            else {"type": "input_json_delta", "partial_json": orjson.dumps(block["input"]).decode()}
        )
        begun = {**block, "text": ""} if is_text else {**block, "input": {}}
        events += [
            {"type": "content_block_start", "index": place, "content_block": begun},
            {"type": "content_block_delta", "index": place, "delta": delta},
            {"type": "content_block_stop", "index": place},
        ]
    events += [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 3}}, {"type": "message_stop"}]
    return _sse(*events)


def _gemini(call: HttpCall, body: Any) -> Any:
    tools = [tool for group in body.get("tools", []) for tool in group.get("functionDeclarations", [])]
    asked = any("functionResponse" in part for content in body["contents"] for part in content["parts"])
    schema = (body.get("generationConfig") or {}).get("responseSchema") or (body.get("generationConfig") or {}).get("responseJsonSchema")
    if schema:
        parts: list[Any] = [{"text": orjson.dumps(example(_lower(schema))).decode()}]
    elif tools and not asked:
        parts = [{"functionCall": {"name": tool["name"], "args": example(_lower(tool.get("parameters") or {}))}} for tool in tools]
    else:
        parts = [{"text": _says(body["contents"])}]
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}
    answer = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": usage,
        "modelVersion": "gemini",
    }
    return _sse(answer) if "stream" in call.url else answer


def _lower(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {key: value.lower() if key == "type" and isinstance(value, str) else _lower(value) for key, value in schema.items()}
    return [_lower(item) for item in schema] if isinstance(schema, list) else schema


def _ollama(call: HttpCall, body: Any) -> Any:
    schema = body.get("format")
    text = orjson.dumps(example(schema)).decode() if isinstance(schema, Mapping) else _says(body["messages"])
    said = {"model": "l", "message": {"role": "assistant", "content": text}, "done": False}
    end = {"model": "l", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop", "eval_count": 3}
    if not body.get("stream"):
        return {**end, "message": said["message"]}
    return orjson.dumps(said) + b"\n" + orjson.dumps(end) + b"\n", "application/x-ndjson"


def _github(call: HttpCall, body: Any) -> Any:
    if "/git/trees/" in call.url:
        return {"tree": [{"path": "README.md", "type": "blob", "sha": "a1", "size": 20}]}
    return {"content": base64.b64encode(b"# Flows\n\nA flow is made of nodes.").decode()}


def _found(call: HttpCall, body: Any) -> Any:
    return {"matches": [{"id": "d1", "score": 0.9, "metadata": {"text": "A flow is made of nodes.", "source": "docs"}}]}


_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/1</id><title>Flows</title>
<published>2024-01-01</published><summary>About flows.</summary><author><name>A. Author</name></author></entry></feed>"""

_SERVICES: list[tuple[str, Handler]] = [
    ("slack.com/api", lambda call, body: {"ok": True, "ts": "1.2"}),
    (
        "/embeddings",
        lambda call, body: {
            "data": [
                {"index": place, "embedding": VECTOR}
                for place, _ in enumerate([body["input"]] if isinstance(body["input"], str) else body["input"])
            ]
        },
    ),
    ("api.anthropic.com", _anthropic),
    ("generativelanguage.googleapis.com", _gemini),
    ("/chat/completions", _openai),
    ("/api/chat", _ollama),
    ("api.pinecone.io", lambda call, body: {"host": "index.pinecone.test"}),
    ("index.pinecone.test/query", _found),
    ("googleapis.com/customsearch", lambda call, body: {"items": [{"title": "Flows", "link": "https://flows.test", "snippet": "Nodes."}]}),
    ("serpapi.com", lambda call, body: {"answer_box": {"answer": "42"}}),
    ("api.github.com", _github),
    ("export.arxiv.org", lambda call, body: _ATOM),
    ("gmail.googleapis.com", lambda call, body: {"id": "m1", "labelIds": ["SENT"]}),
    ("graph.microsoft.com", lambda call, body: {"id": "c1"}),
    ("router.huggingface.co", lambda call, body: [{"generated_text": SAYS}]),
    ("api.replicate.com", lambda call, body: {"id": "p1", "status": "succeeded", "output": ["All is ", "well."]}),
    ("petstore.test", lambda call, body: {"pets": ["Rex"]}),
    ("flows.test", lambda call, body: PAGE),
]
"""Part of the address → who answers; the first that fits."""
