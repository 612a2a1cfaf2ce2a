"""OpenAI's Responses API against scripted servers."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.openai_responses import OpenAIResponsesChat
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, TellingModel, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.nodes.chat_models.chat_open_ai import ChatOpenAI
from flowisectl.testing import run_context

KEY = "sk-test-0123456789"
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}})
SAID: dict[str, Any] = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello é"}]}
THOUGHT: dict[str, Any] = {"type": "reasoning", "summary": [{"text": "First."}, {"text": "Then."}]}
CALLED: dict[str, Any] = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'}
USAGE = {
    "input_tokens": 7,
    "output_tokens": 5,
    "total_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens_details": {"reasoning_tokens": 3},
}


def answer(*output: Any, **more: Any) -> dict[str, Any]:
    return {"id": "r1", "model": "gpt-5-full", "status": "completed", "output": [*output], "usage": USAGE, **more}


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> OpenAIResponsesChat:
    given = {"provider": "openai", "base_url": server.url + "/v1", "api_key": KEY, "model": "gpt-5", "pause": Pauses()}
    return OpenAIResponsesChat(http, **{**given, **fields})


async def test_an_answer_and_its_thoughts_come_in_pieces(http: HttpClient, server: ScriptedServer) -> None:
    server.events(
        {"type": "response.created", "response": {}},
        {"type": "response.reasoning_summary_text.delta", "delta": "First."},
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.output_text.delta", "delta": "lo é"},
        {"type": "response.completed", "response": answer(THOUGHT, SAID)},
        done=False,
    )

    chunks = [chunk async for chunk in model(http, server).stream(HELLO)]

    assert [(chunk.text, chunk.reasoning) for chunk in chunks] == [("", "First."), ("Hel", ""), ("lo é", ""), ("", "")]
    reply = chunks[-1].reply
    assert reply is not None and (reply.text, reply.reasoning) == ("Hello é", "First.\n\nThen.")
    assert reply.usage == {
        "input_tokens": 7,
        "output_tokens": 5,
        "total_tokens": 12,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 3},
    }
    assert (reply.response_metadata["model_name"], reply.response_metadata["finish_reason"]) == ("gpt-5-full", "stop")


async def test_messages_calls_results_and_images_become_input_items(http: HttpClient, server: ScriptedServer) -> None:
    server.json(answer(CALLED))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    messages = [
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content=[{"type": "text", "text": "look"}, image]),
        ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="c0", name="add", arguments={"a": 2}),)),
        ChatMessage(role="tool", content="2", tool_call_id="c0"),
    ]

    chat = model(http, server, streaming=False, params={"reasoning": {"summary": "auto"}, "top_p": None})
    reply = await chat.invoke(messages, ChatOptions(tools=(ADD,), tool_choice="add"))

    assert reply.tool_calls == (ToolCall(id="c1", name="add", arguments={"a": 1}),)
    assert (server.seen[0].path, server.seen[0].headers["authorization"]) == ("/v1/responses", f"Bearer {KEY}")
    assert server.seen[0].json == {
        "model": "gpt-5",
        "reasoning": {"summary": "auto"},
        "stream": False,
        "input": [
            {"type": "message", "role": "developer", "content": "Be brief."},
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "look"},
                    {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "auto"},
                ],
            },
            {"type": "function_call", "call_id": "c0", "name": "add", "arguments": '{"a":2}'},
            {"type": "function_call_output", "call_id": "c0", "output": "2"},
        ],
        "tool_choice": {"type": "function", "name": "add"},
        "tools": [{"type": "function", "name": "add", "description": "adds", "parameters": ADD.parameters, "strict": False}],
    }


async def test_a_schema_is_a_forced_function_whose_arguments_are_the_answer(http: HttpClient, server: ScriptedServer) -> None:
    server.json(answer(CALLED))

    reply = await model(http, server, streaming=False).invoke(HELLO, ChatOptions(json_schema={"type": "object"}, schema_name="add"))

    assert (reply.text, reply.tool_calls) == ('{"a": 1}', ())
    assert server.seen[0].json["tool_choice"] == {"type": "function", "name": "add"}


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([{"type": "response.output_text.delta", "delta": "Hel"}], "cut|broke off|ended"),
        ([{"type": "error", "message": "too much", "code": "x"}], "too much"),
        ([{"type": "response.failed", "response": {"error": {"message": "it failed", "code": "server_error"}}}], "it failed"),
        ([{"type": "response.completed", "response": {}}], "without output"),
    ],
)
async def test_what_goes_wrong_half_way_is_told(http: HttpClient, server: ScriptedServer, events: list[Any], text: str) -> None:
    server.events(*events, done=False)

    with pytest.raises(ProviderError, match=text):
        await model(http, server).invoke(HELLO)


async def test_a_wrong_key_is_told_and_not_shown(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"error": {"message": f"Incorrect API key {KEY}"}}, 401)

    with pytest.raises(ProviderError, match="401") as caught:
        await model(http, server, streaming=False).invoke(HELLO)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "summary", "path"),
    [("gpt-5-mini", "auto", "/v1/responses"), ("gpt-5-mini", "", "/v1/chat/completions"), ("gpt-4o", "auto", "/v1/chat/completions")],
)
async def test_the_node_asks_there_only_for_summaries_of_thoughts(
    http: HttpClient, server: ScriptedServer, name: str, summary: str, path: str
) -> None:
    server.json({**answer(SAID), "choices": [{"message": {"content": "Hello é"}, "finish_reason": "stop"}], "usage": None})
    inputs = {"modelName": name, "reasoningSummary": summary, "reasoningEffort": "low", "maxTokens": "9", "streaming": False}
    given = NodeInputs({**inputs, "basepath": server.url + "/v1"}, credential={"openAIApiKey": KEY})
    chat = await ChatOpenAI().build(given, run_context(http=http))

    assert (await chat.invoke(HELLO)).text == "Hello é"
    assert server.seen[0].path == path
    if summary and path.endswith("responses"):
        assert server.seen[0].json["reasoning"] == {"effort": "low", "summary": "auto"}
        assert server.seen[0].json["max_output_tokens"] == 9


async def test_tools_that_openai_runs_are_offered_and_what_they_did_is_told(http: HttpClient, server: ScriptedServer) -> None:
    searched = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
    computed = {"type": "code_interpreter_call", "status": "completed", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]}
    drawn = {"type": "image_generation_call", "status": "completed", "result": "iVBO", "size": "1024x1024"}
    server.json(answer(searched, computed, drawn, SAID))
    tools = ({"type": "web_search_preview"}, {"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "image_generation"})

    reply = await model(http, server, streaming=False).invoke(HELLO, ChatOptions(tools=(ADD,), provider_tools=tools))

    assert [tool["type"] for tool in server.seen[0].json["tools"]] == ["function", *(tool["type"] for tool in tools)]
    assert (reply.text, reply.tool_calls) == ("Hello é", ())
    assert reply.provider_calls == (
        {"tool": "web_search_preview", "toolInput": {"type": "search", "query": "q"}, "toolOutput": "completed"},
        {"tool": "code_interpreter", "toolInput": "1+1", "toolOutput": "2"},
        {"tool": "image_generation", "toolInput": {"size": "1024x1024"}, "toolOutput": "completed"},
    )
    assert reply.images == ("data:image/png;base64,iVBO",)


async def test_a_streamed_answer_tells_of_such_tools_too(http: HttpClient, server: ScriptedServer) -> None:
    searched = {"type": "web_search_call", "status": "failed", "action": {"query": "q"}}
    server.events({"type": "response.completed", "response": answer(searched, SAID)}, done=False)

    reply = await model(http, server).invoke(HELLO, ChatOptions(provider_tools=({"type": "web_search_preview"},)))

    assert reply.provider_calls == ({"tool": "web_search_preview", "toolInput": {"query": "q"}, "toolOutput": "failed"},)


async def test_what_the_assistant_said_in_parts_goes_back_as_its_own_words(http: HttpClient, server: ScriptedServer) -> None:
    server.json(answer(SAID))

    await model(http, server, streaming=False).invoke([ChatMessage(role="assistant", content=[{"type": "text", "text": "a"}])])

    assert server.seen[0].json["input"][0]["content"] == [{"type": "output_text", "text": "a"}]


async def test_the_node_goes_there_for_tools_that_openai_runs_and_for_these_calls_alone(http: HttpClient, server: ScriptedServer) -> None:
    server.json({**answer(SAID), "choices": [{"message": {"content": "Hello é"}, "finish_reason": "stop"}], "usage": None})
    given = {"modelName": "gpt-4o", "temperature": 0.5, "streaming": False, "basepath": server.url + "/v1"}
    chat = await ChatOpenAI().build(NodeInputs(given, credential={"openAIApiKey": KEY}), run_context(http=http))

    await chat.invoke(HELLO, ChatOptions(provider_tools=({"type": "web_search_preview"},)))
    await chat.invoke(HELLO, ChatOptions(tools=(ADD,)))

    assert [seen.path for seen in server.seen] == ["/v1/responses", "/v1/chat/completions"]
    assert server.seen[0].json["temperature"] == 0.5 and "reasoning" not in server.seen[0].json
    assert "web_search_preview" not in server.seen[1].body.decode()


async def test_the_node_tells_such_an_answer_as_it_comes(http: HttpClient, server: ScriptedServer) -> None:
    server.events(
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.output_text.delta", "delta": "lo é"},
        {"type": "response.completed", "response": answer(SAID)},
        done=False,
    )
    given = NodeInputs({"modelName": "gpt-4o", "basepath": server.url + "/v1"}, credential={"openAIApiKey": KEY})
    chat = await ChatOpenAI().build(given, run_context(http=http))
    heard: list[str] = []

    assert isinstance(chat, TellingModel)
    await chat.tell(HELLO, lambda chunk: heard.append(chunk.text), ChatOptions(provider_tools=({"type": "web_search_preview"},)))

    assert heard == ["Hel", "lo é", ""]
