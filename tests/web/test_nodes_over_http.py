"""The catalogue over HTTP when one of its modules cannot be imported."""

from __future__ import annotations

from dataclasses import replace

import pytest
from quart.testing import QuartClient

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import Node, NodeDefinition
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices


class Adder(Node):
    definition = NodeDefinition(name="adder", label="Adder", category="Tools", version=1.0, base_classes=("Adder", "Tool"))


def broken() -> Node:
    raise ImportError("no module named numbers_library")


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("nodes", ["adder"]),
        ("nodes/category/Tools", ["adder"]),
        ("assistants/components/tools", ["adder"]),
        ("document-store/components/loaders", []),
    ],
)
async def test_a_list_of_components_leaves_out_what_cannot_be_imported(
    services: WebServices, admin: QuartClient, path: str, names: list[str]
) -> None:
    client = QuartClient(create_app(replace(services, catalogue=NodeCatalogue({"broken": broken, "adder": Adder}))))
    client.cookie_jar = admin.cookie_jar

    answer = await client.get(f"/api/v1/{path}", headers={"x-request-from": "internal"})

    assert answer.status_code == 200 and [item["name"] for item in await answer.get_json()] == names


async def test_the_node_itself_is_not_found(services: WebServices, key: dict[str, str]) -> None:
    client = QuartClient(create_app(replace(services, catalogue=NodeCatalogue({"broken": broken}))), use_cookies=False)

    answer = await client.get("/api/v1/nodes/broken", headers=key)

    assert answer.status_code == 500
    assert (await answer.get_json())["message"] == "Error: nodesService.getAllNodes - Node broken not found"
