"""The flows that are measured, written as the canvas exports them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def node(node_id: str, name: str, label: str, category: str, inputs: Json, *, output: str = "", accepts: tuple[str, ...] = ()) -> Json:
    data: Json = {"id": node_id, "name": name, "label": label, "category": category, "inputs": inputs, "outputs": {}, "version": 1}
    data["inputParams"] = [{"name": key, "label": key, "type": "string", "acceptVariable": key in accepts} for key in inputs]
    if output:
        data["outputs"] = {"output": output}
    return {"id": node_id, "type": "agentFlow" if category == "Agent Flows" else "customNode", "position": {"x": 0, "y": 0}, "data": data}


def edge(source: str, target: str) -> Json:
    return {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": f"{source}-output-0", "targetHandle": target}


def model(base_url: str) -> Json:
    return {"modelName": "scripted", "temperature": 0.5, "streaming": True, "basepath": base_url, "openAIApiKey": "sk-bench"}


def function_flow() -> Json:
    """A custom function at the end of a chatflow: user JavaScript, no model."""
    code = "return 'hello ' + $flow.input.length + ' ' + [1, 2, 3].map(x => x * 2).join(',')"
    inputs = {"functionInputVariables": "", "functionName": "bench", "tools": "", "javascriptFunction": code}
    end = node("customFunction_0", "customFunction", "Custom JS Function", "Utilities", inputs, output="EndingNode")
    return {"nodes": [end], "edges": []}


def chain_flow(base_url: str) -> Json:
    """Prompt Template and ChatOpenAI into an LLM Chain."""
    chain = {
        "model": "{{chatOpenAI_0.data.instance}}",
        "prompt": "{{promptTemplate_0.data.instance}}",
        "outputParser": "",
        "inputModeration": "",
    }
    return {
        "nodes": [
            node("chatOpenAI_0", "chatOpenAI", "OpenAI", "Chat Models", model(base_url)),
            node("promptTemplate_0", "promptTemplate", "Prompt", "Prompts", {"template": "{question}", "promptValues": ""}),
            node("llmChain_0", "llmChain", "LLM Chain", "Chains", chain, output="llmChain"),
        ],
        "edges": [edge("chatOpenAI_0", "llmChain_0"), edge("promptTemplate_0", "llmChain_0")],
    }


def agent_flow(base_url: str, window: int = 0) -> Json:
    """AgentFlow V2: Start, LLM, Direct Reply. With a window the model gets so many messages of the session, else all."""
    config = {**model(base_url), "llmModel": "chatOpenAI"}
    llm = {
        "llmModel": "chatOpenAI",
        "llmModelConfig": config,
        "llmMessages": [{"role": "system", "content": "<p>Be brief.</p>"}],
        "llmEnableMemory": True,
        "llmMemoryType": "windowSize" if window else "allMessages",
        "llmMemoryWindowSize": str(window or ""),
        "llmReturnResponseAs": "userMessage",
        "llmUserMessage": "",
        "llmStructuredOutput": "",
        "llmUpdateState": "",
    }
    reply = {"directReplyMessage": "<p>{{ llmAgentflow_0 }}</p>"}
    return {
        "nodes": [
            node("startAgentflow_0", "startAgentflow", "Start", "Agent Flows", {"startInputType": "chatInput", "startState": ""}),
            node("llmAgentflow_0", "llmAgentflow", "LLM", "Agent Flows", llm, accepts=("llmMessages", "llmUserMessage")),
            node("directReplyAgentflow_0", "directReplyAgentflow", "Reply", "Agent Flows", reply, accepts=("directReplyMessage",)),
        ],
        "edges": [edge("startAgentflow_0", "llmAgentflow_0"), edge("llmAgentflow_0", "directReplyAgentflow_0")],
    }


def long_flow(nodes: int) -> Json:
    """AgentFlow V2: Start, so many custom functions that there are `nodes` in all, Direct Reply."""
    start = node("startAgentflow_0", "startAgentflow", "Start", "Agent Flows", {"startInputType": "chatInput", "startState": ""})
    code = {
        "customFunctionInputVariables": "",
        "customFunctionJavascriptFunction": "return 'x'.repeat(10)",
        "customFunctionUpdateState": "",
    }
    middle = [
        node(f"customFunctionAgentflow_{number}", "customFunctionAgentflow", f"Step {number}", "Agent Flows", code)
        for number in range(nodes - 2)
    ]
    reply = {"directReplyMessage": f"<p>{{{{ {middle[-1]['id']} }}}}</p>"}
    end = node("directReplyAgentflow_0", "directReplyAgentflow", "Reply", "Agent Flows", reply, accepts=("directReplyMessage",))
    all_nodes = [start, *middle, end]
    return {"nodes": all_nodes, "edges": [edge(one["id"], other["id"]) for one, other in pairwise(all_nodes)]}


def rag_flow(base_url: str, folder: str, text: str) -> Json:
    """A text, split and embedded into a Faiss store, and a Retrieval QA chain over it."""
    embeddings = {"modelName": "scripted", "basepath": base_url, "openAIApiKey": "sk-bench", "batchSize": 256}
    store = {
        "document": ["{{plainText_0.data.instance}}"],
        "embeddings": "{{openAIEmbeddings_0.data.instance}}",
        "basePath": folder,
        "topK": "",
    }
    chain = {"model": "{{chatOpenAI_0.data.instance}}", "vectorStoreRetriever": "{{faiss_0.data.instance}}", "inputModeration": ""}
    splitter = {"chunkSize": 1000, "chunkOverlap": 0, "separators": ""}
    return {
        "nodes": [
            node("splitter_0", "recursiveCharacterTextSplitter", "Splitter", "Text Splitters", splitter),
            node(
                "plainText_0",
                "plainText",
                "Text",
                "Document Loaders",
                {"text": text, "textSplitter": "{{splitter_0.data.instance}}", "metadata": ""},
                output="document",
            ),
            node("openAIEmbeddings_0", "openAIEmbeddings", "Embeddings", "Embeddings", embeddings),
            node("faiss_0", "faiss", "Faiss", "Vector Stores", store, output="retriever"),
            node("chatOpenAI_0", "chatOpenAI", "OpenAI", "Chat Models", model(base_url)),
            node("chain_0", "retrievalQAChain", "QA", "Chains", chain),
        ],
        "edges": [
            edge("splitter_0", "plainText_0"),
            edge("plainText_0", "faiss_0"),
            edge("openAIEmbeddings_0", "faiss_0"),
            edge("faiss_0", "chain_0"),
            edge("chatOpenAI_0", "chain_0"),
        ],
    }
