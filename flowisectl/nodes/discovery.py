"""Find the nodes without importing them.

A node's module is named after the node: `chatOpenAI` lives in `chat_open_ai.py` or `chat_openai.py`, whichever reads
better; without underscores the two are equal, whatever the case. Modules whose name starts with `_` are private. Two nodes whose
names differ in case alone (`serpAPI`, `serpApi`) lie in different categories.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import Node


def load_catalogue() -> NodeCatalogue:
    """Every node under this package. Raises ValueError when two modules of one category claim one name."""
    loaders: dict[str, Callable[[], Node]] = {}
    root = Path(__file__).parent
    for category in pkgutil.iter_modules([str(root)]):
        if not category.ispkg or category.name.startswith("_"):
            continue
        for module in pkgutil.iter_modules([str(root / category.name)]):
            if module.name.startswith("_"):
                continue
            key = module.name.replace("_", "").lower()
            if key in loaders:
                key = f"{category.name}/{key}"
            if key in loaders:
                raise ValueError(f"two node modules are named after {key!r}; the second is {category.name}/{module.name}.py")
            loaders[key] = partial(_load, f"{__package__}.{category.name}.{module.name}")
    return NodeCatalogue(loaders)


def _load(path: str) -> Node:
    module = importlib.import_module(path)
    classes = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Node) and item is not Node and item.__module__ == path and "definition" in vars(item)
    ]
    if len(classes) != 1:
        raise ValueError(f"{path} must define exactly one node with a definition, not {len(classes)}")
    return classes[0]()
