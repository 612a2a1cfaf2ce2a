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
