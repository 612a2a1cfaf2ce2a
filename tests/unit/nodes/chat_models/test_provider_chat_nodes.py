"""What each chat node asks its provider for, told from the request that its model sends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.http import HttpCall, HttpResponse, Reach
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryTextCache, RecordingTrace, ScriptedHttp, run_context

CATALOGUE = load_catalogue()
HELLO = [ChatMessage(role="user", content="hello")]
COMPATIBLE = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
CLAUDE = {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn"}
GEMINI = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
OLLAMA = {"message": {"content": "hi"}, "done": True}
COHERE = {"message": {"content": [{"type": "text", "text": "hi"}]}, "finish_reason": "COMPLETE"}

# (node, field of its key, inputs of its own, address that it asks)
PROVIDERS = [
    ("groqChat", "groqApiKey", {}, "https://api.groq.com/openai/v1/chat/completions"),
    ("chatMistralAI", "mistralAIAPIKey", {}, "https://api.mistral.ai/v1/chat/completions"),
    ("chatMistralAI", "mistralAIAPIKey", {"overrideEndpoint": "http://m.example/v1/"}, "http://m.example/v1/chat/completions"),
    ("chatDeepseek", "deepseekApiKey", {}, "https://api.deepseek.com/chat/completions"),
    ("chatXAI", "xaiApiKey", {}, "https://api.x.ai/v1/chat/completions"),
    ("chatTogetherAI", "togetherAIApiKey", {}, "https://api.together.xyz/v1/chat/completions"),
    ("chatFireworks", "fireworksApiKey", {}, "https://api.fireworks.ai/inference/v1/chat/completions"),
    ("chatOpenRouter", "openRouterApiKey", {}, "https://openrouter.ai/api/v1/chat/completions"),
    ("chatOpenRouter", "openRouterApiKey", {"basepath": "http://r.example/v1"}, "http://r.example/v1/chat/completions"),
    ("chatPerplexity", "perplexityApiKey", {"model": "m-1"}, "https://api.perplexity.ai/chat/completions"),
    ("chatCerebras", "cerebrasApiKey", {}, "https://api.cerebras.ai/v1/chat/completions"),
    ("chatNvidiaNIM", "nvidiaNIMApiKey", {"basePath": "http://nim.example/v1"}, "http://nim.example/v1/chat/completions"),
    ("chatLocalAI", "localAIApiKey", {"basePath": "http://127.0.0.1:8080/v1"}, "http://127.0.0.1:8080/v1/chat/completions"),
    ("chatLitellm", "litellmApiKey", {"basePath": "http://127.0.0.1:8000"}, "http://127.0.0.1:8000/chat/completions"),
    ("chatOpenAICustom", "openAIApiKey", {}, "https://api.openai.com/v1/chat/completions"),
    ("chatSambanova", "sambanovaApiKey", {"basepath": "htps://api.sambanova.ai/v1"}, "https://api.sambanova.ai/v1/chat/completions"),
    ("chatCometAPI", "cometApiKey", {}, "https://api.cometapi.com/v1/chat/completions"),
    ("chatAlibabaTongyi", "alibabaApiKey", {}, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
    ("chatHuggingFace", "huggingFaceApiKey", {"model": "m-1"}, "https://router.huggingface.co/v1/chat/completions"),
    ("chatHuggingFace", "huggingFaceApiKey", {"model": "m-1", "endpoint": "http://e.example/"}, "http://e.example/v1/chat/completions"),
    ("chatGroq_LlamaIndex", "groqApiKey", {}, "https://api.groq.com/openai/v1/chat/completions"),
    ("chatMistral_LlamaIndex", "mistralAIAPIKey", {}, "https://api.mistral.ai/v1/chat/completions"),
    ("chatTogetherAI_LlamaIndex", "togetherAIApiKey", {}, "https://api.together.xyz/v1/chat/completions"),
]
AZURE = {
    "azureOpenAIApiKey": "key-0123",
    "azureOpenAIApiInstanceName": "inst",
    "azureOpenAIApiDeploymentName": "dep",
    "azureOpenAIApiVersion": "2024-10-21",
}


async def ask(node: str, inputs: dict[str, Any], credential: dict[str, str], answer: dict[str, Any] | None = None) -> HttpCall:
    """Build a node's model, ask it once in one piece, and give the request that it sent."""
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(answer or COMPATIBLE)))
    model = await build(node, {"streaming": False, **inputs}, credential, http)

    reply = await model.invoke(HELLO)

    assert reply.text == "hi"
    return http.calls[0]


async def build(node: str, inputs: dict[str, Any], credential: dict[str, str], http: ScriptedHttp | None = None) -> ChatModel:
    given = NodeInputs({"modelName": "m-1", **inputs}, node_id=f"{node}_0", label=node, credential=credential)
    model: ChatModel = await CATALOGUE.get(node).build(given, run_context(http=http or ScriptedHttp()))
    return model


def body(call: HttpCall) -> Any:
    return orjson.loads(call.body or b"null")


@pytest.mark.parametrize(("node", "field", "inputs", "url"), PROVIDERS, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_compatible_provider_is_asked_at_its_address_with_its_key(node: str, field: str, inputs: dict[str, Any], url: str) -> None:
    call = await ask(node, {**inputs, "temperature": "0"}, {field: "key-0123"})

    assert (call.method, call.url, call.headers["authorization"]) == ("POST", url, "Bearer key-0123")
    assert call.reach is Reach.ENDPOINT
    assert body(call) == {"model": "m-1", "temperature": 0.0, "stream": False, "messages": [{"role": "user", "content": "hello"}]}


@pytest.mark.parametrize(
    ("node", "field"), sorted({(node, field) for node, field, *_ in PROVIDERS} - {("chatNvidiaNIM", "nvidiaNIMApiKey")})
)
async def test_a_provider_without_a_key_says_which_one(node: str, field: str) -> None:
    if node in ("chatLocalAI", "chatLitellm"):
        call = await ask(node, {"basePath": "http://h"}, {})
        assert call.headers["authorization"] == "Bearer sk-", "servers of one's own need none, and get a placeholder"
        return
    with pytest.raises(MissingInput, match=f"has no API key: choose a credential with '{field}'"):
        await build(node, {}, {})


@pytest.mark.parametrize("node", ["chatAnthropic", "chatGoogleGenerativeAI", "chatCohere", "azureChatOpenAI"])
async def test_a_large_provider_without_a_key_says_so(node: str) -> None:
    credential = {**AZURE, "azureOpenAIApiKey": ""} if node == "azureChatOpenAI" else {}

    with pytest.raises(MissingInput, match="has no API key"):
        await build(node, {}, credential)


async def test_usual_inputs_become_members_of_the_request() -> None:
    inputs = {"maxTokens": "100", "topP": 0.5, "frequencyPenalty": "0", "presencePenalty": 1, "baseOptions": '{"x-team": "blue"}'}

    call = await ask("chatOpenRouter", {**inputs, "temperature": "", "timeout": "5000"}, {"openRouterApiKey": "k"})

    assert body(call) == {
        "model": "m-1",
        "max_tokens": 100,
        "top_p": 0.5,
        "presence_penalty": 1.0,
        "stream": False,
        "messages": [{"role": "user", "content": "hello"}],
    }
    assert (call.headers["x-team"], call.timeout_seconds) == ("blue", 5.0)


@pytest.mark.parametrize(
    ("node", "inputs", "credential", "members"),
    [
        (
            "chatMistralAI",
            {"maxOutputTokens": 7, "randomSeed": "3", "safeMode": True},
            "mistralAIAPIKey",
            {"max_tokens": 7, "random_seed": 3, "safe_prompt": True},
        ),
        (
            "chatDeepseek",
            {"stopSequence": "a, b ,", "thinking": True},
            "deepseekApiKey",
            {"stop": ["a", "b"], "thinking": {"type": "enabled"}},
        ),
        ("chatHuggingFace", {"model": "m", "hfTopK": "3", "stop": "a,b"}, "huggingFaceApiKey", {"top_k": 3, "stop": ["a", "b"]}),
        ("chatMistral_LlamaIndex", {"maxTokensToSample": 7}, "mistralAIAPIKey", {"max_tokens": 7}),
        ("chatPerplexity", {"model": "sonar", "topK": 5}, "perplexityApiKey", {"model": "sonar", "top_k": 5}),
    ],
)
async def test_inputs_of_one_provider_become_members_of_its_requests(
    node: str, inputs: dict[str, Any], credential: str, members: dict[str, Any]
) -> None:
    sent = body(await ask(node, inputs, {credential: "k"}))

    assert {name: sent[name] for name in members} == members


async def test_a_node_without_model_or_address_says_what_it_lacks() -> None:
    with pytest.raises(MissingInput, match="has no model"):
        await build("groqChat", {"modelName": ""}, {"groqApiKey": "k"})
    with pytest.raises(MissingInput, match="has no address"):
        await build("chatNvidiaNIM", {}, {})


async def test_a_connected_cache_is_asked_first() -> None:
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(COMPATIBLE)))
    model = await build("groqChat", {"cache": InMemoryTextCache(), "streaming": False}, {"groqApiKey": "k"}, http)

    replies = [await model.invoke(HELLO) for _ in range(3)]

    assert [reply.text for reply in replies] == ["hi"] * 3 and len(http.calls) == 1


async def test_a_repeated_call_is_noted_in_the_trace_of_the_run() -> None:
    trace = RecordingTrace()
    answers = [HttpResponse(status=429, reason="", headers={"retry-after-ms": "1"}, body=b"busy")]
    answers.append(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(COMPATIBLE)))
    given = NodeInputs({"modelName": "m", "streaming": False}, credential={"groqApiKey": "k"})
    model = await CATALOGUE.get("groqChat").build(given, run_context(http=ScriptedHttp(*answers), trace=trace))

    await model.invoke(HELLO)

    assert [line[0] for line in trace.lines] == ["note"] and "429 busy" in trace.lines[0][1]


class TestAzure:
    async def test_the_deployment_is_asked_with_the_key_in_a_header_of_its_own(self) -> None:
        call = await ask("azureChatOpenAI", {"maxTokens": 9}, AZURE)

        assert call.url == "https://inst.openai.azure.com/openai/deployments/dep/chat/completions?api-version=2024-10-21"
        assert call.headers["api-key"] == "key-0123" and "authorization" not in call.headers
        assert body(call)["max_tokens"] == 9

    async def test_a_base_path_replaces_the_usual_address(self) -> None:
        call = await ask("azureChatOpenAI", {"basepath": "http://gate.example/deployments/"}, AZURE)

        assert call.url == "http://gate.example/deployments/dep/chat/completions?api-version=2024-10-21"

    async def test_a_model_that_thinks_gets_its_effort_and_no_temperature(self) -> None:
        sent = body(await ask("azureChatOpenAI", {"modelName": "gpt-5-mini", "temperature": 0.5, "reasoningEffort": "low"}, AZURE))

        assert sent["reasoning_effort"] == "low" and "temperature" not in sent

    async def test_summaries_of_thoughts_come_from_the_responses_beside_the_deployments(self) -> None:
        said = {"output": [{"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}
        inputs = {"modelName": "gpt-5-mini", "reasoningSummary": "auto", "temperature": 0.5}

        call = await ask("azureChatOpenAI", inputs, AZURE, said)

        assert call.url == "https://inst.openai.azure.com/openai/responses?api-version=2024-10-21"
        assert call.headers["api-key"] == "key-0123" and "authorization" not in call.headers
        sent = body(call)
        assert (sent["model"], sent["reasoning"], sent.get("temperature")) == ("dep", {"summary": "auto"}, None)

    async def test_a_credential_without_a_deployment_is_told(self) -> None:
        with pytest.raises(MissingInput, match="deployment name"):
            await build("azureChatOpenAI", {}, {"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "inst"})


class TestAnthropic:
    CREDENTIAL = {"anthropicApiKey": "key-0123"}  # noqa: RUF012

    async def send(self, **inputs: Any) -> Any:
        call = await ask("chatAnthropic", inputs, self.CREDENTIAL, CLAUDE)
        assert (call.url, call.headers["x-api-key"]) == ("https://api.anthropic.com/v1/messages", "key-0123")
        return body(call)

    async def test_usual_inputs_become_members_of_the_request(self) -> None:
        sent = await self.send(temperature=0.3, maxTokensToSample="50", topP="0.5", topK="4")

        assert (sent["temperature"], sent["max_tokens"], sent["top_p"], sent["top_k"]) == (0.3, 50, 0.5, 4)

    async def test_without_a_bound_one_is_sent_all_the_same(self) -> None:
        assert (await self.send())["max_tokens"] == 4096

    async def test_a_model_that_thinks_gets_a_budget_and_no_temperature(self) -> None:
        sent = await self.send(extendedThinking=True, budgetTokens="8000", temperature=0.3)

        assert sent["thinking"] == {"type": "enabled", "budget_tokens": 8000}
        assert sent["max_tokens"] > 8000 and "temperature" not in sent

    async def test_adaptive_thinking_has_an_effort(self) -> None:
        sent = await self.send(modelName="claude-opus-4-6", adaptiveThinking=True, thinkingEffort="max", extendedThinking=True)

        assert sent["thinking"] == {"type": "adaptive"} and sent["output_config"] == {"effort": "max"}

    @pytest.mark.parametrize(
        ("name", "takes"),
        [
            ("claude-opus-4-7", False),
            ("claude-opus-5", False),
            ("claude-opus-4-6", True),
            ("claude-opus-4-20250514", True),
            ("claude-sonnet-5", True),
        ],
    )
    async def test_the_newest_models_get_no_sampling_parameters(self, name: str, takes: bool) -> None:
        sent = await self.send(modelName=name, temperature=0.3, topP=0.5)

        assert ("temperature" in sent, "top_p" in sent) == (takes, takes)


class TestGemini:
    async def send(self, **inputs: Any) -> tuple[str, Any]:
        call = await ask("chatGoogleGenerativeAI", inputs, {"googleGenerativeAPIKey": "key-0123"}, GEMINI)
        assert call.headers["x-goog-api-key"] == "key-0123" and "key-0123" not in call.url
        return call.url, body(call)

    async def test_usual_inputs_become_members_of_the_request(self) -> None:
        url, sent = await self.send(temperature="0.3", maxOutputTokens=9, topP=0.5, topK="4", customModelName="gemini-x")

        assert url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent"
        assert sent["generationConfig"] == {"temperature": 0.3, "maxOutputTokens": 9, "topP": 0.5, "topK": 4}

    async def test_a_level_of_thinking_goes_before_a_budget(self) -> None:
        _, level = await self.send(thinkingLevel="LOW", thinkingBudget=100)
        _, budget = await self.send(thinkingBudget="100")

        assert level["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingLevel": "LOW"}
        assert budget["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingBudget": 100}

    async def test_the_first_safety_setting_of_a_category_holds(self) -> None:
        rows = '[{"harmCategory":"A","harmBlockThreshold":"X"},{"harmCategory":"A","harmBlockThreshold":"Y"},{"harmCategory":"B"}]'

        _, sent = await self.send(safetySettings=rows, baseUrl="http://g.example")

        assert sent["safetySettings"] == [{"category": "A", "threshold": "X"}]


class TestOllama:
    async def test_inputs_become_options_of_the_model(self) -> None:
        inputs = {
            "temperature": 0.3,
            "topK": "4",
            "numCtx": "2048",
            "topP": "0.5",
            "mirostat": 0,
            "stop": "a,b",
            "keepAlive": "5m",
            "jsonMode": True,
        }

        call = await ask("chatOllama", {**inputs, "baseUrl": "http://gpu:11434/", "keepAlive": "5m"}, {"ollamaApiKey": "key-0123"}, OLLAMA)

        assert (call.url, call.headers["authorization"]) == ("http://gpu:11434/api/chat", "Bearer key-0123")
        sent = body(call)
        assert sent["options"] == {"temperature": 0.3, "top_p": 0.5, "top_k": 4, "num_ctx": 2048, "stop": ["a", "b"]}
        assert (sent["keep_alive"], sent["format"], sent["think"]) == ("5m", "json", False)

    async def test_no_key_is_needed(self) -> None:
        call = await ask("chatOllama", {}, {}, OLLAMA)

        assert call.url == "http://localhost:11434/api/chat" and "authorization" not in call.headers


async def test_cohere_is_asked_with_its_key() -> None:
    call = await ask("chatCohere", {"temperature": 0.3}, {"cohereApiKey": "key-0123"}, COHERE)

    assert (call.url, call.headers["authorization"]) == ("https://api.cohere.com/v2/chat", "Bearer key-0123")
    assert body(call)["temperature"] == 0.3


async def test_models_say_what_their_owner_chose() -> None:
    model = await build("chatXAI", {"allowImageUploads": True, "streaming": "false"}, {"xaiApiKey": "k"})

    assert (model.provider, model.model, model.streaming, model.allows_images) == ("chatXAI", "m-1", False, True)


async def test_an_endpoint_of_hugging_face_needs_no_model() -> None:
    call = await ask("chatHuggingFace", {"endpoint": "http://e.example/v1/chat/completions"}, {"huggingFaceApiKey": "k"})

    assert (call.url, body(call)["model"]) == ("http://e.example/v1/chat/completions", "tgi")


@pytest.mark.parametrize(
    ("own", "url"),
    [
        ("", "https://api.cloudflare.com/client/v4/accounts/acc%2F1/ai/v1/chat/completions"),
        ("http://c.example/accounts/", "http://c.example/accounts/acc%2F1/ai/v1/chat/completions"),
        ("http://gate.example/workers-ai/v1", "http://gate.example/workers-ai/v1/chat/completions"),
    ],
)
async def test_cloudflare_is_asked_in_the_folder_of_an_account(own: str, url: str) -> None:
    credential = {"cloudflareAccountId": "acc/1", "cloudflareApiToken": "token-0123"}

    call = await ask("chatCloudflareWorkersAI", {"baseUrl": own}, credential)

    assert (call.url, call.headers["authorization"]) == (url, "Bearer token-0123")
    assert body(call)["model"] == "@cf/meta/llama-3.1-8b-instruct-fast"


async def test_engines_ask_anthropic_with_a_bound() -> None:
    call = await ask("chatAnthropic_LlamaIndex", {"temperature": "0.3", "topP": "0.5"}, {"anthropicApiKey": "key-0123"}, CLAUDE)

    assert (call.url, call.headers["x-api-key"]) == ("https://api.anthropic.com/v1/messages", "key-0123")
    assert {name: body(call)[name] for name in ("temperature", "top_p", "max_tokens")} == {
        "temperature": 0.3,
        "top_p": 0.5,
        "max_tokens": 4096,
    }


async def test_engines_ask_ollama_without_a_key() -> None:
    call = await ask("chatOllama_LlamaIndex", {"temperature": 0.3, "numCtx": "2048", "stop": "a"}, {}, OLLAMA)

    assert call.url == "http://localhost:11434/api/chat" and "authorization" not in call.headers
    assert body(call)["options"] == {"temperature": 0.3, "num_ctx": 2048, "stop": ["a"]}
