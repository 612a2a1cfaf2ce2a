"""Texts for answers from documents: what finds them, what answers from them."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInText

RETRIEVAL_ANSWER = BuiltInText(
    name="retrieval-answer",
    purpose="The system message of chains that answer a single question from documents; the question follows as the user's",
    placeholders=("context",),
    ours="""\
Answer the user's question from the following pieces of text. When they do not hold the answer, say that you don't know it.

{context}""",
)

ROUTE_QUESTION = BuiltInText(
    name="route-question",
    purpose='Asks for the destination that fits a question, as {"destination", "next_inputs"}: the multi prompt and multi retrieval chains',
    placeholders=("destinations", "question"),
    ours="""\
Choose which of the following destinations fits the user's question best, and word the question so that it suits that destination. \
When none fits, the destination is "DEFAULT".

Destinations:
{destinations}

Answer with a JSON object and nothing else: {"destination": "a name from the list or DEFAULT", "next_inputs": "the question"}

Question: {question}""",
)

SEARCH_REQUESTS = BuiltInText(
    name="search-requests",
    purpose="Asks for search requests, one a line: the Reciprocal Rank Fusion retriever",
    placeholders=("question",),
    optional=("count",),
    ours="""\
Write {count} different search requests that together cover what the following question asks for. One on each line, no numbers.

Question: {question}""",
)

EXTRACT_PASSAGES = BuiltInText(
    name="extract-passages",
    purpose="Asks for the parts of a document that help to answer a question: the LLM Filter retriever",
    placeholders=("question", "context", "nothing"),
    ours="""\
From the text below, copy word for word the parts that help to answer the question. Change nothing and add nothing. \
When no part helps, answer with {nothing} alone.

Question: {question}

Text:
<<<
{context}
>>>""",
)


def _hyde(key: str, ours: str) -> BuiltInText:
    purpose = f"Asks for a passage to search with: the HyDE retriever with its defined prompt {key}"
    return BuiltInText(name=f"hyde-{key}", purpose=purpose, placeholders=("question",), ours=ours)


HYDE_PASSAGES = {
    key: _hyde(key, ours)
    for key, ours in (
        ("websearch", "Answer the following question in one passage, as a web page would.\n\nQuestion: {question}\n\nPassage:"),
        ("scifact", "Write one passage of a scientific paper that bears out or refutes this claim.\n\nClaim: {question}\n\nPassage:"),
        ("arguana", "Write an argument against the following passage.\n\nPassage: {question}\n\nArgument:"),
        ("trec-covid", "Answer the following question in one passage, as a scientific paper would.\n\nQuestion: {question}\n\nPassage:"),
        ("fiqa", "Answer the following question in one passage, as an article about finance would.\n\nQuestion: {question}\n\nPassage:"),
        ("dbpedia-entity", "Answer the following question in one passage, as an encyclopaedia would.\n\nQuestion: {question}\n\nPassage:"),
        ("trec-news", "Write one passage of a news article about this topic.\n\nTopic: {question}\n\nPassage:"),
        ("mr-tydi", "Answer the following question in one passage, in the question's own language.\n\nQuestion: {question}\n\nPassage:"),
    )
}
"""By the key that a flow names."""

QUERY_ANSWER = BuiltInText(
    name="query-answer",
    purpose="Asks for an answer from texts: the LlamaIndex engines and synthesizers whose flow has no prompt",
    placeholders=("context", "query"),
    ours="""\
These are pieces of text:
---------------------
{context}
---------------------
Answer the question from them and from nothing else.

Question: {query}
Answer:""",
)

QUERY_REFINE = BuiltInText(
    name="query-refine",
    purpose="Asks for a better answer with more texts: the LlamaIndex engines whose flow has no prompt",
    placeholders=("query", "existingAnswer", "context"),
    ours="""\
The question is: {query}

This is the answer so far: {existingAnswer}

Make it better with the text below, where that helps; else repeat the answer as it is.
---------------------
{context}
---------------------
Better answer:""",
)

SUB_QUESTIONS = BuiltInText(
    name="sub-questions",
    purpose='Asks for smaller questions as [{"subQuestion", "toolName"}]: the LlamaIndex sub question engine',
    placeholders=("tools", "question"),
    ours="""\
Take the user's question apart into smaller questions, each of which one of the tools below can answer.

Tools:
{tools}

Answer with a JSON array and nothing else: [{"subQuestion": "…", "toolName": "…"}]

User's question: {question}""",
)

TEXTS = (
    RETRIEVAL_ANSWER,
    ROUTE_QUESTION,
    SEARCH_REQUESTS,
    EXTRACT_PASSAGES,
    *HYDE_PASSAGES.values(),
    QUERY_ANSWER,
    QUERY_REFINE,
    SUB_QUESTIONS,
)
