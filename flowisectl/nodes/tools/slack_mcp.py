"""Lets an agent use Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.oauth import access_token
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import ProviderError
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._rest_actions import RestAction, chosen, rest_tool

API_URL = "https://slack.com/api"
_CHANNEL = {"channel_id": "The id of the channel"}
_PAGE = {"limit": "how many at most:number", "cursor": "where to go on, from the answer before"}
_MOST = {"limit": "limit", "cursor": "cursor"}


def _post(key: str, description: str, method: str, arguments: dict[str, str], names: Mapping[str, str]) -> RestAction:
    """An action whose arguments go into the body, under the names that Slack has for them."""
    return RestAction(
        key=key,
        tool=key,
        description=description,
        method="POST",
        path=f"/{method}",
        arguments=arguments,
        required=tuple(arguments),
        body=lambda values: {name: values[argument] for argument, name in names.items() if argument in values},
    )


def _get(
    key: str, description: str, method: str, arguments: dict[str, str], required: tuple[str, ...], query: Mapping[str, str]
) -> RestAction:
    return RestAction(
        key=key, tool=key, description=description, method="GET", path=f"/{method}", arguments=arguments, required=required, query=query
    )


_THREAD = {**_CHANNEL, "thread_ts": "The time of the thread's first message"}
ACTIONS = (
    _get("slack_list_channels", "Lists the public channels", "conversations.list", _PAGE, (), _MOST),
    _post("slack_post_message", "Posts a message in a channel", "chat.postMessage", {**_CHANNEL, "text": "The message"},
          {"channel_id": "channel", "text": "text"}),
    _post("slack_reply_to_thread", "Replies in a thread", "chat.postMessage", {**_THREAD, "text": "The reply"},
          {"channel_id": "channel", "thread_ts": "thread_ts", "text": "text"}),
    _post("slack_add_reaction", "Reacts to a message", "reactions.add",
          {**_CHANNEL, "timestamp": "The time of the message", "reaction": "The emoji's name, without colons"},
          {"channel_id": "channel", "timestamp": "timestamp", "reaction": "name"}),
    _get("slack_get_channel_history", "Reads the last messages of a channel", "conversations.history",
         {**_CHANNEL, "limit": "how many at most:number"}, ("channel_id",), {"channel_id": "channel", "limit": "limit"}),
    _get("slack_get_thread_replies", "Reads a thread", "conversations.replies", _THREAD, ("channel_id", "thread_ts"),
         {"channel_id": "channel", "thread_ts": "ts"}),
    _get("slack_get_users", "Lists the members of the workspace", "users.list", _PAGE, (), _MOST),
    _get("slack_get_user_profile", "Reads a member's profile", "users.profile.get", {"user_id": "The id of the member"}, ("user_id",),
         {"user_id": "user", "include_labels": "include_labels"}),
)  # fmt: skip


class _Slack(RestService):
    """Slack says in the body of a success whether the request failed."""

    async def json(self, *args: Any, **options: Any) -> Any:
        answer = await super().json(*args, **options)
        if isinstance(answer, Mapping) and answer.get("ok") is False:
            raise ProviderError(f"slack refused the request: {answer.get('error')}", provider="slack")
        return [{"type": "text", "text": orjson.dumps(answer).decode()}]


class SlackMCP(Node):
    """The tools are those of Slack's MCP server; they speak to Slack's own API, so no server has to be started."""

    definition = NodeDefinition(
        name="slackMCP",
        label="Slack MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Slack MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use Slack",
        credential=CredentialParam(("slackOAuth2", "slackApi")),
        inputs=(NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        async def service() -> RestService:
            token = inputs.secret("botToken") or await access_token(context.http, inputs.credential, provider="slack")
            return _Slack(context.http, provider="slack", base_url=API_URL, headers={"authorization": f"Bearer {token}"}, secrets=(token,))

        return [rest_tool(action, service, {}) for action in chosen(ACTIONS, inputs.json("mcpActions"), inputs)]
