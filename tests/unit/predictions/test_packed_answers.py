"""Packed answers come back whole, are never longer than they may be, and are a format that stays."""

from __future__ import annotations

import base64
import zlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.queue.packed import MAX_BYTES, MIN_BYTES, answer_of, is_worth_packing, pack, unpack

TRACE = [
    {"nodeId": f"llmAgentflow_{number}", "nodeLabel": "Ask", "data": {"id": f"llmAgentflow_{number}", "name": "llmAgentflow", "state": {}}}
    for number in range(6)
]
PACKED_ONCE = "SGo92/P7gwdUcWJmikJSalo+MFeiBwNIhIhwQCuiamNrAf91IMo="
ANSWER = orjson.dumps({"text": "four", "chatId": "c", "agentFlowExecutedData": TRACE, "sessionId": "c"})


@given(st.binary(min_size=MIN_BYTES, max_size=4096))
def test_what_is_packed_comes_back(data: bytes) -> None:
    assert unpack(pack(data)) == data


def test_an_answer_takes_a_third_of_its_room_in_redis() -> None:
    result = PredictionResult(body=ANSWER)

    stored = result.to_bytes()

    assert len(stored) < len(ANSWER) / 3
    assert PredictionResult.from_bytes(stored) == result
    assert answer_of(stored) == ANSWER


@pytest.mark.parametrize("size", [0, MIN_BYTES - 1, MAX_BYTES + 1])
def test_what_is_short_or_long_stays_as_it_is(size: int) -> None:
    body = b"x" * size

    stored = PredictionResult(body=body).to_bytes()

    assert not is_worth_packing(body)
    assert stored.endswith(b"\n" + body)
    assert answer_of(stored) == body


def test_what_an_earlier_process_has_packed_can_be_read() -> None:
    packed = base64.b64decode(PACKED_ONCE)

    assert unpack(packed) == b'{"text":"said before","executionId":"e","agentFlowExecutedData":[{"nodeId":"llmAgentflow_0"}]}'


@pytest.mark.parametrize("data", [b"", b"no such thing", pack(ANSWER)[:-8], zlib.compress(b"x" * 10_000_000)])
def test_what_was_not_packed_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data)

    assert answer_of(b'{"error":"","kind":"","status":200,"packed":1}\n' + data) == b""


def test_an_error_that_speaks_of_packing_does_not_mark_its_answer() -> None:
    result = PredictionResult(body=b"plain", error='"packed": 1', error_kind="NodeError", status=500)

    stored = result.to_bytes()

    assert PredictionResult.from_bytes(stored) == result
    assert answer_of(stored) == b"plain"


def test_a_request_leaves_out_what_is_as_it_would_be_anyway() -> None:
    request = PredictionRequest(flow_id="f", flow_version="v", chat_id="c", message_id="m", body={"question": "q"}, chat_type="MCP")

    assert request.to_json() == {
        "flow_id": "f",
        "flow_version": "v",
        "chat_id": "c",
        "message_id": "m",
        "body": {"question": "q"},
        "chat_type": "MCP",
    }
