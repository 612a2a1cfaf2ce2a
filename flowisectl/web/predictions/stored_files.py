"""Files that a run will need: they are refused before anything is stored or queued when a worker would not find them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.flow import Flow
from flowisectl.engine.plan import plan_of
from flowisectl.errors import InvalidFlow, StorageUnavailable
from flowisectl.runs.uploads import STORED_KINDS
from flowisectl.web.json_text import to_json
from flowisectl.web.services import WebServices

FILE_MARK = "FILE-STORAGE::"
_READ = "_reads_files"
"""Where a flow keeps whether a prediction of it reads files."""


async def require_shared_files(services: WebServices) -> None:
    """Raises StorageUnavailable, with the workers that see another storage than this server."""
    if services.storage_problem is not None and (problem := await services.storage_problem()):
        raise StorageUnavailable(problem)


async def require_files_of_run(flow: Flow, body: Mapping[str, Any], services: WebServices, *, fills_stores: bool = False) -> None:
    """The same for a run whose flow, or whose request, names stored files. Raises StorageUnavailable."""
    if services.storage_problem is None:
        return
    if _mentions(body.get("overrideConfig")) or (_names_any(flow) if fills_stores else reads_files(flow)):
        await require_shared_files(services)


def reads_files(flow: Flow) -> bool:
    """Whether a prediction of this flow reads stored files: a loader that only fills a vector store is not run. Found once per flow."""
    found: bool | None = vars(flow).get(_READ)
    if found is None:
        found = vars(flow)[_READ] = _names_any(flow) and _runs_one(flow)
    return found


def _names_any(flow: Flow) -> bool:
    return any(_mentions(node.inputs) for node in flow.nodes)


def _runs_one(flow: Flow) -> bool:
    if flow.kind == "AGENTFLOW":
        return True
    try:
        plan = plan_of(flow)
    except InvalidFlow:
        return False  # running it tells what is wrong with it
    return any(_mentions(node.inputs) for node in plan.order if node.id not in plan.skipped)


def _mentions(value: Any) -> bool:
    """Whether a stored file is named in this, at any depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if FILE_MARK in item:
                return True
        elif isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


def names_files(*values: Any) -> bool:
    """Whether stored files, or data that will be stored, are named anywhere in these: a reference, or the end of a named data URI."""
    texts = (value if isinstance(value, str) else to_json(value).decode() for value in values if value)
    return any(FILE_MARK in text or ",filename:" in text for text in texts)


def has_files(uploads: Any) -> bool:
    """Whether any of a prediction's uploads is stored, or was before."""
    kinds = (*STORED_KINDS, "stored-file")
    return isinstance(uploads, list) and any(isinstance(upload, Mapping) and upload.get("type") in kinds for upload in uploads)
