"""Files that cannot be deleted when what they belonged to is gone already."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flowisectl.errors import StorageUnavailable

log = logging.getLogger(__name__)


@contextmanager
def left_behind(what: str) -> Iterator[None]:
    """Deleting the rows was the deed: a storage that is away does not undo it, and does not fail the request. The log names what stays."""
    try:
        yield
    except StorageUnavailable as error:
        log.warning("files of %s are left behind: %s", what, error)
