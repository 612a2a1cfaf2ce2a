"""The text models: what the services are asked, and what their answers mean."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.clients.text_generation import ReplicateText
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpResponse
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.nodes.llms.hugging_face_inference_llms import HuggingFaceInference
from flowisectl.nodes.llms.replicate import Replicate
from flowisectl.testing import InMemoryTextCache, ScriptedHttp, run_context

HELLO = [ChatMessage(role="user", content="hello")]


def answer(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="Reason", headers={}, body=orjson.dumps(body))


async def hugging_face(http: ScriptedHttp, **inputs: Any) -> Any:
    values = NodeInputs(inputs, node_id="h_0", label="HF", credential={"huggingFaceApiKey": "hf_secret"})
    return await HuggingFaceInference().build(values, run_context(http=http))


class TestHuggingFace:
    async def test_a_text_goes_on(self) -> None:
        http = ScriptedHttp(answer([{"generated_text": "hello world"}]))
        model = await hugging_face(http, model="o/m", temperature="0.5", maxTokens="", hfTopK="3")

        chunks = [chunk async for chunk in model.stream(HELLO, ChatOptions(stop=("END",)))]

        assert chunks[-1].reply is not None and chunks[-1].reply.text == " world"
        assert http.calls[0].url == "https://router.huggingface.co/hf-inference/models/o/m"
        assert http.calls[0].headers["authorization"] == "Bearer hf_secret"
        assert orjson.loads(http.calls[0].body or b"") == {
            "inputs": "hello",
            "parameters": {"temperature": 0.5, "top_k": 3, "return_full_text": False, "stop": ["END"]},
        }

    async def test_several_messages_become_one_text(self) -> None:
        http = ScriptedHttp(answer({"generated_text": "ok"}))
        model = await hugging_face(http, endpoint="http://127.0.0.1:9/gen")

        await model.invoke([ChatMessage(role="system", content="S"), *HELLO, ChatMessage(role="assistant", content="A")])

        assert http.calls[0].url == "http://127.0.0.1:9/gen"
        assert orjson.loads(http.calls[0].body or b"")["inputs"] == "System: S\nHuman: hello\nAI: A"

    async def test_equal_questions_may_be_answered_from_a_cache(self) -> None:
        model = await hugging_face(ScriptedHttp(answer([{"generated_text": "once"}])), model="o/m", cache=InMemoryTextCache())

        assert [(await model.invoke(HELLO)).text for _ in range(2)] == ["once", "once"]

    async def test_refusals_and_what_is_missing_are_told(self) -> None:
        refused = await hugging_face(ScriptedHttp(answer({"error": "bad hf_secret"}, 401)), model="o/m")
        strange = await hugging_face(ScriptedHttp(answer({"x": 1})), model="o/m")

        with pytest.raises(ProviderError, match="401") as caught:
            await refused.invoke(HELLO)
        assert "hf_secret" not in str(caught.value)
        with pytest.raises(ProviderError, match="without a text"):
            await strange.invoke(HELLO)
        with pytest.raises(MissingInput, match="no model"):
            await hugging_face(ScriptedHttp())
        with pytest.raises(ProviderError, match="choose a chat model"):
            await refused.invoke(HELLO, ChatOptions(tools=(ToolSpec(name="t", description="", parameters={}),)))


class TestReplicate:
    async def test_a_prediction_is_made_and_waited_for(self) -> None:
        http = ScriptedHttp(
            answer({"id": "p1", "status": "starting"}), answer({"id": "p1", "status": "processing"}),
            answer({"id": "p1", "status": "succeeded", "output": ["Hel", "lo"]}),
        )  # fmt: skip
        waits: list[float] = []

        async def pause(seconds: float) -> None:
            waits.append(seconds)

        model = ReplicateText(http, api_key="r8_secret", model="o/m:v1", params={"top_p": None, "temperature": 0.7}, pause=pause)

        assert (await model.invoke(HELLO)).text == "Hello"
        assert [call.url.removeprefix("https://api.replicate.com/v1") for call in http.calls] == [
            "/predictions", "/predictions/p1", "/predictions/p1",
        ]  # fmt: skip
        assert orjson.loads(http.calls[0].body or b"") == {"version": "v1", "input": {"prompt": "hello", "temperature": 0.7}}
        assert len(waits) == 2

    async def test_a_model_without_a_version_is_named_in_the_address(self) -> None:
        http = ScriptedHttp(answer({"id": "p1", "status": "succeeded", "output": "Hello"}))
        values = {"model": "o/m", "additionalInputs": '{"system_prompt": "S"}', "temperature": "0.7"}

        model = await Replicate().build(NodeInputs(values, credential={"replicateApiKey": "k"}), run_context(http=http))

        assert (await model.invoke(HELLO)).text == "Hello"
        assert http.calls[0].url.endswith("/models/o/m/predictions")
        assert orjson.loads(http.calls[0].body or b"")["input"]["system_prompt"] == "S"

    async def test_a_failed_prediction_is_told(self) -> None:
        http = ScriptedHttp(answer({"id": "p1", "status": "failed", "error": "out of memory"}))

        with pytest.raises(ProviderError, match="failed: out of memory"):
            await ReplicateText(http, api_key="k", model="o/m").invoke(HELLO)


class TestProvidersOfTextModels:
    @pytest.mark.parametrize(
        ("node", "inputs", "credential", "url", "sent"),
        [
            (
                "azureOpenAI",
                {"temperature": "0.2"},
                {
                    "azureOpenAIApiKey": "key-0123",
                    "azureOpenAIApiInstanceName": "inst",
                    "azureOpenAIApiDeploymentName": "dep",
                    "azureOpenAIApiVersion": "2024-10-21",
                },
                "https://inst.openai.azure.com/openai/deployments/dep/completions?api-version=2024-10-21",
                {"model": "text-davinci-003", "temperature": 0.2, "max_tokens": 256},
            ),
            (
                "fireworks",
                {"modelName": "f"},
                {"fireworksApiKey": "key-0123"},
                "https://api.fireworks.ai/inference/v1/completions",
                {"model": "f"},
            ),
            (
                "sambanova",
                {},
                {"sambanovaApiKey": "key-0123"},
                "https://api.sambanova.ai/v1/completions",
                {"model": "Meta-Llama-3.3-70B-Instruct"},
            ),
            (
                "togetherAI",
                {"modelName": "t", "topK": "50", "topP": 0.7, "repeatPenalty": "1", "stop": "x, y"},
                {"togetherAIApiKey": "key-0123"},
                "https://api.together.xyz/v1/completions",
                {"model": "t", "top_k": 50, "top_p": 0.7, "repetition_penalty": 1.0, "stop": ["x", "y"]},
            ),
        ],
    )
    async def test_a_prompt_goes_to_the_completions_of_each(
        self, node: str, inputs: Any, credential: Any, url: str, sent: dict[str, Any]
    ) -> None:
        http = ScriptedHttp(answer({"choices": [{"text": " world"}]}))
        model = await load_catalogue().get(node).build(NodeInputs(inputs, node_id="l_0", credential=credential), run_context(http=http))

        reply = await model.invoke(HELLO)

        key = http.calls[0].headers.get("api-key") or http.calls[0].headers["authorization"]
        assert (reply.text, model.provider, http.calls[0].url) == (" world", node, url)
        assert key.removeprefix("Bearer ") == "key-0123"
        assert orjson.loads(http.calls[0].body or b"") == {"prompt": "hello", **sent}

    async def test_together_streams_only_when_it_is_told_to(self) -> None:
        values = {"modelName": "t"}
        credential = {"togetherAIApiKey": "k"}
        node = load_catalogue().get("togetherAI")

        silent = await node.build(NodeInputs(values, credential=credential), run_context())
        speaking = await node.build(NodeInputs({**values, "streaming": True}, credential=credential), run_context())

        assert (silent.streaming, speaking.streaming) == (False, True)

    async def test_ollama_gets_the_prompt_as_one_message(self) -> None:
        http = ScriptedHttp(answer({"message": {"content": "hi"}, "done": True}))
        values = {"modelName": "m", "temperature": "0.5", "topK": "3", "streaming": False}
        model = await load_catalogue().get("ollama").build(NodeInputs(values), run_context(http=http))

        assert (await model.invoke(HELLO)).text == "hi"
        sent = orjson.loads(http.calls[0].body or b"")
        assert (sent["messages"], sent["options"]) == ([{"role": "user", "content": "hello"}], {"temperature": 0.5, "top_k": 3})

    async def test_cohere_gets_the_prompt_as_one_message(self) -> None:
        http = ScriptedHttp(answer({"message": {"content": [{"type": "text", "text": "hi"}]}, "finish_reason": "COMPLETE"}))
        model = (
            await load_catalogue()
            .get("cohere")
            .build(NodeInputs({"maxTokens": "9", "streaming": False}, credential={"cohereApiKey": "k"}), run_context(http=http))
        )

        assert (await model.invoke(HELLO)).text == "hi"
        sent = orjson.loads(http.calls[0].body or b"")
        assert (sent["model"], sent["max_tokens"], sent["messages"]) == ("command", 9, [{"role": "user", "content": "hello"}])
