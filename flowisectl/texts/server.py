"""Texts of the server's own routes: what it asks models there, and what it tells clients."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInRows, BuiltInText

STORE_DESCRIPTION = BuiltInText(
    name="store-description",
    purpose="Asks for the description of a document store as a tool, from the first of its chunks",
    placeholders=("context",),
    ours="""\
A language model can search in a collection of documents. Write the description by which it decides when to search there: \
one or two sentences, beginning with a verb, that say which subjects the documents cover. Answer with the description alone. \
These are excerpts of the documents:

{context}""",
)

ASSISTANT_INSTRUCTION = BuiltInText(
    name="assistant-instruction",
    purpose="Asks for the instruction of an assistant that does a task",
    placeholders=("task",),
    ours="""\
Write the instruction (the system prompt) for an assistant that does the task below: what it is, what it is to do and in which \
order, what it must not do, and the form of its answers. Address the assistant as 'you'. Answer with the instruction alone.

The task: {task}""",
)

IP_ADVICE = BuiltInText(
    name="ip-advice",
    purpose="GET /api/v1/ip: what to do when the address is not the client's",
    ours="This is the address that the server sees you at. If it is not your own, the server stands behind proxies: "
    "raise TRUST_PROXY by one and start it again, until both are equal; rate limits then count each client for itself.",
)

PRICING = BuiltInRows(name="pricing", purpose="GET /api/v1/pricing: the plans on offer; ours are none")

TEXTS = (STORE_DESCRIPTION, ASSISTANT_INSTRUCTION, IP_ADVICE, PRICING)
