from __future__ import annotations

import uuid

import pytest

from flowisectl.errors import InvalidRequest
from flowisectl.web.predictions.request import asks_for_internal_stream, asks_for_stream, chat_id_of, checked_body, longest_chat_id


@pytest.mark.parametrize("value", [None, "", "text", 5, True, ["a"]])
def test_an_override_of_another_shape_counts_as_absent(value: object) -> None:
    body = checked_body({"question": None, "overrideConfig": value, "streaming": True})

    assert body == {"question": None, "streaming": True}


def test_a_body_in_order_is_kept_as_it_is() -> None:
    body = {"question": {"a": 1}, "overrideConfig": {}, "history": [], "uploads": [], "unknown": 1}

    assert checked_body(body) is body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"chatId": "a+b", "overrideConfig": {"sessionId": "s"}}, "a+b"),
        ({"chatId": None, "overrideConfig": {"sessionId": "s"}}, "s"),
        ({"chatId": "", "overrideConfig": {"sessionId": "s"}}, "s"),
        ({"chatId": 7, "overrideConfig": {"sessionId": "s"}}, "7"),
        ({"overrideConfig": {"sessionId": 12.0}}, "12"),
    ],
)
def test_the_chat_is_named_by_the_body_then_by_the_session(body: dict[str, object], expected: str) -> None:
    assert chat_id_of(body) == expected


@pytest.mark.parametrize("body", [{}, {"chatId": None}, {"chatId": ""}, {"overrideConfig": {"sessionId": None}}])
def test_a_chat_without_a_name_gets_a_new_uuid(body: dict[str, object]) -> None:
    assert uuid.UUID(chat_id_of(body)).version == 4


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"chatId": True}, "Invalid chatId: must be a string"),
        ({"chatId": {"a": 1}}, "Invalid chatId: must be a string"),
        ({"overrideConfig": {"sessionId": ["x"]}}, "Invalid sessionId: must be a string"),
        ({"chatId": "x" * 2000}, "Invalid chatId: at most 1024 characters, without NUL"),
        ({"chatId": "a\x00b"}, "Invalid chatId: at most 1024 characters, without NUL"),
        ({"chatId": "c", "overrideConfig": {"sessionId": "a\x00b"}}, "Invalid sessionId: at most 1024 characters, without NUL"),
    ],
)
def test_an_id_that_cannot_be_one_is_refused(body: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        chat_id_of(body)

    assert refused.value.message == text


@pytest.mark.parametrize(
    ("value", "external", "internal"),
    [
        (True, True, True),
        ("true", True, True),
        (False, False, False),
        ("false", False, False),
        (None, False, False),
        (1, False, True),
        ("yes", False, True),
    ],
)
def test_what_asks_for_a_stream(value: object, external: bool, internal: bool) -> None:
    assert asks_for_stream({"streaming": value}) is external
    assert asks_for_internal_stream({"streaming": value}) is internal


def test_a_chats_id_is_no_longer_than_the_column_for_it() -> None:
    assert [longest_chat_id(dialect) for dialect in ("sqlite", "postgresql", "mysql")] == [1024, 1024, 255]
    with pytest.raises(InvalidRequest, match="at most 255 characters"):
        chat_id_of({"chatId": "x" * 256}, longest_chat_id("mysql"))
