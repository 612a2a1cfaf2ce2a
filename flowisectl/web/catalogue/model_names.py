"""The models that providers offer by name, for the choices of nodes. Any other name may be typed where a node allows it.

Sources: the model pages of the providers (platform.openai.com, docs.anthropic.com, ai.google.dev, docs.mistral.ai,
console.groq.com, docs.cohere.com, api-docs.deepseek.com, docs.perplexity.ai, docs.x.ai,
docs.aws.amazon.com/bedrock, cloud.google.com/vertex-ai, cloud.baidu.com/doc/qianfan-api).
"""

from __future__ import annotations

_OPENAI_CHAT = (
    "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini",
    "chatgpt-4o-latest", "o4-mini", "o3", "o3-mini", "o1", "gpt-4-turbo", "gpt-4", "gpt-3.5-turbo", "gpt-3.5-turbo-16k",
)  # fmt: skip
_OPENAI_EMBEDDINGS = ("text-embedding-3-large", "text-embedding-3-small", "text-embedding-ada-002")
_ANTHROPIC = (
    "claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1", "claude-sonnet-4-0", "claude-3-7-sonnet-latest",
    "claude-3-5-haiku-latest", "claude-3-haiku",
)  # fmt: skip
_GOOGLE = (
    "gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash", "gemini-2.0-flash-lite",
    "gemini-1.5-pro-latest", "gemini-1.5-flash-latest",
)  # fmt: skip
_MISTRAL = (
    "mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "ministral-8b-latest", "ministral-3b-latest",
    "magistral-medium-latest", "codestral-latest", "open-mistral-nemo", "mistral-tiny",
)  # fmt: skip
_GROQ = (
    "openai/gpt-oss-120b", "openai/gpt-oss-20b", "llama-3.3-70b-versatile", "llama-3.1-8b-instant", "qwen/qwen3-32b",
    "moonshotai/kimi-k2-instruct", "meta-llama/llama-4-scout-17b-16e-instruct",
)  # fmt: skip

_BEDROCK = (
    "anthropic.claude-opus-4-5-20251101-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-sonnet-4-20250514-v1:0", "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "amazon.nova-premier-v1:0",
    "amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0", "meta.llama3-3-70b-instruct-v1:0",
    "meta.llama3-1-70b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0", "mistral.mistral-large-2402-v1:0", "deepseek.r1-v1:0",
    "openai.gpt-oss-120b-1:0", "openai.gpt-oss-20b-1:0", "cohere.command-r-plus-v1:0", "cohere.command-r-v1:0",
)  # fmt: skip
_VERTEX = (
    "gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash-001",
    "gemini-2.0-flash-lite-001", "claude-opus-4-5@20251101", "claude-sonnet-4-5@20250929", "claude-haiku-4-5@20251001",
    "claude-sonnet-4@20250514",
)  # fmt: skip

MODELS: dict[str, tuple[str, ...]] = {
    "chatOpenAI": _OPENAI_CHAT,
    "chatOpenAI_LlamaIndex": _OPENAI_CHAT,
    "azureChatOpenAI": _OPENAI_CHAT,
    "azureChatOpenAI_LlamaIndex": _OPENAI_CHAT,
    "openAI": ("gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"),
    "openAIEmbeddings": _OPENAI_EMBEDDINGS,
    "openAIEmbedding_LlamaIndex": _OPENAI_EMBEDDINGS,
    "chatAnthropic": _ANTHROPIC,
    "chatGoogleGenerativeAI": _GOOGLE,
    "googleGenerativeAiEmbeddings": ("gemini-embedding-001", "text-embedding-004"),
    "chatMistralAI": _MISTRAL,
    "mistralAIEmbeddings": ("mistral-embed", "codestral-embed"),
    "groqChat": _GROQ,
    "chatCohere": ("command-a-03-2025", "command-r-plus-08-2024", "command-r-08-2024", "command-r7b-12-2024"),
    "cohereEmbeddings": (
        "embed-v4.0", "embed-english-v3.0", "embed-english-light-v3.0", "embed-multilingual-v3.0", "embed-english-v2.0",
    ),
    "chatDeepseek": ("deepseek-chat", "deepseek-reasoner"),
    "chatPerplexity": ("sonar", "sonar-pro", "sonar-reasoning", "sonar-reasoning-pro", "sonar-deep-research"),
    "chatXAI": ("grok-4", "grok-4-fast-reasoning", "grok-4-fast-non-reasoning", "grok-3", "grok-3-mini"),
    "awsChatBedrock": _BEDROCK,
    "AWSBedrockEmbeddings": (
        "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3", "cohere.embed-multilingual-v3",
    ),
    "chatGoogleVertexAI": _VERTEX,
    "googlevertexaiEmbeddings": ("text-embedding-004", "text-embedding-005", "text-multilingual-embedding-002", "gemini-embedding-001"),
    "chatBaiduWenxin": ("ernie-4.5-8k-preview", "ernie-4.5-turbo-128k", "ernie-4.0-turbo-8k", "ernie-speed-128k", "ernie-lite-8k"),
    "baiduQianfanEmbeddings": ("Embedding-V1", "bge-large-zh", "bge-large-en", "tao-8k"),
    "chatCerebras": ("llama3.1-8b", "llama-3.3-70b", "gpt-oss-120b", "qwen-3-32b"),
}  # fmt: skip
"""Node → model names."""
