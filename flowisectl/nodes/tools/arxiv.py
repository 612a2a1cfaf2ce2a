"""Searches arXiv for papers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import partial

from flowisectl.clients.arxiv import Paper, find_papers, paper_pdf
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import FlowisectlError
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool
from flowisectl.retrieval.child_work import in_child
from flowisectl.retrieval.pdf_text import pdf_documents

DESCRIPTION = (
    "Searches arXiv for scientific papers, by words, by author, or by an arXiv number such as 2301.00001. "
    "Gives title, authors, date and summary of the papers found."
)
_UNUSED = "Not used: there is one reader of PDF files"
_NO_NAME = re.compile(r"[^a-z0-9_-]")


class Arxiv(Node):
    definition = NodeDefinition(
        name="arxiv",
        label="Arxiv",
        category="Tools",
        version=1.0,
        base_classes=("Arxiv", "DynamicStructuredTool", "StructuredTool", "Runnable"),
        description="Searches arXiv for papers",
        inputs=(
            NodeParam("arxivName", "Name", "string", default="arxiv_search", optional=True, additional=True),
            NodeParam("arxivDescription", "Description", "string", default=DESCRIPTION, optional=True, rows=4, additional=True),
            NodeParam("topKResults", "Top K Results", "number", default="3", optional=True, step=1, additional=True),
            NodeParam("maxQueryLength", "Max Query Length", "number", default="300", optional=True, step=1, additional=True),
            NodeParam("docContentCharsMax", "Max Content Length", "number", default="10000", optional=True, step=1, additional=True),
            NodeParam("loadFullContent", "Load Full Content", "boolean", default=False, optional=True, additional=True),
            NodeParam("continueOnFailure", "Continue On Failure", "boolean", default=False, optional=True, additional=True),
            NodeParam("legacyBuild", "Use Legacy Build", "boolean", default=False, optional=True, additional=True, description=_UNUSED),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        count, longest = inputs.integer("topKResults") or 3, inputs.integer("maxQueryLength") or 300
        limit = inputs.integer("docContentCharsMax", 10_000) or 0
        whole, goes_on = inputs.flag("loadFullContent"), inputs.flag("continueOnFailure")

        async def text_of(paper: Paper) -> str:
            if not whole:
                return paper.summary
            try:
                data = await paper_pdf(context.http, paper)
                pages = await in_child(partial(pdf_documents, data, per_page=False, name=paper.id))
            except FlowisectlError as error:
                if not goes_on:
                    raise
                context.trace.note(f"paper {paper.id} is given with its summary only: {error}")
                return paper.summary
            return "\n".join(page.page_content for page in pages)

        async def search(question: str) -> str:
            papers = await find_papers(context.http, question[:longest], count)
            if not papers:
                return "Nothing was found."
            texts = await asyncio.gather(*(text_of(paper) for paper in papers))
            found = "\n\n".join(shown(paper, text) for paper, text in zip(papers, texts, strict=True))
            return found[:limit] if limit else found

        name = _NO_NAME.sub("", inputs.text("arxivName", "arxiv_search").lower().replace(" ", "_"))
        return search_tool(
            name or "arxiv_search", inputs.wording("arxivDescription", DESCRIPTION), search, argument="query", about="What to search for"
        )


def shown(paper: Paper, text: str) -> str:
    lines: Mapping[str, str] = {
        "Title": paper.title,
        "Authors": ", ".join(paper.authors),
        "Published": paper.published,
        "Entry ID": paper.id,
        "Summary": text,
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items())
