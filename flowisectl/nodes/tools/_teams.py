"""What Microsoft Teams can be asked to do (https://learn.microsoft.com/graph/api/resources/teams-api-overview)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.nodes.tools._rest_actions import Arguments, action, filled, names

API_URL = "https://graph.microsoft.com/v1.0"
_USER = "https://graph.microsoft.com/v1.0/users('{}')"
_TEAM = {"teamId": "The id of the team"}
_CHANNEL = {**_TEAM, "channelId": "The id of the channel"}
_CHAT = {"chatId": "The id of the chat"}
_MOST = {"maxResults": "how many at most:number"}
_PLACE = {"chatChannelId": "The id of the chat or channel", "teamId": "The id of the team, for a channel"}
_MESSAGE = {**_PLACE, "messageId": "The id of the message"}


def _messages(rest: str = "") -> Callable[[Arguments], str]:
    """The messages of a chat, or of a channel when the team is known."""

    def path(values: Arguments) -> str:
        start = "/teams/{teamId}/channels/{chatChannelId}" if values.get("teamId") else "/chats/{chatChannelId}"
        return filled(f"{start}/messages{rest}", values)

    return path


def _body(values: Arguments) -> dict[str, Any]:
    content = values.get("messageBody") or values.get("replyBody") or ""
    return {"body": {"contentType": str(values.get("contentType") or "text"), "content": str(content)}}


def _member(user: str, role: str = "owner") -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": [role],
        "user@odata.bind": _USER.format(user.replace("'", "''")),
    }


def _new_chat(values: Arguments) -> dict[str, Any]:
    members = [_member(user) for user in names(values.get("members"))]
    topic = {"topic": str(values["topic"])} if values.get("topic") else {}
    return {"chatType": str(values.get("chatType") or "group"), "members": members, **topic}


def _named(values: Arguments) -> dict[str, Any]:
    pairs = (("displayName", "displayName"), ("description", "description"), ("membershipType", "membershipType"), ("topic", "topic"))
    return {name: str(values[argument]) for argument, name in pairs if values.get(argument)}


async def _remove_member(path: str, service: RestService, values: Arguments) -> Any:
    """Graph takes members out by the id of their membership; a user's id is looked up first."""
    members = (await service.json("GET", filled(path, values)) or {}).get("value") or []
    user = str(values["userId"])
    found = next((str(member.get("id")) for member in members if user in (member.get("userId"), member.get("email"))), user)
    return await service.json("DELETE", filled(f"{path}/{{id}}", {**values, "id": found}))


async def _unpin(service: RestService, values: Arguments) -> Any:
    """As `_remove_member`: what is pinned has an id of its own."""
    pinned = (await service.json("GET", filled(_PINNED, values), query={"$expand": "message"}) or {}).get("value") or []
    message = str(values["messageId"])
    found = next((str(pin.get("id")) for pin in pinned if (pin.get("message") or {}).get("id") == message), message)
    return await service.json("DELETE", filled(f"{_PINNED}/{{id}}", {**values, "id": found}))


async def _some_channels(service: RestService, values: Arguments) -> Any:
    """Graph gives all channels of a team, and cannot be asked for fewer."""
    answer = await service.json("GET", filled(_CHANNELS, values)) or {}
    return {**answer, "value": (answer.get("value") or [])[: _count(values)]}


def _count(values: Arguments) -> int:
    try:
        return max(int(values.get("maxResults") or 50), 1)
    except (TypeError, ValueError):
        return 50


_CHANNELS = "/teams/{teamId}/channels"
_PINNED = "/chats/{chatId}/pinnedMessages"
_ONE = f"{_CHANNELS}/{{channelId}}"
_TITLE = {"displayName": "The name", "description": "What it is for"}

CHANNELS = (
    action(
        "listChannels", "list_channels", "Lists the channels of a team", "GET", _CHANNELS, {**_TEAM, **_MOST}, "teamId", act=_some_channels
    ),
    action("getChannel", "get_channel", "Reads a channel", "GET", _ONE, _CHANNEL, "teamId", "channelId"),
    action(
        "createChannel",
        "create_channel",
        "Makes a channel",
        "POST",
        _CHANNELS,
        {**_TEAM, **_TITLE, "membershipType": "standard, private or shared"},
        "teamId",
        "displayName",
        body=_named,
    ),
    action(
        "updateChannel", "update_channel", "Renames a channel", "PATCH", _ONE, {**_CHANNEL, **_TITLE}, "teamId", "channelId", body=_named
    ),
    action("deleteChannel", "delete_channel", "Deletes a channel", "DELETE", _ONE, _CHANNEL, "teamId", "channelId"),
    action("archiveChannel", "archive_channel", "Archives a channel", "POST", f"{_ONE}/archive", _CHANNEL, "teamId", "channelId"),
    action(
        "unarchiveChannel", "unarchive_channel", "Opens an archived channel", "POST", f"{_ONE}/unarchive", _CHANNEL, "teamId", "channelId"
    ),
    action(
        "listChannelMembers", "list_channel_members", "Lists a channel's members", "GET", f"{_ONE}/members", _CHANNEL, "teamId", "channelId"
    ),
    action(
        "addChannelMember",
        "add_channel_member",
        "Adds a member to a channel",
        "POST",
        f"{_ONE}/members",
        {**_CHANNEL, "userId": "The id of the user"},
        "teamId",
        "channelId",
        "userId",
        body=lambda values: _member(str(values["userId"])),
    ),
    action(
        "removeChannelMember",
        "remove_channel_member",
        "Takes a member out of a channel",
        "DELETE",
        f"{_ONE}/members",
        {**_CHANNEL, "userId": "The id of the user"},
        "teamId",
        "channelId",
        "userId",
        act=partial(_remove_member, f"{_ONE}/members"),
    ),
)
CHATS = (
    action("listChats", "list_chats", "Lists the chats", "GET", "/me/chats", _MOST, query={"maxResults": "$top"}),
    action("getChat", "get_chat", "Reads a chat", "GET", "/chats/{chatId}", _CHAT, "chatId"),
    action(
        "createChat",
        "create_chat",
        "Begins a chat",
        "POST",
        "/chats",
        {"chatType": "oneOnOne or group", "topic": "What it is about", "members": "ids of users:list"},
        "members",
        body=_new_chat,
    ),
    action(
        "updateChat",
        "update_chat",
        "Changes a chat's topic",
        "PATCH",
        "/chats/{chatId}",
        {**_CHAT, "topic": "The new topic"},
        "chatId",
        "topic",
        body=_named,
    ),
    action("deleteChat", "delete_chat", "Deletes a chat", "DELETE", "/chats/{chatId}", _CHAT, "chatId"),
    action("listChatMembers", "list_chat_members", "Lists a chat's members", "GET", "/chats/{chatId}/members", _CHAT, "chatId"),
    action(
        "addChatMember",
        "add_chat_member",
        "Adds a member to a chat",
        "POST",
        "/chats/{chatId}/members",
        {**_CHAT, "userId": "The id of the user"},
        "chatId",
        "userId",
        body=lambda values: _member(str(values["userId"])),
    ),
    action(
        "removeChatMember",
        "remove_chat_member",
        "Takes a member out of a chat",
        "DELETE",
        "/chats/{chatId}/members",
        {**_CHAT, "userId": "The id of the user"},
        "chatId",
        "userId",
        act=partial(_remove_member, "/chats/{chatId}/members"),
    ),
    action(
        "pinMessage",
        "pin_message",
        "Pins a message to the top of a chat",
        "POST",
        _PINNED,
        {**_CHAT, "messageId": "The id of the message"},
        "chatId",
        "messageId",
        body=lambda values: {"message@odata.bind": API_URL + filled("/chats/{chatId}/messages/{messageId}", values)},
    ),
    action(
        "unpinMessage",
        "unpin_message",
        "Takes a message off the top of a chat",
        "DELETE",
        _PINNED,
        {**_CHAT, "messageId": "The id of the message"},
        "chatId",
        "messageId",
        act=_unpin,
    ),
)
CHAT_MESSAGES = (
    action(
        "listMessages",
        "list_messages",
        "Lists messages of a chat or channel",
        "GET",
        _messages(),
        {**_PLACE, **_MOST},
        "chatChannelId",
        query={"maxResults": "$top"},
    ),
    action("getMessage", "get_message", "Reads a message", "GET", _messages("/{messageId}"), _MESSAGE, "chatChannelId", "messageId"),
    action(
        "sendMessage",
        "send_message",
        "Sends a message to a chat or channel",
        "POST",
        _messages(),
        {**_PLACE, "messageBody": "The message", "contentType": "text or html"},
        "chatChannelId",
        "messageBody",
        body=_body,
    ),
    action(
        "updateMessage",
        "update_message",
        "Changes a message",
        "PATCH",
        _messages("/{messageId}"),
        {**_MESSAGE, "messageBody": "The new text"},
        "chatChannelId",
        "messageId",
        "messageBody",
        body=_body,
    ),
    action(
        "deleteMessage",
        "delete_message",
        "Deletes a message",
        "POST",
        _messages("/{messageId}/softDelete"),
        _MESSAGE,
        "chatChannelId",
        "messageId",
    ),
    action(
        "replyToMessage",
        "reply_to_message",
        "Replies to a message",
        "POST",
        _messages("/{messageId}/replies"),
        {**_MESSAGE, "replyBody": "The reply", "contentType": "text or html"},
        "chatChannelId",
        "messageId",
        "replyBody",
        body=_body,
    ),
    action(
        "setReaction",
        "set_reaction",
        "Reacts to a message",
        "POST",
        _messages("/{messageId}/setReaction"),
        {**_MESSAGE, "reactionType": "like, heart, laugh, surprised, sad or angry"},
        "chatChannelId",
        "messageId",
        body=lambda values: {"reactionType": str(values.get("reactionType") or "like")},
    ),
    action(
        "unsetReaction",
        "unset_reaction",
        "Takes a reaction back",
        "POST",
        _messages("/{messageId}/unsetReaction"),
        {**_MESSAGE, "reactionType": "like, heart, laugh, surprised, sad or angry"},
        "chatChannelId",
        "messageId",
        body=lambda values: {"reactionType": str(values.get("reactionType") or "like")},
    ),
    action(
        "getAllMessages",
        "get_all_messages",
        "Reads the messages of all chats",
        "GET",
        "/me/chats/getAllMessages",
        _MOST,
        query={"maxResults": "$top"},
    ),
)
