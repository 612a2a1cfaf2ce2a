"""Answers of ended jobs, packed: in Redis each takes a third of its room or less, and crosses the wire twice so.

The format is zlib with the preset dictionary below. **The dictionary is part of the format**: what other processes
have packed with it must stay readable, so another one needs another form.

Processes of two versions may work side by side: a job's request says which form its main can read (`reads`), and a worker uses no
newer one. Requests without that mark are of a version that reads nothing but plain answers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl import __version__
from flowisectl.errors import Unavailable

PLAIN, PACKED = 0, 1
FORM = PACKED
"""The newest form that this version writes and reads. It stands in an answer's head as `packed`, and in a request as `reads`;
with 1, large events may stand in the database as well (events/wire.py)."""
MIN_BYTES, MAX_BYTES = 512, 16 * 1024
"""Shorter ones gain little, longer ones would hold up the loop: 10 µs for each KiB."""
_LEVEL, _WINDOW_BITS, _MEMORY_LEVEL = 3, 12, 5
"""A small window needs small tables, whose making is most of the time."""

# What such answers say again and again; the most common at the end, where it is nearest.
_COMMON = (
    b'"sourceDocuments":[{"pageContent":"metadata":{"source":"loc":{"lines":{"from":1,"to":'
    b'"usedTools":[{"tool":"","toolInput":{"input":"","toolOutput":""}],"artifacts":[],"fileAnnotations":[],"toolNode":{'
    b'"agentflowNodeId":"conditions":[{"type":"string","operation":"equal","value1":"value2":"isFulfilled":true}],'
    b'"iterationAgentflow_0","humanInputAgentflow_0","conditionAgentflow_0","toolAgentflow_0","customFunctionAgentflow_0",'
    b'"httpAgentflow_0","name":"httpAgentflow","input":{"http":{"method":"GET","url":"http://"output":{"http":{"data":{"status":200,'
    b'"statusText":"OK","headers":{"content-type":"application/json","content-length":"'
    b'"agentAgentflow_0","nodeLabel":"Agent","data":{"id":"agentAgentflow_0","name":"agentAgentflow","agentModel":"agentModelConfig":{'
    b'"role":"assistant","content":"","tool_calls":[{"id":"call_"'
    b'"directReplyAgentflow_0","nodeLabel":"Reply","data":{"id":"directReplyAgentflow_0","name":"directReplyAgentflow","input":{},'
    b'"startAgentflow_0","nodeLabel":"Start","data":{"id":"startAgentflow_0","name":"startAgentflow","input":{"question":"'
    b'"llmAgentflow_0","nodeLabel":"LLM","data":{"id":"llmAgentflow_0","name":"llmAgentflow","input":{"messages":[{"role":"system",'
    b'"content":"{"role":"user","content":""}],"llmModel":"chatOpenAI","llmModelConfig":{"credential":"","modelName":"gpt-4o-mini",'
    b'"temperature":0.9,"streaming":true,"maxTokens":"","topP":"","basepath":"https://api.openai.com/v1","llmModel":"'
    b'"llmEnableMemory":true,"llmMemoryType":"allMessages","llmReturnResponseAs":"userMessage","llmUserMessage":"'
    b'"output":{"content":"timeMetadata":{"start":17,"end":17,"delta":"calledTools":[],"usageMetadata":{"input_tokens":1,'
    b'"output_tokens":1,"total_tokens":1,"input_token_details":{},"output_token_details":{}},"responseMetadata":{"model_provider":"'
    b'"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":1},"finish_reason":"stop","model_name":"'
    b'"chatHistory":[{"role":"user","content":"","name":"'
    b'{"text":"","question":"","chatId":"","chatMessageId":"","executionId":"","agentFlowExecutedData":[{"nodeId":"'
    b'"isStreamValid":false,"sessionId":"","memoryType":"'
    b'"state":{},"previousNodeIds":[],"status":"FINISHED"},{"nodeId":"","nodeLabel":"","data":{"id":"","name":"","input":{"output":{"content":"'
)


class UnknownForm(Unavailable):
    """A newer version has packed an answer in a form that this one does not know."""

    def __init__(self, form: object, job_id: str) -> None:
        super().__init__(
            f"the answer of job {job_id or '(unknown)'} is packed in form {form!r}; flowisectl {__version__} reads forms up to {FORM}: "
            "a newer worker has packed it, so upgrade the server that reads it"
        )


def is_worth_packing(data: bytes) -> bool:
    return MIN_BYTES <= len(data) <= MAX_BYTES


def pack(data: bytes) -> bytes:
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, _COMMON)
    return press.compress(data) + press.flush()


def body_of(told: Mapping[str, Any], body: bytes, job_id: str = "") -> bytes:
    """An answer as its head tells of it. Raises UnknownForm, ValueError for what is broken."""
    form = told.get("packed", PLAIN)
    if form == PLAIN:
        return body
    if form != PACKED:
        raise UnknownForm(form, job_id)
    return unpack(body)


def answer_of(stored: bytes) -> bytes:
    """The answer in a job's stored result: one line about how it ended, then the answer as the client gets it, packed or not.

    For people: where it cannot be read, what stands there says so, or nothing does.
    """
    head, _, body = stored.partition(b"\n")
    try:
        told = orjson.loads(head) if body else {}
        return body_of(told, body) if isinstance(told, dict) else body
    except UnknownForm as error:
        return f"({error.message})".encode()
    except ValueError:
        return b""


def unpack(data: bytes) -> bytes:
    """Raises ValueError for what `pack` has not made; never gives more than `MAX_BYTES`."""
    press = zlib.decompressobj(zdict=_COMMON)
    try:
        found = press.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise ValueError(f"a packed answer cannot be read: {error}") from error
    if not press.eof:
        raise ValueError("a packed answer is cut off, or longer than any that is packed")
    return found
