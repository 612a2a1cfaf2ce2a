"""Routes are matched as ever; an address is built right although what builds it is made late."""

from __future__ import annotations

import pytest
from quart import Quart

from flowisectl.web.route_rule import MatchedRule


@pytest.fixture
def app() -> Quart:
    app = Quart("test", static_folder=None)
    app.url_rule_class = MatchedRule

    async def shown(flow_id: str, page: int = 1) -> str:
        return f"{flow_id} {page}"

    app.add_url_rule("/flows/<flow_id>", "flow", shown, methods=["GET"])
    app.add_url_rule("/flows/<flow_id>/pages/<int:page>", "page", shown, methods=["GET"])
    return app


async def test_a_request_finds_its_route(app: Quart) -> None:
    client = app.test_client()

    assert await (await client.get("/flows/a%20b")).get_data(as_text=True) == "a b 1"
    assert await (await client.get("/flows/a/pages/7")).get_data(as_text=True) == "a 7"
    assert (await client.get("/flows/a/pages/x")).status_code == 404
    assert (await client.post("/flows/a")).status_code == 405


@pytest.mark.parametrize(
    ("endpoint", "values", "address"),
    [
        ("flow", {"flow_id": "a b"}, "/flows/a%20b"),
        ("page", {"flow_id": "a", "page": 7}, "/flows/a/pages/7"),
        ("flow", {"flow_id": "a", "unknown": "x"}, "/flows/a?unknown=x"),
    ],
)
def test_the_address_of_a_route_can_be_built(app: Quart, endpoint: str, values: dict[str, object], address: str) -> None:
    assert app.url_map.bind("host").build(endpoint, values) == address
    assert app.url_map.bind("host").build(endpoint, values) == address
