"""Google's wire against scripted servers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.google import GeminiChat, GeminiEmbeddings
from flowisectl.clients.google_schema import to_gemini_schema
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

KEY = "AIza0123456789"
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(
    name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}, "additionalProperties": False}
)
COUNTS = {"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 10, "cachedContentTokenCount": 1}


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> GeminiChat:
    given = {"base_url": server.url, "api_key": KEY, "model": "gemini-2", "generation": {"temperature": 0.5, "topP": None}}
    return GeminiChat(http, **{**given, **fields})


def piece(*parts: dict[str, Any], reason: str = "", **more: Any) -> dict[str, Any]:
    finish = {"finishReason": reason} if reason else {}
    return {"candidates": [{"content": {"role": "model", "parts": [*parts]}, **finish}], "modelVersion": "gemini-2-full", **more}


async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer) -> None:
    last = piece({"text": "lo"}, reason="STOP", usageMetadata=COUNTS)
    server.events(piece({"text": "hm", "thought": True}), piece({"text": "Hel"}), last, done=False)

    chunks = [chunk async for chunk in model(http, server).stream([ChatMessage(role="system", content="S"), *HELLO])]

    assert [(chunk.reasoning, chunk.text) for chunk in chunks] == [("hm", ""), ("", "Hel"), ("", "lo"), ("", "")]
    reply = chunks[-1].reply
    assert reply is not None and (reply.text, reply.reasoning) == ("Hello", "hm")
    assert reply.usage == {
        "input_tokens": 5,
        "output_tokens": 5,
        "total_tokens": 10,
        "input_token_details": {"cache_read": 1},
        "output_token_details": {"reasoning": 3},
    }
    seen = server.seen[0]
    assert (seen.path, seen.headers["x-goog-api-key"]) == ("/v1beta/models/gemini-2:streamGenerateContent?alt=sse", KEY)
    assert seen.json == {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        "systemInstruction": {"parts": [{"text": "S"}]},
        "generationConfig": {"temperature": 0.5},
    }


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    server.json(piece({"text": "whole"}, reason="MAX_TOKENS"))

    reply = await model(http, server, streaming=False, model="models/gemini-2").invoke(HELLO)

    assert (reply.text, reply.response_metadata["finish_reason"]) == ("whole", "MAX_TOKENS")
    assert server.seen[0].path == "/v1beta/models/gemini-2:generateContent"


async def test_tool_calls_and_their_results_go_round(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"functionCall": {"name": "add", "args": {"a": 1}}, "thoughtSignature": "SIG"}, reason="STOP"), done=False)
    server.events(piece({"text": "3"}, reason="STOP"), done=False)
    chat, options = model(http, server), ChatOptions(tools=(ADD,), tool_choice="add")

    reply = await chat.invoke(HELLO, options)
    call = reply.tool_calls[0]
    await chat.invoke([*HELLO, reply.to_message(), ChatMessage(role="tool", content="3", tool_call_id=call.id)], ChatOptions(tools=(ADD,)))

    assert (call.name, call.arguments) == ("add", {"a": 1}) and call.id
    first, body = (seen.json for seen in server.seen)
    schema = {"type": "object", "properties": {"a": {"type": "number"}}}
    assert first["tools"] == [{"functionDeclarations": [{"name": "add", "description": "adds", "parameters": schema}]}]
    assert first["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["add"]}}
    assert body["contents"][1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "add", "args": {"a": 1}}, "thoughtSignature": "SIG"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"result": "3"}}}]},
    ]


async def test_a_lost_signature_is_replaced_for_models_that_demand_one(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"text": "3"}, reason="STOP"), done=False)
    asked = ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="old", name="add", arguments={}),))
    messages = [*HELLO, asked, ChatMessage(role="tool", content="3", tool_call_id="old")]

    await model(http, server, model="gemini-3-pro").invoke(messages)
    await model(http, server).invoke(messages)

    new, old = (seen.json["contents"][1]["parts"][0] for seen in server.seen)
    assert new["thoughtSignature"] and "thoughtSignature" not in old


async def test_images_are_sent_inline(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"text": "a cat"}, reason="STOP"), done=False)
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]

    await model(http, server).invoke([ChatMessage(role="user", content=parts)])

    expected = [{"text": "what?"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}]
    assert server.seen[0].json["contents"][0]["parts"] == expected


async def test_a_structured_answer_is_a_forced_function_whose_arguments_are_the_text(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"functionCall": {"name": "extract", "args": {"n": 1}}}, reason="STOP"), done=False)

    reply = await model(http, server).invoke(HELLO, ChatOptions(json_schema={"type": "object", "properties": {"n": {"type": "integer"}}}))

    assert (orjson.loads(reply.text), reply.tool_calls) == ({"n": 1}, ())
    assert server.seen[0].json["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == ["extract"]


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.events(piece({"text": "half"}), done=False, is_cut=is_cut)

    with pytest.raises(ProviderError, match="cut"):
        await model(http, server).invoke(HELLO)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "refused the prompt: SAFETY"),
        ({"candidates": [{"finishReason": "RECITATION"}]}, "refused to answer: RECITATION"),
        ({"error": {"code": 503, "message": "overloaded"}}, "503 overloaded"),
        ({"candidates": [{"content": {"parts": [{"functionCall": {"name": "add", "args": [1]}}]}}]}, "'add' with arguments"),
    ],
)
async def test_refusals_are_told_instead_of_an_empty_answer(
    http: HttpClient, server: ScriptedServer, event: dict[str, Any], message: str
) -> None:
    server.events(event, done=False)

    with pytest.raises(ProviderError, match=message):
        await model(http, server).invoke(HELLO)


async def test_errors_are_told_with_their_status_and_without_the_key(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json([{"error": {"code": 400, "message": f"API key not valid: {KEY}", "status": "INVALID_ARGUMENT"}}], status=400)

    with pytest.raises(ProviderError, match=r"^400 API key not valid: \*\*\*$"):
        await model(http, server, pause=pauses).invoke(HELLO)


def test_schemas_lose_what_gemini_refuses() -> None:
    schema = {
        "$schema": "x",
        "type": "object",
        "properties": {
            "kind": {"const": "a"},
            "size": {"type": ["integer", "null"], "exclusiveMinimum": 0, "minimum": 1},
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/Tag"}},
            "free": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        },
        "required": ["kind"],
        "additionalProperties": False,
        "$defs": {"Tag": {"type": "string", "enum": ["x", "y"], "description": "a tag"}},
    }

    assert to_gemini_schema(schema) == {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"type": "string", "enum": ["a"]},
            "size": {"type": "integer", "nullable": True, "minimum": 1},
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["x", "y"], "description": "a tag"}},
            "free": {"type": "string", "nullable": True},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        },
    }


def test_a_schema_that_contains_itself_ends() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}, "$defs": {}}
    schema["$defs"] = {"Node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}}

    assert orjson.dumps(to_gemini_schema(schema))


async def test_texts_are_embedded_in_batches(http: HttpClient, server: ScriptedServer) -> None:
    for count in (100, 1):
        server.json({"embeddings": [{"values": [i, 0.5]} for i in range(count)]})
    embeddings = GeminiEmbeddings(http, base_url=server.url, api_key=KEY, model="embed-1", task_type="CLUSTERING")

    vectors = await embeddings.embed(["a\nb"] * 101)

    assert len(vectors) == 101 and vectors[99] == [99.0, 0.5]
    first = server.seen[0]
    assert first.path == "/v1beta/models/embed-1:batchEmbedContents"
    expected = {"model": "models/embed-1", "taskType": "CLUSTERING", "content": {"parts": [{"text": "a b"}]}}
    assert first.json["requests"][0] == expected


async def test_an_answer_without_embeddings_is_told(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"embeddings": [{}]})

    with pytest.raises(ProviderError, match="without embeddings"):
        await GeminiEmbeddings(http, base_url=server.url, api_key=KEY, model="embed-1").embed_query("a")


async def test_tools_that_google_runs_are_offered_and_what_they_did_is_told(http: HttpClient, server: ScriptedServer) -> None:
    found = piece(
        {"executableCode": {"language": "PYTHON", "code": "print(2)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"text": "Two."},
        reason="STOP",
    )
    found["candidates"][0] |= {
        "groundingMetadata": {"webSearchQueries": ["q"], "groundingChunks": [{"web": {"uri": "https://a.example"}}]},
        "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://b.example", "urlRetrievalStatus": "OK"}]},
    }
    server.json(found)
    tools: Any = ({"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}})

    reply = await model(http, server, streaming=False).invoke(HELLO, ChatOptions(tools=(ADD,), provider_tools=tools))

    offered = [name for tool in server.seen[0].json["tools"] for name in tool]
    assert offered == ["functionDeclarations", "googleSearch", "urlContext", "codeExecution"]
    assert reply.text == "\n```python\nprint(2)\n```\n\n```\n2\n```\nTwo."
    assert reply.provider_calls == (
        {"tool": "googleSearch", "toolInput": {"queries": ["q"]}, "toolOutput": "https://a.example"},
        {"tool": "urlContext", "toolInput": {"urls": ["https://b.example"]}, "toolOutput": "https://b.example: OK"},
        {"tool": "codeExecution", "toolInput": {"language": "python", "code": "print(2)"}, "toolOutput": "2"},
    )


async def test_an_image_that_gemini_made_is_part_of_the_answer(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"inlineData": {"mimeType": "image/png", "data": "iVBO"}}, reason="STOP"), done=False)

    reply = await model(http, server).invoke(HELLO)

    assert (reply.text, reply.images) == ("", ("data:image/png;base64,iVBO",))
