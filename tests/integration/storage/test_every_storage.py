"""What holds for stored files wherever they are kept: locally, in S3, in Google Cloud Storage, in Azure."""

from __future__ import annotations

import asyncio

import pytest

from config.settings import StorageSettings
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.storage import blob_store
from flowisectl.storage.blob_store import BlobStore, Storage, Usage
from flowisectl.storage.opening import storage_of

ORG, FLOW, CHAT = "5f1c-org", "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11", "chat1"


@pytest.fixture
def blobs(storage: Storage) -> BlobStore:
    return storage.of_organization(ORG)


NAMES = ["a.txt", "mit Blank & ümlaut.txt", "100%.txt", "a%20b.txt", "[x]{y}~^`#+=;@!$,'().txt", "写真.png", "x" * 255]


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_written_is_read_under_the_name_that_was_given_back(blobs: BlobStore, name: str) -> None:
    kept = await blobs.write(FLOW, CHAT, name, b"\x00\xffdata", "text/plain")

    assert kept == name and await blobs.read(FLOW, CHAT, kept) == b"\x00\xffdata"


async def test_an_empty_file_and_one_of_several_megabytes(blobs: BlobStore) -> None:
    large = bytes(range(256)) * 48 * 1024

    await blobs.write(FLOW, CHAT, "empty", b"", "text/plain")
    await blobs.write(FLOW, CHAT, "large", large, "application/pdf")

    assert await blobs.read(FLOW, CHAT, "empty") == b"" and await blobs.read(FLOW, CHAT, "large") == large
    opened = await blobs.open(FLOW, CHAT, "large")
    pieces = [piece async for piece in opened.chunks]
    assert opened.size == len(large) and len(pieces) > 1 and b"".join(pieces) == large


async def test_the_same_name_is_replaced(blobs: BlobStore) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"first, and longer", "text/plain")
    await blobs.write(FLOW, CHAT, "a.txt", b"second", "text/plain")

    assert await blobs.read(FLOW, CHAT, "a.txt") == b"second"


async def test_files_of_flow_and_chat_are_apart(blobs: BlobStore) -> None:
    await blobs.write(FLOW, "", "a.txt", b"flow", "text/plain")
    await blobs.write(FLOW, CHAT, "a.txt", b"chat", "text/plain")

    assert await blobs.read(FLOW, "", "a.txt") == b"flow" and await blobs.read(FLOW, CHAT, "a.txt") == b"chat"


async def test_what_is_not_there_is_not_found(blobs: BlobStore) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    for chat, name in ((CHAT, "b.txt"), ("chat", "a.txt"), ("chat10", "a.txt"), ("", "a.txt"), ("", CHAT)):
        with pytest.raises(NotFound):
            await blobs.read(FLOW, chat, name)
        with pytest.raises(NotFound):
            await blobs.open(FLOW, chat, name)
    assert await blobs.delete(FLOW, CHAT, "b.txt") is False


async def test_organizations_do_not_see_each_other(storage: Storage) -> None:
    await storage.of_organization("one").write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    with pytest.raises(NotFound):
        await storage.of_organization("two").read(FLOW, CHAT, "a.txt")


async def test_a_file_of_the_layout_without_organizations_is_read_and_moved(storage: Storage) -> None:
    older, newer = storage.of_organization(""), storage.of_organization(ORG)
    await older.write(FLOW, CHAT, "a.txt", b"old", "text/plain")

    together = await asyncio.gather(*(newer.read(FLOW, CHAT, "a.txt") for _ in range(4)))

    assert set(together) == {b"old"} and await newer.read(FLOW, CHAT, "a.txt") == b"old"
    with pytest.raises(NotFound):
        await older.read(FLOW, CHAT, "a.txt")


async def test_deleting_a_chat_leaves_its_neighbours(storage: Storage, blobs: BlobStore) -> None:
    for chat in (CHAT, "chat10", "chat2"):
        await blobs.write(FLOW, chat, "a.txt", b"x", "text/plain")
    await storage.of_organization("").write(FLOW, CHAT, "old.txt", b"x", "text/plain")

    await blobs.delete_chat(FLOW, CHAT)

    assert await blobs.usage(FLOW) == Usage(files=2, size=2)
    assert await storage.of_organization("").usage(FLOW) == Usage(files=0, size=0)
    for name in ("a.txt", "old.txt"):
        with pytest.raises(NotFound):
            await blobs.read(FLOW, CHAT, name)


async def test_deleting_a_flow_takes_all_its_chats_and_no_other_flow(blobs: BlobStore) -> None:
    for flow, chat in ((FLOW, ""), (FLOW, CHAT), (FLOW, "chat2"), (FLOW + "x", CHAT)):
        await blobs.write(flow, chat, "a.txt", b"four", "text/plain")

    await blobs.delete_flow(FLOW)

    assert await blobs.usage() == Usage(files=1, size=4) and await blobs.read(FLOW + "x", CHAT, "a.txt") == b"four"


async def test_deleting_nothing_is_no_error(blobs: BlobStore) -> None:
    await blobs.delete_chat(FLOW, CHAT)
    await blobs.delete_flow(FLOW)

    assert await blobs.usage() == Usage(files=0, size=0)


async def test_deleting_one_file_tells_whether_it_was_there(blobs: BlobStore) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"x", "text/plain")
    await blobs.write(FLOW, CHAT, "b.txt", b"x", "text/plain")

    assert [await blobs.delete(FLOW, CHAT, "a.txt") for _ in range(2)] == [True, False]
    assert await blobs.read(FLOW, CHAT, "b.txt") == b"x"


async def test_a_file_beyond_the_limit_is_passed_on_but_not_read_at_once(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_store, "LARGEST_READ_BYTES", 10)
    await blobs.write(FLOW, CHAT, "a.txt", b"eleven byte", "text/plain")

    with pytest.raises(InvalidRequest, match="has 11 bytes; at most 10"):
        await blobs.read(FLOW, CHAT, "a.txt")

    opened = await blobs.open(FLOW, CHAT, "a.txt")
    assert b"".join([piece async for piece in opened.chunks]) == b"eleven byte"


@pytest.mark.parametrize(
    ("flow_id", "chat_id", "name"),
    [
        ("..", CHAT, "a.txt"),
        (FLOW, "../" + FLOW, "a.txt"),
        (FLOW, "%2e%2e", "a.txt"),
        (FLOW, "a%2fb", "a.txt"),
        ("/etc", CHAT, "a.txt"),
        (FLOW, CHAT, "../a.txt"),
        (FLOW, CHAT, "..%2fa.txt"),
        (FLOW, CHAT, "a\x00.txt"),
        (FLOW, CHAT, "..."),
        (FLOW, CHAT, ""),
        ("", CHAT, "a.txt"),
    ],
)
async def test_ids_and_names_that_lead_elsewhere_are_refused(blobs: BlobStore, flow_id: str, chat_id: str, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await blobs.write(flow_id, chat_id, name, b"x", "text/plain")
    with pytest.raises(InvalidRequest):
        await blobs.read(flow_id, chat_id, name)
    with pytest.raises(InvalidRequest):
        await blobs.open(flow_id, chat_id, name)
    with pytest.raises(InvalidRequest):
        await blobs.delete(flow_id, chat_id, name)


@pytest.mark.parametrize("name", ["../../a.txt", "a/../../b", "/etc/passwd", "C:\\x"])
async def test_without_path_checks_a_file_still_stays_in_its_folder(storage_settings: StorageSettings, name: str) -> None:
    storage = storage_of(storage_settings, check_paths=False)

    kept = await storage.of_organization(ORG).write(FLOW, CHAT, name, b"x", "text/plain")

    assert "/" not in kept and await storage.of_organization(ORG).usage(FLOW) == Usage(files=1, size=1)


async def test_a_name_that_is_too_long_is_cut_and_still_found(blobs: BlobStore) -> None:
    kept = await blobs.write(FLOW, CHAT, "ä" * 5000, b"x", "text/plain")

    assert len(kept.encode()) <= 255 and await blobs.read(FLOW, CHAT, kept) == b"x"


async def test_processes_that_see_the_same_files_agree_on_the_identity(storage_settings: StorageSettings) -> None:
    seen = await asyncio.gather(*(storage_of(storage_settings).identity() for _ in range(5)))

    assert len(set(seen)) == 1 and len(seen[0]) == 32 and await storage_of(storage_settings).identity() == seen[0]
