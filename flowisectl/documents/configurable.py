"""Which settings of a document store's components a caller may give anew, as a list for the user interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowisectl.database.document_store import component_of
from flowisectl.documents.store_view import Loader
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import NodeDefinition, NodeParam
from flowisectl.nodes.credential_types import credential_types


def configurable(row: Mapping[str, Any], loader: Loader, catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    """`{node, nodeId, label, name, type, schema?}` for each setting of the loader, its splitter, embeddings, store and record manager.

    Raises UnknownNode.
    """
    configured = (component_of(row, column) for column in ("vectorStoreConfig", "embeddingConfig", "recordManagerConfig"))
    names = [loader.get("loaderId"), loader.get("splitterId"), *(component[0] for component in configured if component)]
    return [item for name in names if name for item in _settings(catalogue.get(str(name)).definition)]


def _settings(definition: NodeDefinition) -> Iterator[dict[str, Any]]:
    owner = {"node": definition.label, "nodeId": f"{definition.name}_0"}
    for kind in definition.credential.names if definition.credential else ():
        for field in credential_types()[kind].fields if kind in credential_types() else ():
            yield {**owner, "label": field.label, "name": field.name, "type": "string" if field.type == "password" else field.type}
    for param in definition.inputs:
        if param.type[:1].islower():  # sockets are named after classes
            yield {**owner, "label": param.label, **_typed(param)}


def _typed(param: NodeParam) -> dict[str, Any]:
    if param.type == "file":
        return {"name": "files", "type": "file"}
    if param.type == "options":
        return {"name": param.name, "type": ", ".join(option.name for option in param.options)}
    if param.type == "array":
        return {"name": param.name, "type": param.type, "schema": {item.name: item.type for item in param.array}}
    return {"name": param.name, "type": param.type}
