"""Whether a flow's answer can be streamed, decided from the flow alone."""

from __future__ import annotations

from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.graph import ENDING_OUTPUT, ending_nodes

_STREAMING_MODELS = frozenset(
    {
        "azureChatOpenAI", "chatOpenAI", "chatOpenAI_LlamaIndex", "chatOpenAICustom", "chatAnthropic", "chatAnthropic_LlamaIndex",
        "chatOllama", "chatOllama_LlamaIndex", "awsChatBedrock", "chatMistralAI", "chatMistral_LlamaIndex", "chatAlibabaTongyi",
        "groqChat", "chatGroq_LlamaIndex", "chatCohere", "chatGoogleGenerativeAI", "chatTogetherAI", "chatTogetherAI_LlamaIndex",
        "chatFireworks", "ChatSambanova", "chatBaiduWenxin", "chatCometAPI", "azureOpenAI", "openAI", "ollama",
    }
)  # fmt: skip
"""Models that may stream although their exported node has no `streaming` input (nodes of older versions)."""

_SILENT_CHAINS = frozenset({"openApiChain", "vectaraQAChain"})
_STREAMING_AGENTS = frozenset({"csvAgent", "airtableAgent", "toolAgent", "conversationalRetrievalToolAgent", "openAIToolAgentLlamaIndex"})
_STREAMING_ENGINES = frozenset({"contextChatEngine", "simpleChatEngine", "queryEngine", "subQuestionQueryEngine"})


def can_stream(flow: Flow) -> bool:
    """Whether clients may get this flow's answer as tokens. Decided once per flow.

    Raises InvalidFlow when a chatflow has nothing that could answer.
    """
    known = vars(flow).get("_can_stream")
    if known is None:
        known = vars(flow)["_can_stream"] = _decide(flow)
    return bool(known)


def _decide(flow: Flow) -> bool:
    post_processing = flow.chatbot.get("postProcessing")
    if isinstance(post_processing, dict) and post_processing.get("enabled") is True:
        return False
    if flow.kind == "AGENTFLOW":
        return True
    endings = ending_nodes(flow)
    if any(node.output == ENDING_OUTPUT for node in endings):
        return False
    if any(node.category in ("Multi Agents", "Sequential Agents") for node in endings):
        return True
    last = endings[-1]
    if last.category == "Agents" and last.name == "openAIAssistant":
        return True
    if any("Output Parser" in node.category for node in flow.nodes):
        return False
    return _models_stream(flow) and _end_streams(last)


def _models_stream(flow: Flow) -> bool:
    """No model is set not to stream, and at least one may."""
    passes = False
    for node in flow.nodes:
        if node.category not in ("Chat Models", "LLMs"):
            continue
        value = node.inputs.get("streaming")
        if "streaming" not in node.inputs or value is None:
            if node.name not in _STREAMING_MODELS:
                return False
            passes = True
        elif value in (False, "false"):
            return False
        elif value in (True, "true"):
            passes = True
    return passes


def _end_streams(node: FlowNode) -> bool:
    if node.category == "Chains":
        return node.name not in _SILENT_CHAINS
    if node.category == "Agents":
        return node.name in _STREAMING_AGENTS
    return node.category == "Engine" and node.name in _STREAMING_ENGINES
