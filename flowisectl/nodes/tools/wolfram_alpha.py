"""Computes answers with WolframAlpha."""

from __future__ import annotations

from urllib.parse import urlencode

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.http import HttpCall, HttpDenied, HttpFailed, Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool
from flowisectl.texts.tools import WOLFRAM_ALPHA

URL = "https://www.wolframalpha.com/api/v1/llm-api"


class WolframAlpha(Node):
    definition = NodeDefinition(
        name="wolframAlpha",
        label="WolframAlpha",
        category="Tools",
        version=1.0,
        base_classes=("WolframAlpha", "Tool", "StructuredTool", "Runnable"),
        description="Computes answers with WolframAlpha",
        credential=CredentialParam(("wolframAlphaAppId",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "wolframAlphaAppId")

        async def compute(question: str) -> str:
            # https://products.wolframalpha.com/llm-api/documentation; a refusal says why in plain words, which helps a model.
            url = f"{URL}?{urlencode({'appid': key, 'input': question})}"
            try:
                answer = await context.http.request(HttpCall(method="GET", url=url, headers={}, reach=Reach.ENDPOINT))
            except (HttpFailed, HttpDenied) as error:
                return f"WolframAlpha cannot be reached: {error}".replace(key, "***")
            return answer.text.replace(key, "***")

        return search_tool("wolfram_alpha", context.texts.of(WOLFRAM_ALPHA), compute)
