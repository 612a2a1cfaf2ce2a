"""The parser of server-sent events has to find the same events however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.clients.sse import MAX_EVENT_BYTES, EventParser
from flowisectl.interfaces.http import HttpFailed

STREAM = 'event: message\ndata: {"a": 1}\n\n: a comment\n\ndata:{"b":"é"}\r\n\r\nid: 7\ndata: one\ndata: two\n\ndata: [DONE]\n\n'.encode()
EVENTS = [b'{"a": 1}', '{"b":"é"}'.encode(), b"one\ntwo", b"[DONE]"]


def test_events_are_found_in_one_piece() -> None:
    assert EventParser().feed(STREAM) == EVENTS


@given(cuts=st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=12))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    parser, found, places = EventParser(), [], [0, *sorted(cuts), len(STREAM)]

    for start, end in pairwise(places):
        found += parser.feed(STREAM[start:end])

    assert found == EVENTS


def test_an_event_without_its_blank_line_is_found_at_the_end() -> None:
    parser = EventParser()

    first, last = parser.feed(b"data: [DONE]"), parser.close()

    assert (first, last) == ([], [b"[DONE]"])


def test_events_without_data_are_left_out() -> None:
    assert EventParser().feed(b"event: ping\n\n:\n\n\n\nretry: 3\n\n") == []


def test_an_endless_event_is_refused() -> None:
    parser = EventParser()

    with pytest.raises(HttpFailed, match="larger than"):
        for _ in range(MAX_EVENT_BYTES // (1 << 20) + 2):
            parser.feed(b"x" * (1 << 20))


@given(
    st.lists(
        st.sampled_from([b"data: a\n", b"data:b\n", b"\n", b"data: c\r\n", b"\r\n", b": note\n", b"event: x\n", b"data: d"]), max_size=12
    ),
    st.lists(st.integers(0, 100), max_size=6),
)
def test_any_stream_means_the_same_however_it_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    text = b"".join(parts)
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    whole, pieces, single = EventParser(), EventParser(), EventParser()

    at_once = whole.feed(text) + whole.close()
    in_pieces = [event for start, end in pairwise(places) for event in pieces.feed(text[start:end])] + pieces.close()
    byte_by_byte = [event for place in range(len(text)) for event in single.feed(text[place : place + 1])] + single.close()

    assert at_once == in_pieces == byte_by_byte
