"""Files that hold one secret each: read verbatim, made by exactly one process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flowisectl.errors import InvalidSetting

LARGEST_BYTES = 64 * 1024


def read_secret(file: Path) -> str | None:
    """The content as it is, a trailing line end included; None when there is no such file.

    Raises InvalidSetting for a file that cannot be read or used.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidSetting("SECRETKEY_PATH", str(file.parent), f"{file.name} cannot be read ({error.strerror})") from error
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidSetting("SECRETKEY_PATH", str(file.parent), f"{file.name} must be UTF-8 text") from error
    if not text or len(content) > LARGEST_BYTES:
        raise InvalidSetting("SECRETKEY_PATH", str(file.parent), f"{file.name} must hold 1 to {LARGEST_BYTES} bytes")
    return text


def read_or_make_secret(file: Path, fresh: str) -> str:
    """The content, or `fresh` after writing it. Of processes that start together one writes and all read the same value."""
    found = read_secret(file)
    if found is not None:
        return found
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and linked into place: no process ever sees a file that is half written, and the first one wins.
        descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf8", newline="") as opened:
                opened.write(fresh)
                opened.flush()
                os.fsync(opened.fileno())
            _put_in_place(Path(draft), file)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise InvalidSetting("SECRETKEY_PATH", str(file.parent), f"{file.name} cannot be written ({error.strerror})") from error
    return read_secret(file) or fresh


def _put_in_place(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    except OSError:
        # A file system without links: the short race that is left is the one between this check and the rename.
        if not file.exists():
            draft.replace(file)
