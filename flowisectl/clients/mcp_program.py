"""MCP servers that are programs of this machine: one JSON message a line over their standard input and output.

Only what the operator allows is started; it runs without a shell, with its own small environment, and ends with the session.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson

from flowisectl.clients.mcp import MAX_MESSAGE_BYTES, McpSession
from flowisectl.errors import InvalidFlow, ProviderError
from flowisectl.interfaces.local_programs import LocalPrograms

END_SECONDS = 2.0
_PROVIDER = "mcp"
_COMMANDS = "CUSTOM_MCP_ALLOWED_COMMANDS"
_SCRIPTS = "CUSTOM_MCP_ALLOWED_ABSOLUTE_SCRIPT_PATHS"
_VARIABLES = "CUSTOM_MCP_ALLOWED_ENV_VARS"
_CODE_FLAGS = frozenset(("-c", "-e", "-p", "-i", "-r", "--eval", "--print", "--import", "--require", "--call", "--interactive"))
_NEVER_SET = frozenset(("PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP"))
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def checked_program(
    command: str, arguments: Sequence[str], environment: Mapping[str, str], rules: LocalPrograms
) -> tuple[list[str], dict[str, str]]:
    """(program with arguments, environment) of what may be started. Raises InvalidFlow, which says what the operator can do."""
    if not rules.is_allowed:
        raise InvalidFlow(
            "MCP servers that are programs (stdio) are not started here, because a flow could then run anything on this machine: "
            "give the server's url, or have the operator set CUSTOM_MCP_PROTOCOL=stdio and " + _COMMANDS
        )
    if command not in rules.commands or not command:
        raise InvalidFlow(f"the MCP server's command {command[:80]!r} is not allowed: the operator can add it to {_COMMANDS}")
    if rules.is_checked:
        _check(arguments, environment, rules)
    program = shutil.which(command)
    if program is None:
        raise InvalidFlow(f"the MCP server's command {command[:80]!r} is not installed on this machine")
    own = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return [program, *arguments], {**own, **environment}


def _check(arguments: Sequence[str], environment: Mapping[str, str], rules: LocalPrograms) -> None:
    for argument in arguments:
        if argument in rules.scripts:
            continue
        name, _, value = argument.partition("=")
        is_path = os.path.isabs(argument) or os.path.isabs(value) or ".." in argument.split("/") or argument.startswith(("~", "file:"))
        if is_path:
            raise InvalidFlow(
                f"the MCP server's argument {argument[:80]!r} is a path that is not allowed: the operator can add it to {_SCRIPTS}"
            )
        if name in _CODE_FLAGS or "\0" in argument:
            raise InvalidFlow(f"the MCP server's argument {argument[:80]!r} is not allowed: it would run code that the flow brings")
    for variable in environment:
        if variable not in rules.environment or variable.upper() in _NEVER_SET:
            raise InvalidFlow(f"the MCP server's variable {variable[:80]!r} is not allowed: the operator can add it to {_VARIABLES}")


@asynccontextmanager
async def open_program(
    command: str, arguments: Sequence[str], environment: Mapping[str, str], rules: LocalPrograms
) -> AsyncIterator[McpSession]:
    """A session with a program that is started for it. Raises InvalidFlow, ProviderError."""
    program, variables = checked_program(command, arguments, environment, rules)
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
            limit=MAX_MESSAGE_BYTES,
        )
    except OSError as error:
        raise ProviderError(f"the MCP server {command!r} cannot be started: {error}", provider=_PROVIDER) from error
    try:
        session = McpSession(_Pipes(process, command))
        await session.begin()
        yield session
    finally:
        await _end(process)


class _Pipes:
    """Implements the transport of `clients.mcp` over a child's pipes."""

    def __init__(self, process: asyncio.subprocess.Process, command: str) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._input = process.stdin
        self._output = process.stdout
        self.name = repr(command)

    async def ask(self, message: Mapping[str, Any], id: int) -> Mapping[str, Any]:
        await self.tell(message)
        while True:
            try:
                line = await self._output.readline()
            except ValueError as error:
                raise self._failed(f"sent a message of more than {MAX_MESSAGE_BYTES} bytes") from error
            if not line:
                raise self._failed("ended before it answered")
            try:
                found = orjson.loads(line)
            except ValueError:
                continue  # programs print their greetings here
            if isinstance(found, dict) and found.get("id") == id and "method" not in found:
                return found

    async def tell(self, message: Mapping[str, Any]) -> None:
        try:
            self._input.write(orjson.dumps(message) + b"\n")
            await self._input.drain()
        except (ConnectionError, RuntimeError) as error:
            raise self._failed("ended before it was asked") from error

    def _failed(self, what: str) -> ProviderError:
        return ProviderError(f"the MCP server {self.name} {what}", provider=_PROVIDER)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input, which ends a server; then end it and what it has started."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS if process.returncode is None else 0):
            await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
