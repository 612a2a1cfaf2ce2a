"""Bedrock's wire against scripted servers."""

from __future__ import annotations

import struct
from typing import Any
from zlib import crc32

import orjson
import pytest
from botocore.eventstream import EventStreamBuffer  # type: ignore[import-untyped]
from scripted_server import Answer, Pauses, ScriptedServer

from flowisectl.clients.aws_events import MessageParser
from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.bedrock import BedrockChat
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient, HttpFailed
from flowisectl.interfaces.message import ChatMessage, ToolCall

KEYS = AwsKeys(access_key="AKIAEXAMPLE", secret_key="secret-key-0123", session_token="token-4567")
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}})
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
USAGE = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 10, "cacheReadInputTokens": 3}
STOP = ("messageStop", {"stopReason": "end_turn"})
END = ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}})


def framed(kind: str, data: Any, **more: str) -> bytes:
    """One message as Bedrock sends it."""
    names = more or {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode() for name, value in names.items()
    )
    payload = b"" if data is None else orjson.dumps(data)
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def text(piece: str, index: int = 0) -> tuple[str, Any]:
    return "contentBlockDelta", {"delta": {"text": piece}, "contentBlockIndex": index}


def stream(server: ScriptedServer, *events: tuple[str, Any], is_cut: bool = False) -> None:
    pieces = [framed(*event) for event in events]
    server.answers.append(Answer(pieces=pieces, is_cut=is_cut, headers={"content-type": "application/vnd.amazon.eventstream"}))


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> BedrockChat:
    given = {
        "region": "us-east-1",
        "base_url": server.url,
        "model": CLAUDE,
        "inference": {"temperature": 0.5, "maxTokens": 9, "topP": None},
    }
    return BedrockChat(http, KEYS, **{**given, **fields})


async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer) -> None:
    thought = ("contentBlockDelta", {"delta": {"reasoningContent": {"text": "hm"}}, "contentBlockIndex": 0})
    stop = ("contentBlockStop", {"contentBlockIndex": 1})
    stream(server, ("messageStart", {"role": "assistant"}), thought, text("Hel", 1), text("lo", 1), stop, STOP, END)

    chunks = [chunk async for chunk in model(http, server).stream([ChatMessage(role="system", content="S"), *HELLO])]

    assert [(chunk.reasoning, chunk.text) for chunk in chunks] == [("hm", ""), ("", "Hel"), ("", "lo"), ("", "")]
    reply = chunks[-1].reply
    assert reply is not None and (reply.text, reply.reasoning) == ("Hello", "hm")
    assert reply.response_metadata["finish_reason"] == "end_turn"
    assert reply.usage == {
        "input_tokens": 8,
        "output_tokens": 2,
        "total_tokens": 10,
        "input_token_details": {"cache_creation": 0, "cache_read": 3},
        "output_token_details": {},
    }
    seen = server.seen[0]
    assert seen.path == "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream"
    assert "/us-east-1/bedrock/aws4_request" in seen.headers["authorization"]
    assert seen.headers["x-amz-security-token"] == "token-4567"
    assert seen.json == {
        "inferenceConfig": {"temperature": 0.5, "maxTokens": 9},
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
        "system": [{"text": "S"}],
    }


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    content = [{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "whole"}]
    server.json({"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "max_tokens", "usage": USAGE})

    reply = await model(http, server, streaming=False, extra={"performanceConfig": {"latency": "optimized"}}).invoke(HELLO)

    assert (reply.text, reply.reasoning, reply.response_metadata["finish_reason"]) == ("whole", "hm", "max_tokens")
    assert server.seen[0].path.endswith("/converse")
    assert server.seen[0].json["performanceConfig"] == {"latency": "optimized"}


async def test_tool_calls_and_their_results_go_round(http: HttpClient, server: ScriptedServer) -> None:
    start = ("contentBlockStart", {"start": {"toolUse": {"toolUseId": "t1", "name": "add"}}, "contentBlockIndex": 1})
    deltas = [("contentBlockDelta", {"delta": {"toolUse": {"input": piece}}, "contentBlockIndex": 1}) for piece in ('{"a"', ": 1}")]
    stream(server, text("so"), start, *deltas, ("messageStop", {"stopReason": "tool_use"}), END)
    stream(server, text("3"), STOP, END)
    chat = model(http, server)

    reply = await chat.invoke(HELLO, ChatOptions(tools=(ADD,), tool_choice="add"))
    results = [ChatMessage(role="tool", content=result, tool_call_id="t1") for result in ("3", "")]
    await chat.invoke([*HELLO, reply.to_message(), *results], ChatOptions(tools=(ADD,), tool_choice="none"))

    assert reply.tool_calls == (ToolCall(id="t1", name="add", arguments={"a": 1}),)
    first, second = (seen.json for seen in server.seen)
    spec = {"toolSpec": {"name": "add", "description": "adds", "inputSchema": {"json": dict(ADD.parameters)}}}
    assert first["toolConfig"] == {"tools": [spec], "toolChoice": {"tool": {"name": "add"}}}
    assert second["toolConfig"] == {"tools": [spec]}, "a conversation with calls needs its tools"
    assert second["messages"][1:] == [
        {"role": "assistant", "content": [{"text": "so"}, {"toolUse": {"toolUseId": "t1", "name": "add", "input": {"a": 1}}}]},
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"text": "3"}]}},
                {"toolResult": {"toolUseId": "t1", "content": [{"json": {"result": ""}}]}},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("name", "wanted", "choice"),
    [
        (CLAUDE, "required", {"any": {}}),
        ("mistral.mistral-large-2402-v1:0", "add", {"any": {}}),
        ("meta.llama3-70b-instruct-v1:0", "add", None),
        (CLAUDE, "auto", None),
    ],
)
async def test_a_model_is_forced_as_far_as_it_can_be(
    http: HttpClient, server: ScriptedServer, name: str, wanted: str, choice: dict[str, Any] | None
) -> None:
    stream(server, text("x"), STOP, END)

    await model(http, server, model=name).invoke(HELLO, ChatOptions(tools=(ADD,), tool_choice=wanted))

    assert server.seen[0].json["toolConfig"].get("toolChoice") == choice


async def test_images_are_sent_inline_and_not_by_their_address(http: HttpClient, server: ScriptedServer) -> None:
    stream(server, text("a cat"), STOP, END)

    def asked(url: str) -> list[ChatMessage]:
        return [ChatMessage(role="user", content=[{"type": "text", "text": "what?"}, {"type": "image_url", "image_url": {"url": url}}])]

    await model(http, server).invoke(asked("data:image/jpg;base64,AA=="))

    assert server.seen[0].json["messages"][0]["content"] == [{"text": "what?"}, {"image": {"format": "jpeg", "source": {"bytes": "AA=="}}}]
    with pytest.raises(ProviderError, match="takes images only as"):
        await model(http, server).invoke(asked("https://example.com/cat.png"))


async def test_a_structured_answer_is_a_forced_tool_whose_arguments_are_the_text(http: HttpClient, server: ScriptedServer) -> None:
    content = [{"toolUse": {"toolUseId": "t1", "name": "extract", "input": {"n": 1}}}]
    server.json({"output": {"message": {"content": content}}, "stopReason": "tool_use"})

    reply = await model(http, server, streaming=False).invoke(HELLO, ChatOptions(json_schema={"properties": {"n": {"type": "integer"}}}))

    assert (orjson.loads(reply.text), reply.tool_calls) == ({"n": 1}, ())
    assert server.seen[0].json["toolConfig"]["toolChoice"] == {"tool": {"name": "extract"}}


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    stream(server, text("half"), is_cut=is_cut)

    with pytest.raises(ProviderError, match="cut"):
        await model(http, server).invoke(HELLO)


async def test_an_exception_within_a_stream_is_told(http: HttpClient, server: ScriptedServer) -> None:
    headers = {":message-type": "exception", ":exception-type": "throttlingException", ":content-type": "application/json"}
    server.answers.append(Answer(pieces=[framed(*text("half")), framed("", {"message": "too many"}, **headers)]))

    with pytest.raises(ProviderError, match="429 too many") as caught:
        await model(http, server).invoke(HELLO)

    assert caught.value.status == 429


async def test_an_error_without_a_body_is_told(http: HttpClient, server: ScriptedServer) -> None:
    headers = {":message-type": "error", ":error-code": "InternalError", ":error-message": "it broke"}
    server.answers.append(Answer(pieces=[framed("", None, **headers)]))

    with pytest.raises(ProviderError, match="InternalError it broke"):
        await model(http, server).invoke(HELLO)


async def test_tool_arguments_that_are_no_json_are_an_error_naming_the_tool(http: HttpClient, server: ScriptedServer) -> None:
    start = ("contentBlockStart", {"start": {"toolUse": {"toolUseId": "t1", "name": "add"}}, "contentBlockIndex": 0})
    stream(server, start, ("contentBlockDelta", {"delta": {"toolUse": {"input": '{"a"'}}, "contentBlockIndex": 0}), STOP, END)

    with pytest.raises(ProviderError, match="'add' with arguments that are not valid JSON"):
        await model(http, server).invoke(HELLO)


async def test_a_wrong_key_is_told_without_the_key(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"message": "The security token secret-key-0123 token-4567 is invalid."}, status=403)

    with pytest.raises(ProviderError, match=r"403 The security token \*\*\* \*\*\* is invalid") as caught:
        await model(http, server).invoke(HELLO)

    assert caught.value.status == 403 and len(server.seen) == 1


async def test_a_busy_model_is_asked_again_within_bounds(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"message": "Too many requests"}, status=429)
    stream(server, text("at last"), STOP, END)

    reply = await model(http, server, pause=pauses).invoke(HELLO)

    assert (reply.text, len(server.seen), len(pauses.seconds)) == ("at last", 2, 1)


class TestFraming:
    MESSAGES = framed(*text("é")) + framed("metadata", None) + framed("", {"message": "x"}, **{":exception-type": "validationException"})

    def test_any_cut_of_the_bytes_gives_the_same_messages(self) -> None:
        expected = [b'{"contentBlockDelta":', b'{"metadata":{}}', b'{"validationException":{"message":"x"}}']

        for size in (1, 7, 50, len(self.MESSAGES)):
            parser = MessageParser()
            found = [lot for start in range(0, len(self.MESSAGES), size) for lot in parser.feed(self.MESSAGES[start : start + size])]
            assert [item.startswith(start) for item, start in zip(found, expected, strict=True)] == [True] * 3
            assert parser.close() == []

    def test_the_official_client_reads_the_same(self) -> None:
        buffer = EventStreamBuffer()
        buffer.add_data(self.MESSAGES)

        official = [(message.headers.get(":event-type"), message.payload) for message in buffer]

        assert official[0][0] == "contentBlockDelta"
        assert orjson.loads(MessageParser().feed(self.MESSAGES)[0])["contentBlockDelta"] == orjson.loads(official[0][1])

    def test_values_that_are_no_texts_are_skipped(self) -> None:
        headers = b"\x01a\x00" + b"\x01b\x04\x00\x00\x00\x01" + b"\x01c\x06\x00\x02xy" + b"\x0b:event-type\x07\x00\x01k"
        prelude = struct.pack(">II", 16 + len(headers) + 2, len(headers))
        body = prelude + struct.pack(">I", crc32(prelude)) + headers + b"{}"

        assert MessageParser().feed(body + struct.pack(">I", crc32(body))) == [b'{"k":{}}']

    @pytest.mark.parametrize("place", [0, 5, 9, 20, -1])
    def test_damage_is_noticed(self, place: int) -> None:
        broken = bytearray(framed(*text("x")))
        broken[place] ^= 0xFF

        with pytest.raises(HttpFailed, match="damaged"):
            MessageParser().feed(bytes(broken))

    def test_a_message_that_is_too_large_is_refused_at_once(self) -> None:
        prelude = struct.pack(">II", 1 << 30, 0)

        with pytest.raises(HttpFailed, match="larger than"):
            MessageParser().feed(prelude + struct.pack(">I", crc32(prelude)))
