"""Prompts that others published, for whoever writes one: POST /prompts-list and POST /load-prompt."""

from __future__ import annotations

import logging

from quart import Blueprint, Response

from flowisectl.clients.prompt_hub import list_prompts, load_prompt, templates_of
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.requests.body import body_object, text_member
from flowisectl.web.services import current_services

blueprint = Blueprint("prompts", __name__)

_LOADS = "promptsService.loadPrompt"
LONGEST_TAGS = 500

log = logging.getLogger(__name__)


def _client() -> HttpClient:
    client = current_services().outgoing
    if client is None:
        raise ProviderError("this server cannot call LangSmith's hub", provider="LangSmith")
    return client


@blueprint.post("/prompts-list")
async def listing() -> Response:
    """`{status: "OK", repos}`; with status ERROR there are none, because the hub cannot be reached."""
    tags = (await body_object()).get("tags")
    try:
        repos = await list_prompts(_client(), tags[:LONGEST_TAGS] if isinstance(tags, str) else "")
    except ProviderError as error:
        log.info("the hub's prompts cannot be listed: %s", error)
        return json_answer({"status": "ERROR", "repos": []})
    return json_answer({"status": "OK", "repos": repos})


@blueprint.post("/load-prompt")
async def read() -> Response:
    """`{status: "OK", prompt, templates}` of the prompt that `promptName` names (`owner/name`)."""
    name = text_member(await body_object(), "promptName", "loadPromptsController.createPrompt")
    try:
        prompt = await load_prompt(_client(), name)
    except ProviderError as error:
        raise HttpError(500, service_text(_LOADS, error.message)) from error
    return json_answer({"status": "OK", "prompt": prompt, "templates": templates_of(prompt)})
