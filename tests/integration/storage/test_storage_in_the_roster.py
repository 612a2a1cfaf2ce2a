"""A server compares its storage with what the workers tell in the roster."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings, Settings, StorageSettings
from flowisectl.errors import InvalidSetting
from flowisectl.queue.roster import Presence, RoleSays
from flowisectl.storage.local import LocalBlobs
from flowisectl.storage.opening import storage_of
from roles.shared_storage import KEPT_SECONDS, UNUSABLE, SharedStorage, storage_identity

SAYS = RoleSays(role="worker", version="1", started_ms=1, state="ready")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_worker_with_another_folder_is_seen_once_it_says_so(redis: Redis, queue_settings: QueueSettings, tmp_path: Path) -> None:
    own, other = await LocalBlobs(tmp_path / "a").identity(), await LocalBlobs(tmp_path / "b").identity()
    clock = Clock()
    shared = SharedStorage(redis, queue_settings.name, own, clock=clock)
    alone = await shared.problem()
    stranger = Presence(redis, queue_settings.name, lambda: replace(SAYS, storage=other))
    await stranger.beat()

    kept = await shared.problem()
    clock.now += KEPT_SECONDS + 0.1
    seen = await shared.problem()
    await stranger.leave()
    await Presence(redis, queue_settings.name, lambda: replace(SAYS, storage=own)).beat()
    clock.now += KEPT_SECONDS + 0.1
    gone = await shared.problem()

    assert (alone, kept, gone) == ("", "", "")
    assert stranger.id.rpartition(":")[0] in seen


async def test_while_redis_is_away_nothing_is_claimed(queue_settings: QueueSettings) -> None:
    async with Redis.from_url("redis://127.0.0.1:1") as nowhere:
        assert await SharedStorage(nowhere, queue_settings.name, "own").problem() == ""


async def test_folders_of_one_place_are_one_storage(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")

    seen = await asyncio.gather(*(LocalBlobs(tmp_path / name).identity() for name in ("real", "real/../real", "real", "link")))

    assert len(set(seen)) == 1 and [entry.name for entry in (tmp_path / "real").iterdir()] == [".flowisectl-storage"]


async def test_a_local_folder_that_cannot_be_written_does_not_keep_a_role_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(storage=StorageSettings(path=tmp_path / "file" / "storage"))

    assert await storage_identity(settings, storage_of(settings.storage)) == UNUSABLE
    assert "BLOB_STORAGE_PATH" in caplog.text


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InvalidSetting, match="BLOB_STORAGE_PATH"):
        await LocalBlobs(tmp_path / "file" / "storage").identity()
