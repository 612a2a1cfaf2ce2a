"""Lets an agent ask what a web page says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from flowisectl.clients.web_crawl import PageFailed, fetch_text
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel, ToolSpec
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.splitting import RecursiveSplitter
from flowisectl.retrieval.web_page import read_page
from flowisectl.texts.text import filled
from flowisectl.texts.tools import PAGE_QUESTION, PAGE_SUMMARY, WEB_BROWSER

NAME = "web-browser"
CHUNK, OVERLAP, CHUNKS = 2000, 200, 4
MOST_CHUNKS = 200


class WebBrowser(Node):
    definition = NodeDefinition(
        name="webBrowser",
        label="Web Browser",
        category="Tools",
        version=1.0,
        base_classes=("WebBrowser", "Tool", "StructuredTool", "Runnable"),
        description="Lets an agent ask what a web page says",
        inputs=(NodeParam("model", "Language Model", "BaseLanguageModel"), NodeParam("embeddings", "Embeddings", "Embeddings")),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        model: ChatModel = inputs.require("model")
        embeddings: Embeddings = inputs.require("embeddings")

        async def browse(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            address, _, question = as_text(arguments.get("input") or "").partition(",")
            url, question = address.strip().strip("\"'"), question.strip().strip("\"'")
            try:
                page = await asyncio.to_thread(read_page, await fetch_text(context.http, url), url)
            except PageFailed as error:
                return f"{url} cannot be read: {error}"
            chunks = RecursiveSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP).split_text(page.text)[:MOST_CHUNKS]
            if question and len(chunks) > CHUNKS:
                store = MemoryStore(embeddings)
                await store.add([Document(page_content=chunk) for chunk in chunks])
                chunks = [document.page_content for document, _ in await store.search(question, CHUNKS)]
            prompt = context.texts.of(PAGE_QUESTION if question else PAGE_SUMMARY)
            asked = filled(prompt, url=url, question=question, text="\n\n".join(chunks[:CHUNKS]), links="\n".join(page.links[:50]))
            return (await model.invoke([ChatMessage(role="user", content=asked)])).text

        argument = {"input": {"type": "string", "description": "address, what to find out"}}
        spec = ToolSpec(name=NAME, description=context.texts.of(WEB_BROWSER), parameters=parameters(argument, ("input",)))
        return FunctionTool(spec=spec, function=browse)
