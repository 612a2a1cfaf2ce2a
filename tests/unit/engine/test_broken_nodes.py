"""A node whose module cannot be imported is left out; all others are there."""

from __future__ import annotations

import logging

import pytest

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import Node, NodeDefinition
from flowisectl.errors import BrokenNode, UnknownNode


class Whole(Node):
    definition = NodeDefinition(name="wholeNode", label="Whole", category="Tools", version=1.0, base_classes=("Whole",))


def broken() -> Node:
    raise ImportError("libsomething.so.1: cannot open shared object file")


@pytest.fixture
def catalogue() -> NodeCatalogue:
    return NodeCatalogue({"brokennode": broken, "wholenode": Whole})


def test_an_iteration_leaves_it_out_and_says_so_once(catalogue: NodeCatalogue, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        names = [[node.definition.name for node in catalogue] for _ in range(2)]

    assert names == [["wholeNode"], ["wholeNode"]]
    assert [record.getMessage() for record in caplog.records] == ["node brokennode cannot be loaded and is left out"]
    assert catalogue.broken == {"brokennode": "ImportError: libsomething.so.1: cannot open shared object file"}


def test_a_flow_that_uses_it_is_told_why(catalogue: NodeCatalogue) -> None:
    with pytest.raises(BrokenNode, match=r"brokenNode.*node n_1.*flow f_1.*libsomething\.so\.1") as raised:
        catalogue.get("brokenNode", node_id="n_1", flow_id="f_1")

    assert isinstance(raised.value, UnknownNode) and raised.value.node_name == "brokenNode"
    assert "brokenNode" not in catalogue and "wholeNode" in catalogue
