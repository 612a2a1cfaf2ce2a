"""`flowisectl nodes` when a module of the catalogue cannot be imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import Node, NodeDefinition
from flowisectl.nodes import discovery


class Adder(Node):
    definition = NodeDefinition(name="adder", label="Adder", category="Tools", version=1.0, base_classes=("Adder", "Tool"))


def broken() -> Node:
    raise ImportError("no module named numbers_library")


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "load_catalogue", lambda: NodeCatalogue({"brokenone": broken, "adder": Adder}))


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_list_goes_on_without_it_and_says_so(flowisectl: Callable[..., Any], options: list[str]) -> None:
    ended = flowisectl("nodes", "list", *options)

    assert ended.status == 0 and "adder" in ended.out and "brokenone" not in ended.out
    assert "brokenone is left out" in ended.err and "numbers_library" in ended.err
    assert not options or [item["name"] for item in json.loads(ended.out)] == ["adder"]


def test_showing_it_tells_why_not(flowisectl: Callable[..., Any]) -> None:
    ended = flowisectl("nodes", "show", "brokenOne")

    assert ended.status == 1 and "numbers_library" in ended.err
