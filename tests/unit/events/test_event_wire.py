from __future__ import annotations

import json
import math

import pytest

from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.events import wire


def test_event_is_compact_and_not_escaped() -> None:
    event = FlowEvent(EventKind.TOKEN, "Grüße, 世界/🙂")

    assert wire.encode_event(event) == '{"event":"token","data":"Grüße, 世界/🙂"}'.encode()


def test_members_without_a_value_are_left_out() -> None:
    assert wire.encode_event(FlowEvent(EventKind.SOURCE_DOCUMENTS)) == b'{"event":"sourceDocuments"}'
    assert wire.encode_event(FlowEvent(EventKind.THINKING, "", 3)) == b'{"event":"thinking","data":"","duration":3}'
    assert wire.encode_event(FlowEvent(EventKind.TOKEN, "")) == b'{"event":"token","data":""}'


def test_lone_surrogates_are_escaped_as_javascript_does() -> None:
    encoded = wire.encode_event(FlowEvent(EventKind.TOKEN, "half \ud83d of ä"))

    assert encoded == '{"event":"token","data":"half \\ud83d of ä"}'.encode()
    assert wire.from_json(encoded)["data"] == "half \ud83d of ä"


@pytest.mark.parametrize("value", [2**80, -(2**70), {"deep": [1, {"huge": 10**30}]}])
def test_integers_of_any_size_survive(value: object) -> None:
    assert json.loads(wire.to_json(value)) == value


def test_not_a_number_becomes_null() -> None:
    assert wire.to_json({"a": math.nan, "b": [math.inf, 2**80]}) == b'{"a":null,"b":[null,1208925819614629174706176]}'


def test_an_event_never_contains_a_line_end() -> None:
    assert b"\n" not in wire.encode_event(FlowEvent(EventKind.TOKEN, "a\nb\r\n\u2028"))


def test_frame_is_read_as_it_was_written() -> None:
    event = wire.encode_event(FlowEvent(EventKind.TOKEN, "with blanks  and \n lines"))

    assert wire.parse_frame(wire.frame(wire.frame_head("abc", 2), 17, event)) == ("abc", 2, 17, event)


def test_end_is_read_as_the_scripts_write_it() -> None:
    end = wire.parse_end(b"abc 3 aborted -1", b"", "gestoppt ü".encode())

    assert end == wire.JobEnd("abc", 3, "aborted", -1, b"", "gestoppt ü")
    assert end.is_from_elsewhere
