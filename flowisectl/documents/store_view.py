"""A row of `document_store` as clients see it, and what its JSON columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value

FILE_MARK = "FILE-STORAGE::"
_FILE_INPUTS = ("txtFile", "pdfFile", "csvFile", "jsonFile", "jsonlinesFile", "docxFile", "yamlFile", "fileObject", "file")

Loader = dict[str, Any]
"""`{id, loaderId, loaderName, loaderConfig, splitterId, splitterName, splitterConfig, totalChunks, totalChars, status}`, with
`files` and `credential` where there are some. `loaderId` and `splitterId` are names of components."""


def loaders_of(row: Mapping[str, Any]) -> list[Loader]:
    value = json_value(row["loaders"])
    return [dict(item) for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def store_view(row: Row) -> dict[str, Any]:
    """The row with its JSON parsed, the totals of its loaders, and each loader's source. It is STALE while one loader is not SYNC."""
    loaders = [{**loader, "source": source_of(loader)} for loader in loaders_of(row)]
    used = json_value(row["whereUsed"])
    is_stale = any(loader.get("status") != "SYNC" for loader in loaders)
    return {
        **row,
        "loaders": loaders,
        "whereUsed": used if isinstance(used, list) else [],
        **{name: json_value(row[name]) for name in ("vectorStoreConfig", "embeddingConfig", "recordManagerConfig")},
        "status": "STALE" if is_stale else row["status"],
        "totalChars": _total(loaders, "totalChars"),
        "totalChunks": _total(loaders, "totalChunks"),
    }


def source_of(loader: Mapping[str, Any]) -> str:
    """Where a loader's documents come from, in words: names of files, or an address; `None` for neither."""
    config = loader.get("loaderConfig")
    config = config if isinstance(config, Mapping) else {}
    files = loader.get("files")
    if isinstance(files, list) and files:
        return ", ".join(str(file.get("name", "")) for file in files if isinstance(file, Mapping))
    for name in _FILE_INPUTS:
        value = config.get(name)
        if isinstance(value, str) and value.startswith(FILE_MARK):
            names = json_value(value.removeprefix(FILE_MARK))
            return ", ".join(map(str, names)) if isinstance(names, list) else str(names)
    url = config.get("url")
    return url if isinstance(url, str) and url else "None"


def loader_in(row: Mapping[str, Any], loader_id: str) -> Loader | None:
    return next((loader for loader in loaders_of(row) if loader.get("id") == loader_id), None)


def with_loader(row: Mapping[str, Any], loader: Loader) -> list[Loader]:
    """The row's loaders with this one in its place, or at the end when it is new."""
    loaders = loaders_of(row)
    places = [place for place, other in enumerate(loaders) if other.get("id") == loader["id"]]
    if places:
        loaders[places[0]] = loader
        return loaders
    return [*loaders, loader]


def _total(loaders: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(value for loader in loaders if isinstance(value := loader.get(name), int))
