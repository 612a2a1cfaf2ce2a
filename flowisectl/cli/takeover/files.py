"""The stored files of a Flowise installation: can they be read, and do they lie where they are looked for?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from config.settings import StorageSettings
from flowisectl.cli.takeover.report import Found, Level
from flowisectl.cli.views.units import count, size
from flowisectl.errors import InvalidSetting, Unavailable
from flowisectl.storage.opening import storage_of

_LIST_SECONDS = 60.0
_NOBODY = "00000000-0000-4000-8000-000000000000"
"""Stands for an organization where there is none yet: that its folder can be listed is enough."""
_MOST_FILES = 200_000
"""More are not counted: the sum is for orientation only."""


async def judge_storage(settings: StorageSettings, organizations: Sequence[str], flow_ids: Collection[str]) -> list[Found]:
    """Of a folder what it holds, of a bucket or container whether it can be listed."""
    if settings.type == "local":
        return [*_folder(settings, organizations, flow_ids)]
    try:
        storage = storage_of(settings)
        async with asyncio.timeout(_LIST_SECONDS):
            usages = [await storage.of_organization(name).usage() for name in organizations or [_NOBODY]]
    except TimeoutError:
        return [Found(what="storage", level=Level.WARNING, text=f"{settings.type}: not all was listed within {_LIST_SECONDS:g} s")]
    except (InvalidSetting, Unavailable) as error:
        return [Found(what="storage", level=Level.CANNOT, text=str(error))]
    files, total = sum(usage.files for usage in usages), sum(usage.size for usage in usages)
    return [Found(what="storage", level=Level.FINE, text=f"{storage.place}: {_files(files)}, {size(total)}; writing was not tried")]


def _folder(settings: StorageSettings, organizations: Collection[str], flow_ids: Collection[str]) -> Iterator[Found]:
    root = settings.path.expanduser()
    if not root.exists():
        yield Found(what="storage", level=Level.FINE, text=f"there is no {root} yet: no file was stored, or BLOB_STORAGE_PATH is another")
        return
    if not root.is_dir() or not os.access(root, os.R_OK | os.X_OK):
        yield Found(what="storage", level=Level.CANNOT, text=f"{root} cannot be read: run the server as a user who may")
        return
    if not os.access(root, os.W_OK):
        yield Found(what="storage", level=Level.WARNING, text=f"{root} can be read but not written by this user: uploads would fail")
    files, total = _sum(root)
    more = "more than " if files >= _MOST_FILES else ""
    yield Found(what="storage", level=Level.FINE, text=f"{root}: {more}{_files(files)}, {size(total)}")
    old = [entry for entry in sorted(os.listdir(root)) if entry in set(flow_ids) and entry not in set(organizations)]
    if old:
        yield Found(
            what="storage",
            level=Level.FINE,
            text=f"{len(old)} flows have files in the layout from before Flowise 3; they are found there as well",
        )


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{count(number)} files"


def _sum(root: Path) -> tuple[int, int]:
    files = total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
            files += 1
            if files >= _MOST_FILES:
                return files, total
    return files, total
