"""What crosses the queue for an upsert turns into JSON and back."""

from __future__ import annotations

import orjson

from flowisectl.documents.request import UpsertRequest, UpsertResult


def test_a_request_survives_its_json() -> None:
    request = UpsertRequest(
        task="process",
        target_id="store",
        upsert_id="11111111-1111-4111-8111-111111111111",
        body={"overrideConfig": {"text": "ü"}, "list": [1, None]},
        version="2026-01-01T00:00:00.000Z",
        chat_id="c",
        workspace_id="w",
        organization_id="o",
        base_url="http://x",
        options={"loader_id": "l"},
    )

    assert UpsertRequest.from_json(orjson.loads(orjson.dumps(request))) == request
    assert UpsertRequest.from_json(request.to_json()) == request


def test_a_result_survives_its_bytes_and_its_body_is_not_touched() -> None:
    good = UpsertResult(body=b'{"numAdded": 1.0}\n')
    bad = UpsertResult(error="no\nluck", error_kind="NodeError", status=500)

    assert UpsertResult.from_bytes(good.to_bytes()) == good
    assert UpsertResult.from_bytes(bad.to_bytes()) == bad
    assert (good.is_ok, bad.is_ok) == (True, False)


def test_members_that_a_newer_version_has_added_are_left_out() -> None:
    request = UpsertRequest(target_id="t", upsert_id="u", body={})

    assert UpsertRequest.from_json({**request.to_json(), "of_tomorrow": 1}) == request
