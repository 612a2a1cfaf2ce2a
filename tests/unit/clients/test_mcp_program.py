"""MCP servers that are programs: started only as the operator allows, and ended with their session."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from flowisectl.clients import mcp_program
from flowisectl.engine.context import StoredMcpServer
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowisectlError, InvalidFlow, NotFound, ProviderError
from flowisectl.interfaces.local_programs import LocalPrograms
from flowisectl.nodes.tools.custom_mcp import CustomMCP
from flowisectl.nodes.tools.custom_mcp_server_tool import CustomMcpServerTool
from flowisectl.testing import run_context

SCRIPT = str(Path(__file__).with_name("mcp_program_server.py"))
RULES = LocalPrograms(
    is_allowed=True, commands=frozenset((sys.executable,)), environment=frozenset(("TOKEN",)), scripts=frozenset((SCRIPT,))
)


async def build(config: dict[str, Any], rules: LocalPrograms = RULES) -> list[Any]:
    values = {"mcpServerConfig": orjson.dumps(config).decode(), "mcpActions": '["look"]'}
    return await CustomMCP().build(NodeInputs(values, node_id="m_0", label="MCP"), run_context(local_programs=rules))


def python(*arguments: str, **environment: str) -> dict[str, Any]:
    return {"command": sys.executable, "args": [SCRIPT, *arguments], "env": environment}


async def look(tool: Any) -> dict[str, Any]:
    seen: dict[str, Any] = orjson.loads(orjson.loads((await tool.call({"a": 1}, {})).text)[0]["text"])
    return seen


async def test_a_program_is_asked_with_a_small_environment_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWISE_SECRETKEY_OVERWRITE", "secret")

    tools = await build(python(TOKEN="t"))
    seen = await look(tools[0])

    assert [tool.spec.name for tool in tools] == ["look"] and seen["arguments"] == {"a": 1}
    assert {"TOKEN", "PATH"} <= set(seen["environment"])
    assert "FLOWISE_SECRETKEY_OVERWRITE" not in seen["environment"]
    with pytest.raises(ProcessLookupError):
        os.kill(seen["pid"], 0)


async def test_a_program_that_goes_on_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_program, "END_SECONDS", 0.05)

    seen = await look((await build(python("stays")))[0])

    with pytest.raises(ProcessLookupError):
        os.kill(seen["pid"], 0)


async def test_a_program_that_ends_early_is_told() -> None:
    with pytest.raises(ProviderError, match="ended before it answered"):
        await build(python("dies"))


@pytest.mark.parametrize(
    ("config", "rules", "text"),
    [
        (python(), LocalPrograms(), "CUSTOM_MCP_PROTOCOL=stdio"),
        ({"command": "npx"}, RULES, "CUSTOM_MCP_ALLOWED_COMMANDS"),
        ({"command": sys.executable, "args": ["-c", "print(1)"]}, RULES, "run code that the flow brings"),
        ({"command": sys.executable, "args": ["--eval=1"]}, RULES, "run code that the flow brings"),
        ({"command": sys.executable, "args": ["/etc/passwd"]}, RULES, "CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS"),
        ({"command": sys.executable, "args": ["--file=/etc/passwd"]}, RULES, "CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS"),
        ({"command": sys.executable, "args": ["a/../../b"]}, RULES, "CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS"),
        (python(OTHER="x"), RULES, "CUSTOM_MCP_ALLOWED_ENV_VARS"),
        (
            python(LD_PRELOAD="x"),
            LocalPrograms(is_allowed=True, commands=RULES.commands, environment=frozenset(("LD_PRELOAD",)), scripts=RULES.scripts),
            "'LD_PRELOAD' is not allowed",
        ),
        ({"command": "no-such-program"}, LocalPrograms(is_allowed=True, commands=frozenset(("no-such-program",))), "is not installed"),
    ],
)
async def test_what_the_operator_does_not_allow_is_not_started(config: dict[str, Any], rules: LocalPrograms, text: str) -> None:
    with pytest.raises(InvalidFlow, match=text):
        await build(config, rules)


async def test_without_the_check_only_commands_are_chosen() -> None:
    rules = LocalPrograms(is_allowed=True, commands=RULES.commands, is_checked=False)

    assert (await look((await build(python(OTHER="x"), rules))[0]))["arguments"] == {"a": 1}


async def test_a_stored_server_that_is_not_there_is_told() -> None:
    class Nobody:
        async def get(self, server_id: str) -> StoredMcpServer:
            raise NotFound(f"Custom MCP server {server_id} not found")

    inputs = NodeInputs({"mcpServerId": "s1", "mcpActions": ["look"]}, node_id="m_0")

    with pytest.raises(FlowisectlError, match="server s1 not found"):
        await CustomMcpServerTool().build(inputs, run_context(mcp_servers=Nobody()))
    assert await CustomMcpServerTool().build(NodeInputs({"mcpServerId": "s1"}), run_context()) == []
