"""Chat completion by the Gemini models of Google."""

from __future__ import annotations

from flowisectl.clients.google import GOOGLE_URL, GeminiChat
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.llm.cached_model import cached
from flowisectl.nodes.chat_models._compatible import CACHE, IMAGES, STREAMING, TEMPERATURE
from flowisectl.nodes.chat_models._gemini import LIMITS, THINKING_BUDGET, THINKING_LEVEL, generation_config

DEFAULT_MODEL = "gemini-1.5-flash-latest"
_CATEGORIES = (
    Option("Dangerous", "HARM_CATEGORY_DANGEROUS_CONTENT"),
    Option("Harassment", "HARM_CATEGORY_HARASSMENT"),
    Option("Hate Speech", "HARM_CATEGORY_HATE_SPEECH"),
    Option("Sexually Explicit", "HARM_CATEGORY_SEXUALLY_EXPLICIT"),
    Option("Civic Integrity", "HARM_CATEGORY_CIVIC_INTEGRITY"),
)
_THRESHOLDS = (
    Option("None", "BLOCK_NONE"),
    Option("Only High", "BLOCK_ONLY_HIGH"),
    Option("Medium and Above", "BLOCK_MEDIUM_AND_ABOVE"),
    Option("Low and Above", "BLOCK_LOW_AND_ABOVE"),
    Option("Threshold Unspecified (Default Threshold)", "HARM_BLOCK_THRESHOLD_UNSPECIFIED"),
)


class ChatGoogleGenerativeAI(Node):
    definition = NodeDefinition(
        name="chatGoogleGenerativeAI",
        label="Google Gemini",
        category="Chat Models",
        version=3.1,
        base_classes=("ChatGoogleGenerativeAI", "ChatGoogleGenerativeAI", "BaseChatModel", "BaseLanguageModel", "Runnable"),
        description="Chat completion by the Gemini models of Google",
        credential=CredentialParam(("googleGenerativeAI",)),
        inputs=(
            CACHE,
            NodeParam("modelName", "Model Name", "asyncOptions", default=DEFAULT_MODEL, load_method="listModels"),
            NodeParam(
                "customModelName",
                "Custom Model Name",
                "string",
                optional=True,
                placeholder="gemini-1.5-pro-exp-0801",
                additional=True,
                description="Used instead of the model that is chosen above",
            ),
            TEMPERATURE,
            STREAMING,
            IMAGES,
            THINKING_BUDGET,
            THINKING_LEVEL,
            *LIMITS,
            NodeParam(
                "safetySettings",
                "Safety Settings",
                "array",
                optional=True,
                additional=True,
                array=(
                    NodeParam("harmCategory", "Harm Category", "options", options=_CATEGORIES),
                    NodeParam("harmBlockThreshold", "Harm Block Threshold", "options", options=_THRESHOLDS),
                ),
            ),
            NodeParam("baseUrl", "Base URL", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatModel:
        model = GeminiChat(
            context.http,
            provider="chatGoogleGenerativeAI",
            base_url=inputs.text("baseUrl", GOOGLE_URL),
            api_key=require_key(inputs, "googleGenerativeAPIKey"),
            model=inputs.text("customModelName") or inputs.text("modelName", DEFAULT_MODEL),
            streaming=inputs.flag("streaming", True),
            allows_images=inputs.flag("allowImageUploads"),
            generation=generation_config(inputs),
            safety=_safety(inputs),
            on_retry=context.trace.note,
        )
        return cached(model, inputs.get("cache"))


def _safety(inputs: NodeInputs) -> list[dict[str, str]]:
    """`safetySettings`; of several rows for one category the first holds."""
    settings: dict[str, str] = {}
    for row in inputs.rows("safetySettings"):
        category, threshold = row.get("harmCategory"), row.get("harmBlockThreshold")
        if category and threshold:
            settings.setdefault(str(category), str(threshold))
    return [{"category": category, "threshold": threshold} for category, threshold in settings.items()]
