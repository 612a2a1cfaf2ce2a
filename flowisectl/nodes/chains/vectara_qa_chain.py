"""Answers that Vectara writes itself, from a corpus of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowisectl.clients.vectara import Summarizer, VectaraStore
from flowisectl.engine.answer_events import answer_events, tell_extras
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.user_input import question_text
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused

DEFAULT_PROMPT = "vectara-summary-ext-v1.2.0"
_PROMPTS = (
    Option(f"{DEFAULT_PROMPT} (gpt-3.5-turbo)", DEFAULT_PROMPT, "For every user"),
    Option(
        "vectara-experimental-summary-ext-2023-10-23-small (gpt-3.5-turbo)",
        "vectara-experimental-summary-ext-2023-10-23-small",
        "A trial, for users of the plans Growth and Scale",
    ),
    Option("vectara-summary-ext-v1.3.0 (gpt-4.0)", "vectara-summary-ext-v1.3.0", "For users of the plan Scale"),
    Option(
        "vectara-experimental-summary-ext-2023-10-23-med (gpt-4.0)",
        "vectara-experimental-summary-ext-2023-10-23-med",
        "A trial, for users of the plan Scale",
    ),
)
_LANGUAGES = (
    ("English", "eng"), ("German", "deu"), ("French", "fra"), ("Chinese", "zho"), ("Korean", "kor"), ("Arabic", "ara"),
    ("Russian", "rus"), ("Thai", "tha"), ("Dutch", "nld"), ("Italian", "ita"), ("Portuguese", "por"), ("Spanish", "spa"),
    ("Japanese", "jpn"), ("Polish", "pol"), ("Turkish", "tur"), ("Vietnamese", "vie"), ("Indonesian", "ind"), ("Czech", "ces"),
    ("Ukrainian", "ukr"), ("Greek", "ell"), ("Hebrew", "heb"), ("Farsi/Persian", "fas"), ("Hindi", "hin"), ("Urdu", "urd"),
    ("Swedish", "swe"), ("Bengali", "ben"), ("Malay", "msa"), ("Romanian", "ron"),
)  # fmt: skip
_MOST = 7


@dataclass(frozen=True, kw_only=True)
class VectaraQa:
    store: VectaraStore
    summarizer: Summarizer

    async def respond(self, question: str) -> tuple[str, list[Document]]:
        """(the answer, the documents that it was made from). Raises ProviderError."""
        return await self.store.summarised(question, self.summarizer)

    async def answer(self, question: str) -> str:
        """The answer, for tools that ask a chain."""
        return (await self.respond(question))[0]


class VectaraQAChain(Node):
    definition = NodeDefinition(
        name="vectaraQAChain",
        label="Vectara QA Chain",
        category="Chains",
        version=2.0,
        base_classes=("VectaraQAChain", "BaseChain", "Runnable"),
        description="Answers that Vectara writes itself, from a corpus of it",
        inputs=(
            NodeParam("vectaraStore", "Vectara Store", "VectorStore"),
            NodeParam("summarizerPromptName", "Summarizer Prompt Name", "options", default=DEFAULT_PROMPT, options=_PROMPTS),
            NodeParam(
                "responseLang",
                "Response Language",
                "options",
                default="eng",
                optional=True,
                options=tuple(Option(label, name) for label, name in _LANGUAGES),
            ),
            NodeParam("maxSummarizedResults", "Max Summarized Results", "number", default=_MOST),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> VectaraQa:
        store = inputs.require("vectaraStore")
        if not isinstance(store, VectaraStore):
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}) answers only from a Vectara store: connect one")
        summarizer = Summarizer(
            prompt=inputs.text("summarizerPromptName", DEFAULT_PROMPT),
            language=inputs.text("responseLang", "eng"),
            most=max(inputs.integer("maxSummarizedResults") or _MOST, 1),
        )
        return VectaraQa(store=store, summarizer=summarizer)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        chain = await self.build(inputs, context)
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        text, documents = await chain.respond(question)
        if teller:
            teller.tell_whole(text)
        answer = {"text": text, "sourceDocuments": [document.to_json() for document in documents]}
        if context.is_streaming:
            tell_extras(context, answer)
        return answer
