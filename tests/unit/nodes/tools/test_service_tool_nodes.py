"""The tools that act at services: mail, chats, documents of an API, agentflows."""

from __future__ import annotations

import base64
import email
from email import policy
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError, RunStopped
from flowisectl.interfaces.http import HttpResponse
from flowisectl.llm.openapi import read_openapi
from flowisectl.nodes.tools.agent_as_tool import AgentAsTool
from flowisectl.nodes.tools.gmail import Gmail
from flowisectl.nodes.tools.microsoft_teams import MicrosoftTeams
from flowisectl.nodes.tools.open_api_toolkit import OpenAPIToolkit
from flowisectl.nodes.tools.slack_mcp import SlackMCP
from flowisectl.testing import InMemoryBlobs, InMemoryFlows, PythonJavaScript, ScriptedHttp, run_context

LOGIN = {"access_token": "ya29.secret"}


def answer(body: Any = None, status: int = 200) -> HttpResponse:
    data = b"" if body is None else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=data)


async def build(node: Node, *script: Any, credential: Any = None, context: Any = None, **inputs: Any) -> tuple[list[Any], ScriptedHttp]:
    http = ScriptedHttp(*script)
    values = NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential)
    built = await node.build(values, run_context(http=http, question="asked", **(context or {})))
    return built if isinstance(built, list) else [built], http


class TestGmail:
    async def test_a_mail_is_sent_as_it_is_written(self) -> None:
        (tool,), http = await build(
            Gmail(), answer({"id": "m1"}), credential=LOGIN, gmailType="messages", messageActions='["sendMessage"]', messageCc="boss@a.test"
        )

        outcome = await tool.call({"to": "ann@a.test, bob@b.test", "subject": "Grüße\nBcc: evil@x.test", "body": "Hällo"}, {})

        assert (tool.spec.name, orjson.loads(outcome.text)) == ("send_message", {"id": "m1"})
        assert http.calls[0].url == "https://gmail.googleapis.com/gmail/v1/users/me/messages/send"
        assert http.calls[0].headers["authorization"] == "Bearer ya29.secret"
        raw = orjson.loads(http.calls[0].body or b"")["raw"]
        message = email.message_from_bytes(base64.urlsafe_b64decode(raw + "=="), policy=policy.default)
        assert (message["to"], message["cc"]) == ("ann@a.test, bob@b.test", "boss@a.test")
        assert message["subject"] == "Grüße Bcc: evil@x.test"
        assert message["bcc"] is None, "a line end in the subject must not add a header"
        assert message.get_content().strip() == "Hällo"
        assert outcome.tool_input["cc"] == "boss@a.test"

    async def test_one_tool_for_each_action(self) -> None:
        tools, http = await build(
            Gmail(), answer({"ok": 1}), answer(None, 204), credential=LOGIN, gmailType="labels", labelActions=["listLabels", "deleteLabel"]
        )

        assert [tool.spec.name for tool in tools] == ["list_labels", "delete_label"]
        await tools[0].call({}, {})
        deleted = await tools[1].call({"id": "a/b"}, {})
        assert [(call.method, call.url.rpartition("/me")[2]) for call in http.calls] == [("GET", "/labels"), ("DELETE", "/labels/a%2Fb")]
        assert orjson.loads(deleted.text) == {"success": True}

    async def test_missing_arguments_actions_and_logins_are_told(self) -> None:
        (tool,), http = await build(Gmail(), credential=LOGIN, gmailType="messages", messageActions='["getMessage"]')
        (no_login,), _ = await build(Gmail(), gmailType="messages", messageActions='["getMessage"]')

        with pytest.raises(FlowError, match="get_message lacks id"):
            await tool.call({"id": ""}, {})
        assert http.calls == []
        with pytest.raises(MissingInput, match="log in"):
            await no_login.call({"id": "1"}, {})
        with pytest.raises(MissingInput, match="has no action"):
            await build(Gmail(), gmailType="messages")
        with pytest.raises(InvalidFlow, match="'fly' is not supported"):
            await build(Gmail(), gmailType="messages", messageActions='["fly"]')

    async def test_an_old_token_is_renewed_for_the_run(self) -> None:
        credential = {
            "access_token": "old", "expires_at": "2020-01-01T00:00:00Z", "refresh_token": "r-secret", "clientId": "c",
            "clientSecret": "cs-secret", "accessTokenUrl": "https://oauth.test/token",
        }  # fmt: skip
        (tool,), http = await build(
            Gmail(), answer({"access_token": "new"}), answer({}), credential=credential, gmailType="drafts", draftActions='["listDrafts"]'
        )

        await tool.call({}, {})

        assert http.calls[0].url == "https://oauth.test/token"
        assert b"grant_type=refresh_token" in (http.calls[0].body or b"")
        assert http.calls[1].headers["authorization"] == "Bearer new"

    async def test_a_refused_renewal_shows_no_secret(self) -> None:
        credential = {"access_token": "old", "expires_at": 1, "refresh_token": "r-secret", "accessTokenUrl": "https://oauth.test/token"}
        (tool,), _ = await build(
            Gmail(), answer({"error": "r-secret"}, 400), credential=credential, gmailType="drafts", draftActions='["listDrafts"]'
        )

        with pytest.raises(ProviderError, match="log in again") as caught:
            await tool.call({}, {})
        assert "secret" not in str(caught.value)


class TestTeams:
    async def test_a_message_goes_to_a_channel_when_the_team_is_known_else_to_a_chat(self) -> None:
        (tool,), http = await build(
            MicrosoftTeams(), answer({"id": "1"}), answer({"id": "2"}), credential=LOGIN, teamsType="chatMessage",
            chatMessageActions='["sendMessage"]', chatChannelIdSendMessage="fixed",
        )  # fmt: skip

        await tool.call({"teamId": "t", "messageBody": "Hi"}, {})
        await tool.call({"messageBody": "<b>Hi</b>", "contentType": "html"}, {})

        root = "https://graph.microsoft.com/v1.0"
        assert [call.url for call in http.calls] == [f"{root}/teams/t/channels/fixed/messages", f"{root}/chats/fixed/messages"]
        assert orjson.loads(http.calls[1].body or b"") == {"body": {"contentType": "html", "content": "<b>Hi</b>"}}
        assert tool.spec.parameters["required"] == ["messageBody"], "what the node fixes is not asked for"

    async def test_inputs_of_several_actions_are_shared(self) -> None:
        (tool,), http = await build(
            MicrosoftTeams(), answer(None, 204), credential=LOGIN, teamsType="channel", channelActions='["archiveChannel"]',
            teamIdDeleteChannel="t", channelIdDeleteChannel="c",
        )  # fmt: skip

        await tool.call({}, {})

        assert http.calls[0].url.endswith("/teams/t/channels/c/archive")

    @pytest.mark.parametrize(
        ("kind", "action", "place"), [("channel", "removeChannelMember", "/teams/t/channels/c"), ("chat", "removeChatMember", "/chats/ch")]
    )
    async def test_a_member_is_taken_out_by_the_membership(self, kind: str, action: str, place: str) -> None:
        members = answer({"value": [{"id": "m-1", "userId": "other"}, {"id": "m-2", "userId": "u"}]})
        (tool,), http = await build(
            MicrosoftTeams(), members, answer(None, 204), credential=LOGIN, teamsType=kind, **{f"{kind}Actions": f'["{action}"]'}
        )

        await tool.call({"teamId": "t", "channelId": "c", "chatId": "ch", "userId": "u"}, {})

        assert [(call.method, call.url.removeprefix("https://graph.microsoft.com/v1.0")) for call in http.calls] == [
            ("GET", f"{place}/members"),
            ("DELETE", f"{place}/members/m-2"),
        ]

    async def test_a_message_is_pinned_and_taken_off(self) -> None:
        pinned = answer({"value": [{"id": "p-1", "message": {"id": "m"}}]})
        (pin, unpin), http = await build(
            MicrosoftTeams(), answer({"id": "p-1"}), pinned, answer(None, 204), credential=LOGIN, teamsType="chat",
            chatActions='["pinMessage", "unpinMessage"]', chatIdPinMessage="ch", messageIdPinMessage="m",
        )  # fmt: skip

        await pin.call({}, {})
        await unpin.call({}, {})

        root = "https://graph.microsoft.com/v1.0/chats/ch"
        assert orjson.loads(http.calls[0].body or b"") == {"message@odata.bind": f"{root}/messages/m"}
        assert (http.calls[2].method, http.calls[2].url) == ("DELETE", f"{root}/pinnedMessages/p-1")

    async def test_only_so_many_channels_are_told(self) -> None:
        channels = answer({"value": [{"id": str(number)} for number in range(9)]})
        (tool,), _ = await build(
            MicrosoftTeams(), channels, credential=LOGIN, teamsType="channel", channelActions='["listChannels"]',
            maxResultsListChannels="2",
        )  # fmt: skip

        told = orjson.loads((await tool.call({"teamId": "t"}, {})).text)

        assert [channel["id"] for channel in told["value"]] == ["0", "1"]

    async def test_a_chat_begins_with_its_members(self) -> None:
        (tool,), http = await build(MicrosoftTeams(), answer({"id": "1"}), credential=LOGIN, teamsType="chat", chatActions='["createChat"]')

        await tool.call({"members": ["u1", "o'x"], "topic": "T"}, {})

        body = orjson.loads(http.calls[0].body or b"")
        assert (body["chatType"], body["topic"]) == ("group", "T")
        assert [member["user@odata.bind"].rpartition("/")[2] for member in body["members"]] == ["users('u1')", "users('o''x')"]


class TestSlack:
    async def test_a_message_is_posted_with_the_bots_token(self) -> None:
        (tool,), http = await build(
            SlackMCP(), answer({"ok": True, "ts": "1.2"}), credential={"botToken": "xoxb-secret"}, mcpActions='["slack_post_message"]'
        )

        outcome = await tool.call({"channel_id": "C1", "text": "Hi"}, {})

        assert orjson.loads(outcome.text) == [{"type": "text", "text": '{"ok":true,"ts":"1.2"}'}]
        assert (http.calls[0].url, orjson.loads(http.calls[0].body or b"")) == (
            "https://slack.com/api/chat.postMessage",
            {"channel": "C1", "text": "Hi"},
        )
        assert http.calls[0].headers["authorization"] == "Bearer xoxb-secret"

    async def test_a_refusal_in_a_success_is_one(self) -> None:
        (tool,), _ = await build(
            SlackMCP(), answer({"ok": False, "error": "channel_not_found"}), credential=LOGIN, mcpActions='["slack_get_users"]'
        )

        with pytest.raises(ProviderError, match="channel_not_found"):
            await tool.call({}, {})


API = {
    "servers": [{"url": "https://api.test/v1/"}],
    "paths": {
        "/pets/{petId}": {
            "parameters": [{"$ref": "#/components/parameters/Pet"}],
            "get": {
                "operationId": "getPet",
                "summary": "Reads a pet",
                "parameters": [{"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}],
            },
            "put": {
                "operationId": "savePet",
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
            },
            "delete": {"summary": "no id"},
        }
    },
    "components": {
        "parameters": {"Pet": {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Pet": {
                "allOf": [{"type": "object", "properties": {"name": {"type": "string"}}}],
                "properties": {"mother": {"$ref": "#/components/schemas/Pet"}},
                "required": ["name"],
            }
        },
    },
}


def uri(data: bytes) -> str:
    return f"data:application/json;base64,{base64.b64encode(data).decode()},filename:api.json"


class TestOpenApi:
    async def test_each_endpoint_with_an_id_is_a_tool(self) -> None:
        tools, _ = await build(OpenAPIToolkit(), openApiFile=uri(orjson.dumps(API)))

        assert [tool.spec.name for tool in tools] == ["getPet", "savePet"]
        schema = tools[0].spec.parameters
        assert schema["properties"]["PathParameters"]["properties"]["petId"]["type"] == "integer"
        assert schema["properties"]["QueryParameters"]["properties"]["fields"]["type"] == "array"
        assert schema["required"] == ["PathParameters"]
        body = tools[1].spec.parameters["properties"]["RequestBody"]
        assert body["properties"]["name"] == {"type": "string"} and body["required"] == ["name"]
        assert tools[1].spec.parameters["required"] == ["PathParameters", "RequestBody"]

    async def test_a_call_fills_the_address_and_sends_the_body(self) -> None:
        tools, http = await build(
            OpenAPIToolkit(), answer({"ok": 1}), answer({"ok": 2}), openApiFile=uri(orjson.dumps(API)), headers='{"X": "y"}'
        )

        first = await tools[0].call({"PathParameters": {"petId": "a/b"}, "QueryParameters": {"fields": ["x", "y"], "n": None}}, {})
        await tools[1].call({"PathParameters": {"petId": 1}, "RequestBody": {"name": "Rex"}}, {})

        assert first.text == '{"ok":1}'
        assert http.calls[0].url == "https://api.test/v1/pets/a%2Fb?fields=x&fields=y"
        assert (http.calls[0].headers, http.calls[0].body) == ({"X": "y"}, None)
        assert (http.calls[1].method, http.calls[1].body) == ("PUT", b'{"name":"Rex"}')

    async def test_code_of_the_author_may_send_the_request(self) -> None:
        seen: dict[str, Any] = {}
        code = PythonJavaScript({"send": lambda names, _: seen.update(names) or "sent"})
        tools, http = await build(
            OpenAPIToolkit(), context={"javascript": code}, openApiFile=uri(orjson.dumps(API)), customCode="send",
            selectedEndpoints='["savePet"]',
            removeNulls=True,
        )  # fmt: skip

        outcome = await tools[0].call({"PathParameters": {"petId": 1}, "RequestBody": {"name": "Rex", "age": None}}, {})

        assert (len(tools), outcome.text, http.calls) == (1, "sent", [])
        assert seen["$url"] == "https://api.test/v1/pets/1"
        assert seen["$options"]["method"] == "PUT" and seen["$options"]["body"] == '{"name":"Rex"}'

    async def test_the_document_may_be_stored_or_linked(self) -> None:
        blobs = InMemoryBlobs()
        await blobs.write("flow-1", "", "api.json", orjson.dumps(API), "application/json")

        stored, _ = await build(OpenAPIToolkit(), context={"blobs": blobs}, openApiFile="FILE-STORAGE::api.json")
        linked, http = await build(OpenAPIToolkit(), answer(API), inputType="link", openApiLink="https://docs.test/api.json")

        assert len(stored) == len(linked) == 2
        assert http.calls[0].url == "https://docs.test/api.json"

    @pytest.mark.parametrize(
        ("inputs", "error", "text"),
        [
            ({}, MissingInput, "has no OpenAPI document"),
            ({"openApiFile": uri(b"{}")}, InvalidFlow, "it has no paths"),
            ({"openApiFile": uri(b"{")}, InvalidFlow, "no JSON"),
            ({"openApiFile": "x"}, InvalidFlow, "neither stored nor a data URI"),
            ({"openApiFile": uri(orjson.dumps({**API, "servers": []}))}, MissingInput, "names no server"),
        ],
    )
    async def test_what_cannot_be_used_is_told(self, inputs: dict[str, str], error: type[Exception], text: str) -> None:
        with pytest.raises(error, match=text):
            await build(OpenAPIToolkit(), **inputs)

    def test_references_that_lead_nowhere_are_told(self) -> None:
        broken = {"paths": {"/x": {"get": {"operationId": "x", "parameters": [{"$ref": "#/gone"}]}}}}

        with pytest.raises(InvalidFlow, match="#/gone"):
            read_openapi(orjson.dumps(broken).decode())

    def test_yaml_is_read_where_its_library_is(self) -> None:
        pytest.importorskip("yaml", reason="PyYAML is not installed")

        api = read_openapi("servers:\n  - url: https://a.test\npaths:\n  /x:\n    get:\n      operationId: x\n")

        assert [endpoint.name for endpoint in api.endpoints] == ["x"]


class TestAgentAsTool:
    async def test_the_agentflow_runs_in_the_callers_chat(self) -> None:
        flows = InMemoryFlows({"flow-2": {"text": "done"}})
        (tool,), _ = await build(
            AgentAsTool(), context={"flows": flows}, selectedAgentflow="flow-2", name="My Agent", overrideConfig={"a": 1}
        )

        assert (tool.spec.name, (await tool.call({"input": "go"}, {})).text) == ("my_agent", "done")
        flow_id, request, chat_id, _ = flows.calls[0]
        assert (flow_id, request.question, chat_id) == ("flow-2", "go", "chat-1")
        assert request.override_config == {"sessionId": "session-1", "a": 1}

    async def test_a_failing_agentflow_gives_nothing_and_a_stop_stays_one(self) -> None:
        def stop(request: Any) -> Any:
            raise RunStopped()

        (missing,), _ = await build(AgentAsTool(), selectedAgentflow="gone")
        (stopped,), _ = await build(AgentAsTool(), context={"flows": InMemoryFlows({"f": stop})}, selectedAgentflow="f")

        assert (await missing.call({"input": "go"}, {})).text == ""
        with pytest.raises(RunStopped):
            await stopped.call({"input": "go"}, {})
        with pytest.raises(InvalidFlow, match="belongs to"):
            await build(AgentAsTool(), selectedAgentflow="flow-1")
