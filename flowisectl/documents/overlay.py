"""What a document upsert over the API changes: the loader and the components that its body names, over those that the store has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowisectl.database.document_store import component_of
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.documents.store import LoaderNotFound
from flowisectl.documents.store_view import Loader, loader_in
from flowisectl.errors import InvalidRequest

COMPONENTS = {"vectorStore": "vectorStoreConfig", "embedding": "embeddingConfig", "recordManager": "recordManagerConfig"}


def flag(body: Mapping[str, Any], name: str) -> bool:
    """true, or the text `true` of a form."""
    value = body.get(name)
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def named(body: Mapping[str, Any], name: str) -> tuple[str, dict[str, Any]] | None:
    """A component of the body, `{name?, config?}` as data or JSON text. Raises InvalidRequest for anything else."""
    value = json_value(body.get(name))
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{name} must be an object with name and config, or its JSON text")
    config = json_value(value.get("config"))
    return str(value.get("name") or ""), dict(config) if isinstance(config, Mapping) else {}


def overlaid_loader(row: Row, body: Mapping[str, Any], *, new_id: str, label_of: Callable[[str], str]) -> Loader:
    """The loader to run: that of `docId` with changes (in its place with `replaceExisting`, else under `new_id`), or a new one.

    `label_of` gives the label that people know a component by, which is what a new loader and a new splitter are called.

    Raises LoaderNotFound, InvalidRequest.
    """
    doc_id = body.get("docId")
    loader: Loader = {"loaderConfig": {}, "splitterId": "", "splitterName": "", "splitterConfig": {}}
    if isinstance(doc_id, str) and doc_id:
        found = loader_in(row, doc_id)
        if found is None:
            raise LoaderNotFound(doc_id, row["id"])
        loader |= found
    if (given := named(body, "loader")) is not None:
        name, config = given
        is_same = not name or name == loader.get("loaderId")
        loader["loaderConfig"] = {**(loader["loaderConfig"] if is_same else {}), **config}
        if name:
            loader["loaderId"] = name
    if (given := named(body, "splitter")) is not None:
        name, config = given
        is_same = not name or name == loader.get("splitterId")
        loader["splitterConfig"] = {**(loader["splitterConfig"] if is_same else {}), **config}
        if name:
            loader |= {"splitterId": name, "splitterName": label_of(name)}
    if not loader.get("loaderId"):
        raise InvalidRequest("loader not provided! Name a document loader, or a docId of the store")
    if isinstance(body.get("loaderName"), str) and body["loaderName"]:
        loader["loaderName"] = body["loaderName"]
    loader.setdefault("loaderName", label_of(loader["loaderId"]))
    metadata = json_value(body.get("metadata"))
    if isinstance(metadata, Mapping):
        known = json_value(loader["loaderConfig"].get("metadata"))
        loader["loaderConfig"] = {**loader["loaderConfig"], "metadata": {**(known if isinstance(known, Mapping) else {}), **metadata}}
    is_replaced = bool(doc_id) and flag(body, "replaceExisting")
    return {**loader, "id": doc_id if is_replaced else new_id}


def overlaid_store(row: Row, body: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the store that the body's components change. Raises InvalidRequest when one is needed and there is none."""
    changes: dict[str, Any] = {}
    for name, column in COMPONENTS.items():
        known = component_of(row, column)
        given = named(body, name)
        if given is None:
            if known is None and name != "recordManager":
                raise InvalidRequest(f"{name} not provided! The document store {row['id']} has none configured")
            continue
        component, config = given
        if not component and known is None:
            raise InvalidRequest(f"{name} needs a name: the document store {row['id']} has none configured")
        is_same = known is not None and component in ("", known[0])
        changes[column] = {
            "config": {**(known[1] if known is not None and is_same else {}), **config},
            "name": component or (known[0] if known else ""),
        }
    return changes
