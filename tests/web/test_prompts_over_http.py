"""Prompts of a public hub: listed, read, and what is answered when the hub cannot be reached."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed, HttpResponse
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

SYSTEM = {
    "id": ["langchain", "prompts", "chat", "SystemMessagePromptTemplate"],
    "kwargs": {"prompt": {"kwargs": {"template": "Be {tone}"}}},
}
HUMAN = {"id": ["x", "HumanMessagePromptTemplate"], "kwargs": {"prompt": {"kwargs": {"template": "{question}"}}}}
CHAT = {
    "lc": 1,
    "type": "constructor",
    "id": ["langchain", "ChatPromptTemplate"],
    "kwargs": {"messages": [SYSTEM, HUMAN, "odd", {"id": []}]},
}
PLAIN = {"id": ["langchain_core", "prompts", "prompt", "PromptTemplate"], "kwargs": {"template": "Say {x}"}}


@dataclass
class Hub:
    """A hub that answers as a test says."""

    answers: dict[str, Any] = field(default_factory=dict)
    failure: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def request(self, call: HttpCall) -> HttpResponse:
        self.asked.append(call.url)
        if self.failure is not None:
            raise self.failure
        path = call.url.removeprefix("https://api.smith.langchain.com").partition("?")[0]
        known = path in self.answers
        return HttpResponse(status=200 if known else 404, reason="", headers={}, body=json.dumps(self.answers.get(path, {})).encode())

    def stream(self, call: HttpCall) -> Any:
        raise NotImplementedError


async def asked(services: WebServices, key: dict[str, str], hub: Hub | None, path: str, body: Any) -> tuple[int, Any]:
    client = QuartClient(create_app(replace(services, outgoing=hub)), use_cookies=False)
    answer = await client.post(f"/api/v1/{path}", json=body, headers=key)
    return answer.status_code, await answer.get_json()


async def test_prompts_are_listed(services: WebServices, key: dict[str, str]) -> None:
    hub = Hub(answers={"/repos": {"repos": [{"full_name": "ada/tea"}], "total": 1}})

    answer = await asked(services, key, hub, "prompts-list", {"tags": "a b,c&is_public=false"})

    assert answer == (200, {"status": "OK", "repos": [{"full_name": "ada/tea"}]})
    assert "tags=a+b&tags=c%26is_public%3Dfalse" in hub.asked[0] and "is_public=true" in hub.asked[0]


@pytest.mark.parametrize(
    "hub", [None, Hub(failure=HttpFailed("no route")), Hub(failure=HttpDenied("denied")), Hub(), Hub(answers={"/repos": 7})]
)
async def test_without_the_hub_there_are_none(services: WebServices, key: dict[str, str], hub: Hub | None) -> None:
    listed = await asked(services, key, hub, "prompts-list", {})
    status, told = await asked(services, key, hub, "load-prompt", {"promptName": "ada/tea"})

    assert listed == (200, {"status": "ERROR", "repos": []})
    assert status == 500 and told["message"].startswith("Error: promptsService.loadPrompt - ")


@pytest.mark.parametrize(
    ("name", "path", "manifest", "texts"),
    [
        ("ada/tea", "/commits/ada/tea/latest", CHAT, [("systemMessagePrompt", "Be {tone}"), ("humanMessagePrompt", "{question}")]),
        ("ada/tea:50442af1", "/commits/ada/tea/50442af1", PLAIN, [("template", "Say {x}")]),
        ("ada/tea/50442af1", "/commits/ada/tea/50442af1", {"id": "odd", "kwargs": []}, []),
    ],
)
async def test_a_prompt_is_read_with_its_texts(
    services: WebServices, key: dict[str, str], name: str, path: str, manifest: Any, texts: list[tuple[str, str]]
) -> None:
    status, answer = await asked(services, key, Hub(answers={path: {"manifest": manifest}}), "load-prompt", {"promptName": name})

    assert (status, answer["status"], answer["prompt"]) == (200, "OK", manifest)
    assert [(item["type"], item["template"]) for item in answer["templates"]] == texts


@pytest.mark.parametrize(
    "name", ["", None, 7, "tea", "../../me", "ada/tea?x=1", "ada/..%2f", "a/b/c/d", "ada/tea\n", "http://evil.example/x"]
)
async def test_other_names_never_reach_the_hub(services: WebServices, key: dict[str, str], name: Any) -> None:
    hub = Hub()

    status, _ = await asked(services, key, hub, "load-prompt", {"promptName": name})

    assert status in (400, 412) and hub.asked == []


async def test_strangers_get_nothing(services: WebServices) -> None:
    hub = Hub()

    answers = [await asked(services, {}, hub, path, {"promptName": "ada/tea"}) for path in ("prompts-list", "load-prompt")]

    assert answers == [(401, {"error": "Unauthorized Access"})] * 2 and hub.asked == []
