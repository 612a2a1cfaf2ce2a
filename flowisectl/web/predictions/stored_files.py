"""Files that a run will need: they are refused before anything is stored or queued when a worker would not find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.errors import StorageUnavailable
from flowisectl.runs.uploads import STORED_KINDS
from flowisectl.web.requests.json_text import to_json
from flowisectl.web.services import WebServices


async def require_shared_files(services: WebServices) -> None:
    """Raises StorageUnavailable, with the workers that see another storage than this server."""
    if services.storage_problem is not None and (problem := await services.storage_problem()):
        raise StorageUnavailable(problem)


def names_files(*values: Any) -> bool:
    """Whether stored files, or data that will be stored, are named anywhere in these: a reference, or the end of a named data URI."""
    texts = (value if isinstance(value, str) else to_json(value).decode() for value in values if value)
    return any("FILE-STORAGE::" in text or ",filename:" in text for text in texts)


def has_files(uploads: Any) -> bool:
    """Whether any of a prediction's uploads is stored, or was before."""
    kinds = (*STORED_KINDS, "stored-file")
    return isinstance(uploads, list) and any(isinstance(upload, Mapping) and upload.get("type") in kinds for upload in uploads)
