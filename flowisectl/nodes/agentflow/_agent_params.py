"""The inputs of the Agent node."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option
from flowisectl.nodes.agentflow._params import (
    memory_params,
    messages_param,
    model_param,
    response_role_param,
    structured_output_param,
    update_state_param,
    user_message_param,
)

PREFIX = "agent"

BUILT_IN = {
    "agentToolsBuiltInOpenAI": ("OpenAI Built-in Tools", "chatOpenAI", ("web_search_preview", "code_interpreter", "image_generation")),
    "agentToolsBuiltInGemini": ("Gemini Built-in Tools", "chatGoogleGenerativeAI", ("urlContext", "googleSearch", "codeExecution")),
    "agentToolsBuiltInAnthropic": ("Anthropic Built-in Tools", "chatAnthropic", ("web_search_20250305", "web_fetch_20250910")),
}
"""Tools that a provider runs itself: input → label, the model that has them, names."""

_SOURCES = NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True)

AGENT_INPUTS = (
    model_param(PREFIX),
    messages_param(PREFIX),
    *(
        NodeParam(
            name, label, "multiOptions", optional=True, options=tuple(Option(tool, tool) for tool in tools), show={"agentModel": model}
        )
        for name, (label, model, tools) in BUILT_IN.items()
    ),
    NodeParam(
        "agentTools",
        "Tools",
        "array",
        optional=True,
        array=(
            NodeParam("agentSelectedTool", "Tool", "asyncOptions", load_method="listTools", load_config=True),
            NodeParam("agentSelectedToolRequiresHumanInput", "Require Human Input", "boolean", optional=True),
        ),
    ),
    NodeParam(
        "agentKnowledgeDocumentStores",
        "Knowledge (Document Stores)",
        "array",
        optional=True,
        description="Document stores that the agent may search",
        array=(
            NodeParam("documentStore", "Document Store", "asyncOptions", load_method="listStores"),
            NodeParam(
                "docStoreDescription", "Describe Knowledge", "string", rows=4, placeholder="What can be found there, and when to look"
            ),
            _SOURCES,
        ),
    ),
    NodeParam(
        "agentKnowledgeVSEmbeddings",
        "Knowledge (Vector Embeddings)",
        "array",
        optional=True,
        description="Vector stores that the agent may search",
        array=(
            NodeParam("vectorStore", "Vector Store", "asyncOptions", load_method="listVectorStores", load_config=True),
            NodeParam("embeddingModel", "Embedding Model", "asyncOptions", load_method="listEmbeddings", load_config=True),
            NodeParam("knowledgeName", "Knowledge Name", "string", placeholder="A short name"),
            NodeParam(
                "knowledgeDescription", "Describe Knowledge", "string", rows=4, placeholder="What can be found there, and when to look"
            ),
            _SOURCES,
        ),
    ),
    *memory_params(PREFIX),
    user_message_param(PREFIX),
    response_role_param(PREFIX),
    structured_output_param(PREFIX),
    update_state_param(PREFIX),
)
