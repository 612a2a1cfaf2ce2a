from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from flowisectl.engine.context import Blobs
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.storage.blob_store import BlobStore, safe_name, safe_part
from flowisectl.storage.local import LocalBlobs

ORG, FLOW, CHAT = "0b1c", "f10w", "chat-1"


async def test_the_folder_is_what_runs_and_the_server_ask_for(tmp_path: Path) -> None:
    for_runs: Blobs = LocalBlobs(tmp_path)
    for_server: BlobStore = LocalBlobs(tmp_path)

    await for_runs.write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    assert await for_server.read(FLOW, CHAT, "a.txt") == b"x"


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "storage", ORG)


async def test_file_lies_below_organization_flow_and_chat(blobs: LocalBlobs, tmp_path: Path) -> None:
    name = await blobs.write(FLOW, CHAT, "pic?.png", b"\x89PNG", "image/png")
    await blobs.write(FLOW, "", "a.txt", b"flow", "text/plain")

    assert name == "pic.png"
    assert (tmp_path / "storage" / ORG / FLOW / CHAT / "pic.png").read_bytes() == b"\x89PNG"
    assert await blobs.read(FLOW, CHAT, "pic?.png") == b"\x89PNG"
    assert await blobs.read(FLOW, "", "a.txt") == b"flow"


async def test_same_name_is_replaced_and_leaves_no_draft(blobs: LocalBlobs, tmp_path: Path) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"one", "text/plain")

    await asyncio.gather(*[blobs.write(FLOW, CHAT, "a.txt", b"two", "text/plain") for _ in range(20)])

    assert [entry.name for entry in (tmp_path / "storage" / ORG / FLOW / CHAT).iterdir()] == ["a.txt"]
    assert await blobs.read(FLOW, CHAT, "a.txt") == b"two"


async def test_missing_file_is_not_found(blobs: LocalBlobs) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"", "text/plain")

    with pytest.raises(NotFound, match=r"File b\.txt not found"):
        await blobs.read(FLOW, CHAT, "b.txt")
    with pytest.raises(NotFound):
        await blobs.read(FLOW, "", CHAT)


async def test_file_of_the_older_layout_is_read_and_moved(blobs: LocalBlobs, tmp_path: Path) -> None:
    old = tmp_path / "storage" / FLOW / CHAT
    old.mkdir(parents=True)
    (old / "a.txt").write_bytes(b"old")

    first = await blobs.read(FLOW, CHAT, "a.txt")

    assert first == b"old" == await blobs.read(FLOW, CHAT, "a.txt")
    assert (tmp_path / "storage" / ORG / FLOW / CHAT / "a.txt").is_file()
    assert not (tmp_path / "storage" / FLOW).exists()


async def test_deleting_a_chat_leaves_its_neighbours(blobs: LocalBlobs, tmp_path: Path) -> None:
    for chat in ("chat1", "chat10"):
        await blobs.write(FLOW, chat, "a.txt", b"x", "text/plain")
    (tmp_path / "storage" / FLOW / "chat1").mkdir(parents=True)
    (tmp_path / "storage" / FLOW / "chat1" / "old.txt").write_bytes(b"x")

    await blobs.delete_chat(FLOW, "chat1")
    await blobs.delete_chat(FLOW, "never there")

    assert [entry.name for entry in (tmp_path / "storage" / ORG / FLOW).iterdir()] == ["chat10"]
    assert not (tmp_path / "storage" / FLOW / "chat1").exists()


async def test_deleting_a_flow_takes_all_its_chats_and_no_other_flow(blobs: LocalBlobs, tmp_path: Path) -> None:
    for flow in (FLOW, "other"):
        await blobs.write(flow, CHAT, "a.txt", b"x", "text/plain")

    await blobs.delete_flow(FLOW)

    assert [entry.name for entry in (tmp_path / "storage" / ORG).iterdir()] == ["other"]


async def test_deleting_one_file_tells_whether_it_was_there(blobs: LocalBlobs, tmp_path: Path) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    assert await blobs.delete(FLOW, CHAT, "a.txt") is True
    assert await blobs.delete(FLOW, CHAT, "a.txt") is False
    assert list((tmp_path / "storage").iterdir()) == []


async def test_organizations_do_not_see_each_other(blobs: LocalBlobs) -> None:
    await blobs.write(FLOW, CHAT, "a.txt", b"mine", "text/plain")

    with pytest.raises(NotFound):
        await blobs.of_organization("other").read(FLOW, CHAT, "a.txt")
    assert blobs.of_organization(ORG) is blobs


@pytest.mark.parametrize(
    ("flow_id", "chat_id", "name"),
    [
        ("..", CHAT, "a"), (FLOW, "../x", "a"), (FLOW, CHAT, "../a"), (FLOW, "%2e%2e", "a"), (FLOW, "a%2fb", "a"), (FLOW, CHAT, "a%5cb"),
        ("/etc", CHAT, "a"), ("C:x", CHAT, "a"), (FLOW, "\x00", "a"), (FLOW, CHAT, "\x01"), (FLOW, CHAT, ""), ("", CHAT, "a"),
        (FLOW, CHAT, "..."), (FLOW, CHAT, "con.txt"), (FLOW, CHAT, "%252e%252e/../x"),
    ],
)  # fmt: skip
async def test_ids_and_names_that_lead_elsewhere_are_refused(blobs: LocalBlobs, flow_id: str, chat_id: str, name: str) -> None:
    for call in (blobs.read(flow_id, chat_id, name), blobs.write(flow_id, chat_id, name, b"x", ""), blobs.delete(flow_id, chat_id, name)):
        with pytest.raises(InvalidRequest):
            await call


async def test_without_the_checks_nothing_leaves_the_root_either(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path / "storage", ORG, check_paths=False)
    (tmp_path / "outside.txt").write_bytes(b"x")

    with pytest.raises(InvalidRequest):
        await blobs.write(FLOW, "..", "a.txt", b"y", "")
    written = await blobs.write(FLOW, CHAT, "../../../../outside.txt", b"y", "")

    assert "/" not in written
    assert (tmp_path / "outside.txt").read_bytes() == b"x"
    assert all((tmp_path / "storage") in path.parents for path in (tmp_path / "storage").rglob("*"))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
async def test_a_link_out_of_the_root_is_not_followed(blobs: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.txt").write_bytes(b"secret")
    (tmp_path / "storage" / ORG).mkdir(parents=True)
    (tmp_path / "storage" / ORG / FLOW).symlink_to(tmp_path / "secret")

    with pytest.raises(InvalidRequest):
        await blobs.read(FLOW, "", "a.txt")
    with pytest.raises(InvalidRequest):
        await blobs.delete_flow(FLOW)
    assert (tmp_path / "secret" / "a.txt").read_bytes() == b"secret"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a.txt", "a.txt"), ("grüße 🎈.png", "grüße 🎈.png"), ('a<b>:"c|d?*.txt', "abcd.txt"), (".hidden", "hidden"), ("a. ", "a")],
)
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_long_names_end_at_255_bytes_and_stay_text() -> None:
    cut = safe_name("é" * 300)

    assert len(cut.encode()) == 254 and set(cut) == {"é"}


def test_ids_keep_what_ids_have() -> None:
    assert safe_part("8c1f7a52-0d0b-4f8e-9a53-b5d0d1a6c001") == "8c1f7a52-0d0b-4f8e-9a53-b5d0d1a6c001"
