"""The tools that an agent's model provider runs itself, as its API writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.nodes.agentflow._agent_params import BUILT_IN

_DATE = re.compile(r"_\d{8}$")


def provider_tools(inputs: NodeInputs) -> tuple[Mapping[str, Any], ...]:
    """What the node has chosen. Choices that were made for another model stay in the export and do not count."""
    model = inputs.text("agentModel")
    for name, (_, provider, _) in BUILT_IN.items():
        chosen = inputs.json(name) if provider == model else None
        if isinstance(chosen, list):
            return tuple(_WRITTEN[provider](str(tool)) for tool in chosen if tool)
    return ()


def _openai(tool: str) -> dict[str, Any]:
    """https://platform.openai.com/docs/guides/tools; programs run in a container that OpenAI makes."""
    return {"type": tool, "container": {"type": "auto"}} if tool == "code_interpreter" else {"type": tool}


def _gemini(tool: str) -> dict[str, Any]:
    """https://ai.google.dev/api/caching#Tool."""
    return {tool: {}}


def _anthropic(tool: str) -> dict[str, Any]:
    """https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/web-search-tool; the type carries a date, the name does not."""
    return {"type": tool, "name": _DATE.sub("", tool)}


_WRITTEN = {"chatOpenAI": _openai, "chatGoogleGenerativeAI": _gemini, "chatAnthropic": _anthropic}
