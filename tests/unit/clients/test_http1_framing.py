"""Heads and bodies of HTTP/1.1 answers, whole and in pieces."""

from __future__ import annotations

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.clients.http1_framing import BodyReader, read_head, unpacker
from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.interfaces.http import HttpFailed


def reader(*fields: str, has_body: bool = True) -> BodyReader:
    return BodyReader(read_head("\r\n".join(["HTTP/1.1 200 OK", *fields]).encode()), has_body=has_body)


def fed(body: BodyReader, data: bytes, cuts: list[int]) -> bytes:
    found, places = [], [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(places):
        found += body.feed(data[start:end])
    return b"".join(found)


class TestHead:
    def test_status_reason_and_headers_are_read(self) -> None:
        head = read_head(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2")

        assert (head.status, head.reason, head.headers["retry-after"], head.headers["set-cookie"]) == (
            429,
            "Too Many Requests",
            "3",
            "a=1, b=2",
        )

    @pytest.mark.parametrize(
        ("head", "keeps"),
        [
            (b"HTTP/1.1 200 OK", True),
            (b"HTTP/1.1 200 OK\r\nConnection: Close", False),
            (b"HTTP/1.0 200 OK", False),
            (b"HTTP/1.0 200 OK\r\nConnection: keep-alive", True),
        ],
    )
    def test_whether_the_connection_is_kept_is_known(self, head: bytes, keeps: bool) -> None:
        assert read_head(head).keeps_alive is keeps

    @pytest.mark.parametrize(
        "data", [b"", b"hello", b"HTTP/2 200", b"HTTP/1.1 20 OK", b"HTTP/1.1 200 OK\r\nno colon", b"HTTP/1.1 200 OK\r\na : b"]
    )
    def test_what_is_no_head_is_refused(self, data: bytes) -> None:
        with pytest.raises(ValueError):
            read_head(data)


class TestBody:
    @given(pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=8), cuts=st.lists(st.integers(0, 10_000), max_size=12))
    def test_chunks_cut_anywhere_give_the_body(self, pieces: list[bytes], cuts: list[int]) -> None:
        data = b"".join([b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces]) + b"0\r\nx-trailer: 1\r\n\r\n"
        body = reader("Transfer-Encoding: chunked")

        assert fed(body, data, cuts) == b"".join(pieces)
        assert body.is_at_end and not body.has_more

    @given(data=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 10_000), max_size=6))
    def test_a_counted_body_ends_after_its_length(self, data: bytes, cuts: list[int]) -> None:
        body = reader(f"Content-Length: {len(data)}")

        assert fed(body, data, cuts) == data
        assert body.is_at_end

    def test_a_body_without_length_goes_on_to_the_end_of_the_connection(self) -> None:
        body = reader()

        assert body.feed(b"some") == [b"some"] and not body.is_at_end
        body.end()
        assert body.is_at_end

    def test_a_counted_or_chunked_body_does_not_end_with_the_connection(self) -> None:
        for body in (reader("Content-Length: 5"), reader("Transfer-Encoding: chunked")):
            body.end()
            assert not body.is_at_end

    def test_bytes_after_the_end_are_noticed(self) -> None:
        for body, data in ((reader("Content-Length: 2"), b"okHTTP"), (reader("Transfer-Encoding: chunked"), b"2\r\nok\r\n0\r\n\r\nHTTP")):
            assert body.feed(data) == [b"ok"]
            assert body.has_more

    @pytest.mark.parametrize("fields", [["Content-Length: x"], ["Content-Length: 3, 4"], ["Content-Length: -1"], ["Transfer-Encoding: br"]])
    def test_an_unclear_length_is_refused(self, fields: list[str]) -> None:
        with pytest.raises(ValueError):
            reader(*fields)

    @pytest.mark.parametrize("data", [b"zz\r\n", b"-1\r\n", b"0x2\r\n", b"\r\n", b"1_0\r\n", b"9" * 2000, b"fffffffffffff\r\n"])
    def test_a_chunk_without_a_plain_length_is_refused(self, data: bytes) -> None:
        with pytest.raises(ValueError):
            reader("Transfer-Encoding: chunked").feed(data)

    def test_answers_to_head_and_no_content_have_no_body(self) -> None:
        assert reader("Content-Length: 9", has_body=False).is_at_end
        assert BodyReader(read_head(b"HTTP/1.1 204 No Content"), has_body=True).is_at_end


class TestPacked:
    def test_a_packed_body_is_unpacked(self) -> None:
        data = gzip.compress(b"hello " * 100)
        unpack = unpacker("gzip", "http://model")

        assert unpack(data[:20]) + unpack(data[20:]) == b"hello " * 100

    def test_a_bomb_is_refused(self) -> None:
        with pytest.raises(HttpUnusable, match="unpacks to more"):
            unpacker("gzip", "http://model")(gzip.compress(b"\0" * (65 * 1024 * 1024)))

    def test_what_is_not_packed_fails(self) -> None:
        with pytest.raises(HttpFailed, match="cannot be unpacked"):
            unpacker("deflate", "http://model")(b"plain text")

    def test_an_unknown_coding_is_refused(self) -> None:
        with pytest.raises(HttpUnusable, match="'br'"):
            unpacker("br", "http://model")
