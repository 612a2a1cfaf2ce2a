"""One question to an assistant at OpenAI: its text as it comes, the tools that it calls, the files that it gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from flowisectl.clients.openai_assistants import OpenAIAssistants
from flowisectl.errors import FlowError, ProviderError
from flowisectl.interfaces.tool import Tool

MAX_ROUNDS = 50
"""How often one run may ask for tools."""
MAX_FILES = 50
_ENDED = {"completed", "failed", "cancelled", "expired", "incomplete"}

Keep = Callable[[str, bytes], Any]
"""(name, content) → an awaitable of the name under which a file is stored."""


@dataclass(kw_only=True)
class AssistantRun:
    """`tell` hears each piece of the answer, `tell_tool` the name of each tool. Without `keep` no file is fetched."""

    assistants: OpenAIAssistants
    thread_id: str
    tools: Sequence[Tool]
    flow: Mapping[str, Any]
    tell: Callable[[str], None]
    tell_tool: Callable[[str], None]
    keep: Keep | None
    text: str = ""
    run_id: str = ""
    used_tools: list[dict[str, Any]] = field(default_factory=list)
    source_documents: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[Mapping[str, Any]] = field(default_factory=list)
    file_annotations: list[dict[str, str]] = field(default_factory=list)
    _status: str = ""
    _names: dict[str, str] = field(default_factory=dict)

    async def answer(self, request: Mapping[str, Any]) -> None:
        """Run the assistant to the end of its answer. A run that is left in the middle is cancelled.

        Raises ProviderError, FlowError, and what a tool raises.
        """
        try:
            waiting = await self._follow(self.assistants.run(self.thread_id, request))
            for _ in range(MAX_ROUNDS):
                if not waiting:
                    break
                outputs = [await self._call(call) for call in waiting]
                waiting = await self._follow(self.assistants.submit(self.thread_id, self.run_id, outputs))
            if waiting:
                raise FlowError(f"the assistant asked for its tools more than {MAX_ROUNDS} times")
            if self._status not in _ENDED:
                raise ProviderError("openai: the run was cut off before its end", provider="openai")
        except BaseException:
            if self.run_id and self._status not in _ENDED:
                await asyncio.shield(self.assistants.cancel(self.thread_id, self.run_id))
            raise

    def to_fields(self) -> dict[str, Any]:
        """What the answer has beside its text."""
        found = {
            "usedTools": self.used_tools,
            "sourceDocuments": self.source_documents,
            "artifacts": self.artifacts,
            "fileAnnotations": self.file_annotations,
        }
        return {name: value for name, value in found.items() if value}

    async def _follow(self, objects: AsyncIterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Hear a stream to its end; gives the calls of tools that the run waits for."""
        waiting: list[Mapping[str, Any]] = []
        async for found in objects:
            match found.get("object"):
                case "thread.message.delta":
                    for part in (found.get("delta") or {}).get("content") or []:
                        await self._hear(part)
                case "thread.run":
                    self.run_id = str(found.get("id") or self.run_id)
                    self._status = str(found.get("status") or "")
                    self._check(found)
                    action = (found.get("required_action") or {}).get("submit_tool_outputs") or {}
                    if self._status == "requires_action":
                        waiting = list(action.get("tool_calls") or [])
        return waiting

    def _check(self, run: Mapping[str, Any]) -> None:
        if self._status in ("failed", "expired", "incomplete", "cancelled"):
            error, details = run.get("last_error") or {}, run.get("incomplete_details") or {}
            said = error.get("message") or details.get("reason") or "it does not say why"
            raise ProviderError(f"openai: the assistant's run is {self._status}: {str(said)[:1000]}", provider="openai")

    async def _hear(self, part: Mapping[str, Any]) -> None:
        if part.get("type") == "image_file":
            await self._picture(str((part.get("image_file") or {}).get("file_id") or ""))
            return
        content = part.get("text") or {}
        text = str(content.get("value") or "")
        for annotation in content.get("annotations") or []:
            text = await self._annotated(text, annotation)
        if text:
            self.text += text
            self.tell(text)

    async def _annotated(self, text: str, annotation: Mapping[str, Any]) -> str:
        """A mark in the text names a file: of one that was made, the mark becomes its name; that of a source goes away."""
        mark, kind = str(annotation.get("text") or ""), str(annotation.get("type") or "")
        file_id = str((annotation.get(kind) or {}).get("file_id") or "")
        if not mark or not file_id:
            return text
        if self.keep is None or len(self._names) >= MAX_FILES:
            return text.replace(mark, "")
        name = await self._stored(file_id, kind == "file_path")
        return text.replace(mark, name if kind == "file_path" else "")

    async def _stored(self, file_id: str, was_made: bool) -> str:
        """The file's name, once it is stored with the chat. Files that were only given for reading cannot be fetched from OpenAI."""
        if file_id in self._names:
            return self._names[file_id]
        name = await self.assistants.file_name(file_id)
        path = name
        if was_made and self.keep is not None:
            path = await self.keep(name, await self.assistants.file_content(file_id))
        self._names[file_id] = name
        self.file_annotations.append({"filePath": path, "fileName": name})
        return name

    async def _picture(self, file_id: str) -> None:
        if not file_id or self.keep is None or file_id in self._names or len(self._names) >= MAX_FILES:
            return
        self._names[file_id] = f"{file_id}.png"
        stored = await self.keep(f"{file_id}.png", await self.assistants.file_content(file_id))
        self.artifacts.append({"type": "png", "data": f"FILE-STORAGE::{stored}"})

    async def _call(self, call: Mapping[str, Any]) -> dict[str, str]:
        function = call.get("function") or {}
        name = str(function.get("name") or "")
        tool = next((tool for tool in self.tools if tool.spec.name == name), None)
        if tool is None:
            raise FlowError(f"the assistant called the tool {name[:80]!r}, which the node does not have: connect it")
        self.tell_tool(name)
        arguments = _arguments(function.get("arguments"))
        outcome = await tool.call(arguments, self.flow)
        self.used_tools.append({
            "tool": name, "toolInput": arguments if outcome.tool_input is None else outcome.tool_input, "toolOutput": outcome.text
        })  # fmt: skip
        self.source_documents += [document.to_json() for document in outcome.source_documents]
        self.artifacts += outcome.artifacts
        return {"tool_call_id": str(call.get("id") or ""), "output": outcome.text}


def _arguments(given: Any) -> Mapping[str, Any]:
    try:
        found = orjson.loads(given or "{}")
    except (ValueError, TypeError):
        return {"input": str(given)}
    return found if isinstance(found, dict) else {"input": found}
