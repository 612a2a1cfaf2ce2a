"""The texts that routes of the server tell, as they are and as an operator replaces them."""

from __future__ import annotations

from dataclasses import replace

from quart.testing import QuartClient

from flowisectl.texts.server import IP_ADVICE
from flowisectl.texts.text import BuiltInTexts
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices


async def test_the_texts_are_ours(anybody: QuartClient) -> None:
    address, plans = await anybody.get("/api/v1/ip"), await anybody.get("/api/v1/pricing")

    assert (await address.get_json())["msg"] == IP_ADVICE.ours
    assert await plans.get_json() == []


async def test_the_texts_may_be_replaced(services: WebServices) -> None:
    texts = BuiltInTexts(replaced={"ip-advice": "Ask your provider.", "pricing": ({"title": "Free"}, {"title": "Gold"})})
    client = QuartClient(create_app(replace(services, texts=texts)))

    address, plans = await client.get("/api/v1/ip"), await client.get("/api/v1/pricing")

    assert (await address.get_json())["msg"] == "Ask your provider."
    assert await plans.get_json() == [{"title": "Free"}, {"title": "Gold"}]
