"""Tools of a service whose user has logged in (OAuth 2.0): one for each action that the node's input names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.clients.oauth import access_token
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._rest_actions import RestAction, chosen, rest_tool

SECONDS = 120.0


def login_tools(
    inputs: NodeInputs,
    context: RunContext,
    *,
    provider: str,
    base_url: str,
    actions: Sequence[RestAction],
    wanted: Any,
    fixed: Mapping[str, str],
) -> list[Tool]:
    """`fixed` maps the node's inputs that are filled in to the arguments that they fix. Raises MissingInput, InvalidFlow."""

    async def service() -> RestService:
        token = await access_token(context.http, inputs.credential, provider=provider)
        return RestService(
            context.http,
            provider=provider,
            base_url=base_url,
            headers={"authorization": f"Bearer {token}"},
            secrets=(token,),
            timeout_seconds=SECONDS,
            retries=2,
        )

    values = {argument: inputs.get(field) for field, argument in fixed.items() if inputs.get(field) is not None}
    return [
        rest_tool(action, service, {name: value for name, value in values.items() if name in action.arguments})
        for action in chosen(actions, wanted, inputs)
    ]
