"""The tools of services that take a key: payments, apps, sandboxes."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from account_wire import SECRET, answer, build, place_of, query_of, sent

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed, HttpResponse, Reach
from flowisectl.nodes.tools.code_interpreter_e2b import CodeInterpreterE2B
from flowisectl.nodes.tools.composio import Composio
from flowisectl.nodes.tools.stripe_agent_tool import TOOLS, StripeAgentTool
from flowisectl.testing import InMemoryBlobs, ScriptedHttp


class TestStripe:
    KEY = {"stripeApiToken": SECRET}  # noqa: RUF012

    async def test_only_what_is_allowed_is_offered(self) -> None:
        tools, _ = await build(
            StripeAgentTool(), credential=self.KEY, products='["read"]', invoices=["update"], balance="", prices='["fly"]'
        )

        assert [tool.spec.name for tool in tools] == ["list_products", "finalize_invoice"]

    async def test_arguments_are_fields_of_a_form(self) -> None:
        tools, http = await build(
            StripeAgentTool(), answer({"id": "plink_1"}), answer({"id": "in_1"}), answer({"id": "in_1"}), answer({"data": []}),
            credential=self.KEY, paymentLinks='["create"]', invoices='["create", "update"]', prices='["read"]',
        )  # fmt: skip
        by_name = {tool.spec.name: tool for tool in tools}

        await by_name["create_payment_link"].call({"price": "price_1", "quantity": 2}, {})
        await by_name["create_invoice"].call({"customer": "cus_1", "days_until_due": 7, "description": "smuggled"}, {})
        await by_name["finalize_invoice"].call({"invoice": "in/1"}, {})
        await by_name["list_prices"].call({"product": "prod_1", "limit": 3}, {})

        forms = [parse_qsl((call.body or b"").decode()) for call in http.calls]
        assert forms[0] == [("line_items[0][price]", "price_1"), ("line_items[0][quantity]", "2")]
        assert sorted(forms[1]) == [("collection_method", "send_invoice"), ("customer", "cus_1"), ("days_until_due", "7")]
        assert (place_of(http.calls[2]), forms[2]) == (("POST", "/v1/invoices/in%2F1/finalize"), [])
        assert query_of(http.calls[3]) == {"product": ["prod_1"], "limit": ["3"]}
        assert http.calls[0].headers["content-type"] == "application/x-www-form-urlencoded"
        assert http.calls[0].headers["stripe-version"]

    def test_every_input_has_tools(self) -> None:
        assert set(TOOLS) == {param.name for param in StripeAgentTool.definition.inputs}


class TestComposio:
    ABOUT = {  # noqa: RUF012
        "slug": "GITHUB_STAR",
        "description": "stars",
        "input_parameters": {"type": "object", "properties": {"repo": {"type": "string"}}},
    }
    KEY = {"composioApi": SECRET}  # noqa: RUF012

    async def test_an_action_runs_for_the_connected_account(self) -> None:
        (tool,), http = await build(
            Composio(), answer(self.ABOUT), answer({"data": {"ok": 1}, "successful": True, "error": None}), credential=self.KEY,
            connectedAccountId="ca_1", actions='["GITHUB_STAR"]',
        )  # fmt: skip

        outcome = await tool.call({"repo": "r"}, {})

        assert (tool.spec.name, tool.spec.description, tool.spec.parameters["properties"]) == (
            "GITHUB_STAR",
            "stars",
            {"repo": {"type": "string"}},
        )
        assert orjson.loads(outcome.text)["data"] == {"ok": 1}
        assert place_of(http.calls[1]) == ("POST", "/api/v3/tools/execute/GITHUB_STAR")
        assert sent(http.calls[1]) == {"arguments": {"repo": "r"}, "connected_account_id": "ca_1"}
        assert http.calls[0].headers["x-api-key"] == SECRET

    async def test_parameters_may_come_by_name(self) -> None:
        named = {"repo": {"type": "string", "required": True}, "page": {"type": "number"}}
        (tool,), _ = await build(Composio(), answer({"input_parameters": named}), credential=self.KEY, actions=["LIST"])

        assert tool.spec.parameters == {
            "type": "object", "properties": {"repo": {"type": "string"}, "page": {"type": "number"}}, "required": ["repo"]
        }  # fmt: skip

    async def test_an_editor_is_offered_apps_accounts_and_actions(self) -> None:
        http = ScriptedHttp(
            answer({"items": [{"slug": "github", "name": "GitHub"}]}),
            answer({"items": [{"id": "ca_1", "status": "ACTIVE"}]}),
            answer({"items": [{"slug": "GITHUB_STAR", "name": "Star", "description": "stars"}]}),
        )
        inputs = NodeInputs({"appName": "github"}, node_id="t_0", label="Tool", credential=self.KEY)

        found = [await Composio().choices(method, inputs, http) for method in ("listApps", "listConnections", "listActions", "other")]

        assert [[option.to_json() for option in options] for options in found] == [
            [{"label": "GitHub", "name": "github"}], [{"label": "ca_1 (ACTIVE)", "name": "ca_1"}],
            [{"label": "Star", "name": "GITHUB_STAR", "description": "stars"}], [],
        ]  # fmt: skip
        assert [(place_of(call)[1], query_of(call).get("toolkit_slug") or query_of(call).get("toolkit_slugs")) for call in http.calls] == [
            ("/api/v3/toolkits", None), ("/api/v3/connected_accounts", ["github"]), ("/api/v3/tools", ["github"])
        ]  # fmt: skip

    async def test_a_failure_a_wrong_key_and_no_action_are_told(self) -> None:
        (tool,), _ = await build(
            Composio(),
            answer(self.ABOUT),
            answer({"successful": False, "error": f"{SECRET} expired"}),
            credential=self.KEY,
            actions=["GITHUB_STAR"],
        )

        with pytest.raises(ProviderError, match="GITHUB_STAR failed") as caught:
            await tool.call({}, {})
        assert SECRET not in str(caught.value)
        with pytest.raises(ProviderError, match="401"):
            await build(Composio(), answer({"error": {"message": "no"}}, 401), credential=self.KEY, actions=["GITHUB_STAR"])
        with pytest.raises(MissingInput, match="no action"):
            await build(Composio(), credential=self.KEY)


class TestCodeInterpreter:
    KEY = {"e2bApiKey": SECRET}  # noqa: RUF012

    @staticmethod
    def events(*events: Any) -> HttpResponse:
        return answer(b"\n".join(orjson.dumps(event) for event in events))

    async def test_code_runs_in_a_sandbox_that_is_ended(self) -> None:
        png = base64.b64encode(b"picture").decode()
        told = self.events(
            {"type": "number_of_executions", "execution_count": 1},
            {"type": "stdout", "text": "hi\n"},
            {"type": "result", "text": "42", "png": png},
        )
        blobs = InMemoryBlobs()
        made = answer({"sandboxID": "abc-1", "envdAccessToken": "at-1"}, 201)
        (tool,), http = await build(
            CodeInterpreterE2B(), made, told, answer(None, 204), credential=self.KEY, toolName="python", context={"blobs": blobs}
        )

        outcome = await tool.call({"input": "print('hi'); 42"}, {})

        assert (tool.spec.name, outcome.text) == ("python", "hi\n42")
        (artifact,) = outcome.artifacts
        name = artifact["data"].removeprefix("FILE-STORAGE::")
        assert (artifact["type"], await blobs.read("flow-1", "chat-1", name)) == ("png", b"picture")
        assert sent(http.calls[0]) == {"templateID": "code-interpreter-v1", "timeout": 300}
        assert (http.calls[1].url, http.calls[1].reach) == ("https://49999-abc-1.e2b.app/execute", Reach.PUBLIC)
        assert http.calls[1].headers["x-access-token"] == "at-1" and "x-api-key" not in http.calls[1].headers
        assert place_of(http.calls[2]) == ("DELETE", "/sandboxes/abc-1")

    async def test_an_error_of_the_code_is_what_the_tool_tells(self) -> None:
        told = self.events({"type": "error", "name": "NameError", "value": "x is not defined", "traceback": "…"})
        (tool,), _ = await build(CodeInterpreterE2B(), answer({"sandboxID": "a"}), told, HttpFailed("gone"), credential=self.KEY)

        assert (await tool.call({"input": "x"}, {})).text == "NameError: x is not defined"

    async def test_a_sandbox_is_ended_after_a_failure_too_and_never_at_another_host(self) -> None:
        (tool,), http = await build(
            CodeInterpreterE2B(), answer({"sandboxID": "a"}), HttpFailed("broken"), answer(None), credential=self.KEY
        )
        (other,), _ = await build(CodeInterpreterE2B(), answer({"sandboxID": "a.evil.test/"}), credential=self.KEY)

        with pytest.raises(ProviderError, match="broken"):
            await tool.call({"input": "1"}, {})
        assert http.calls[-1].method == "DELETE"
        with pytest.raises(ProviderError, match="no sandbox"):
            await other.call({"input": "1"}, {})
