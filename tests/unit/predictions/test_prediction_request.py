"""What crosses the queue survives the crossing."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.predictions.request import PredictionRequest, PredictionResult

TEXT = st.text(alphabet=st.characters(blacklist_categories=("Cs",)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(body=st.dictionaries(TEXT, JSON, max_size=4), chat_id=TEXT, streams=st.booleans(), accepted=st.integers(0, 2**48))
def test_request_survives_json(body: dict[str, object], chat_id: str, streams: bool, accepted: int) -> None:
    request = PredictionRequest(
        flow_id="f", flow_version="v", chat_id=chat_id, message_id="m", body=body, wants_stream=streams, accepted_ms=accepted
    )

    again = PredictionRequest.from_json(orjson.loads(orjson.dumps(request.to_json())))

    assert again == request


@given(body=st.binary(max_size=200), error=TEXT, status=st.integers(200, 599))
def test_result_survives_bytes_and_keeps_its_body_untouched(body: bytes, error: str, status: int) -> None:
    result = PredictionResult(body=body, error=error, error_kind="NodeError" if error else "", status=status)

    again = PredictionResult.from_bytes(result.to_bytes())

    assert again == result
    assert again.is_ok is (error == "")


def test_members_that_a_newer_version_has_added_are_left_out() -> None:
    request = PredictionRequest(flow_id="f", flow_version="v", chat_id="c", message_id="m", body={"question": "q"})

    again = PredictionRequest.from_json({**request.to_json(), "of_tomorrow": 1})

    assert again == request
