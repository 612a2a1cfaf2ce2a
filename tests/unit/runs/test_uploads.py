"""Uploads of a request: what is stored, what goes in front of the question, what is refused."""

from __future__ import annotations

import base64

import pytest

from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.runs.uploads import process_uploads, read_data_uri
from flowisectl.testing import InMemoryBlobs


async def test_a_file_is_stored_and_its_data_left_out() -> None:
    blobs = InMemoryBlobs()
    data = "data:text/plain;base64," + base64.b64encode(b"hello").decode()

    upload = {"type": "file", "name": "a.txt", "mime": "text/plain", "data": data}

    processed = await process_uploads([upload], blobs, flow_id="f", chat_id="c")

    assert processed.uploads == ({"type": "stored-file", "name": "a.txt", "mime": "text/plain"},)
    assert await blobs.read("f", "c", "a.txt") == b"hello"


async def test_extracted_text_goes_in_front_of_the_question() -> None:
    upload = {"type": "file:full", "name": "a.txt", "mime": "text/plain", "data": "the text"}

    processed = await process_uploads([upload], InMemoryBlobs(), flow_id="f", chat_id="c")

    assert processed.files_text == "<doc name='a.txt'>the text</doc>\n\n"
    assert processed.uploads == ({"type": "stored-file:full", "name": "a.txt", "mime": "text/plain"},)


async def test_an_address_is_kept_for_the_model_to_read() -> None:
    processed = await process_uploads([{"type": "url", "name": "x", "data": "http://h/x.png"}], InMemoryBlobs(), flow_id="f", chat_id="c")

    assert processed.uploads == ({"data": "http://h/x.png", "name": "x", "type": "url", "mime": "image/png"},)


@pytest.mark.parametrize("uploads", [["text"], [{"type": "file", "name": "a", "data": "no uri"}]])
async def test_an_upload_that_cannot_be_used_is_refused(uploads: list[object]) -> None:
    with pytest.raises(InvalidRequest):
        await process_uploads(uploads, InMemoryBlobs(), flow_id="f", chat_id="c")


def test_parameters_of_a_data_uri_are_no_part_of_its_type() -> None:
    assert read_data_uri("data:audio/webm;codecs=opus;base64,aGk=", "a.webm") == ("audio/webm", b"hi")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.exe", "text/plain"), ("a", "text/plain"), ("a.html", "text/plain"), ("a.exe", "application/x-msdownload")],
)
async def test_a_file_whose_name_does_not_fit_its_type_is_not_stored(name: str, media_type: str) -> None:
    blobs = InMemoryBlobs()
    upload = {"type": "file", "name": name, "mime": media_type, "data": f"data:{media_type};base64,aGk="}

    with pytest.raises(InvalidRequest, match=r"MIME type|File type"):
        await process_uploads([upload], blobs, flow_id="f", chat_id="c")
    with pytest.raises(NotFound):
        await blobs.read("f", "c", name)
