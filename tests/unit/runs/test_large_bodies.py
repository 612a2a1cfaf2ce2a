"""What a body that is too large for Redis leaves there, and how it is known again."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.events.wire import to_json
from flowisectl.runs.large_bodies import digest_of, is_surely_large, light_body, put_body, whole_body
from flowisectl.runs.payloads import LARGE_BYTES

LONG = "x" * LARGE_BYTES


class Kept:
    """`runs.payloads.Payloads` in memory."""

    def __init__(self) -> None:
        self.all: dict[tuple[str, str], bytes] = {}

    async def put(self, job_id: str, name: str, data: bytes) -> None:
        self.all[job_id, name] = data

    async def get(self, job_id: str, name: str) -> bytes:
        return self.all[job_id, name]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"question": LONG}, True),
        ({"question": "q", "form": {"text": LONG}}, True),
        ({"question": LONG[:-1]}, False),
        ({"question": "q", "history": [LONG]}, False),
        ({"question": None, "form": {"numbers": [1] * 1_000}}, False),
        ({}, False),
    ],
    ids=["a member", "in a member", "shorter", "deeper", "no text", "nothing"],
)
def test_one_long_text_shows_that_a_body_is_large(body: dict[str, Any], expected: bool) -> None:
    assert is_surely_large(body) is expected
    assert not expected or len(to_json(body)) >= LARGE_BYTES


async def test_a_body_comes_back_by_the_digest_that_equal_bodies_share() -> None:
    kept: Any = Kept()
    body = {"question": "q", "form": {"z": 1, "a": "🦜"}, "big": 2**70, "history": [{"b": None}]}

    digest = await put_body(kept, "job", body)

    assert digest == digest_of(dict(reversed(body.items())))
    assert await whole_body(kept, "job", digest) == body
    assert digest != digest_of({**body, "question": "another"})


def test_people_see_short_members_and_the_beginnings_of_texts() -> None:
    light = light_body({"question": "q" * 5_000, "streaming": True, "form": {"text": LONG}, "n": 1})

    assert light == {"question": "q" * 2_000, "streaming": True, "n": 1}
