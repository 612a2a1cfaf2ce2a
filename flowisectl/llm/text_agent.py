"""Agents for models without function calling: tools are asked for and answered in plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.errors import RunStopped, Unavailable
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.output_parsing import repaired_json, unfenced
from flowisectl.llm.tool_agent import OUT_OF_ITERATIONS, AgentAnswer, cleaned
from flowisectl.texts.text import filled

_FINAL = "final answer"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a model's text asks for: a tool with its input, or (without a tool) the answer itself."""

    tool: str
    given: Any


@dataclass(frozen=True, kw_only=True)
class TextAgent:
    """Ready to work: reads steps out of the model's texts with `read` and tells it what the tools gave."""

    model: ChatModel
    tools: Sequence[Tool]
    read: Callable[[str], Step]
    stop: tuple[str, ...]
    max_iterations: int = 15
    observation: str = "Observation: {observation}"
    """What the model is told of a tool."""

    async def work(self, messages: Sequence[ChatMessage], flow: Mapping[str, Any]) -> AgentAnswer:
        """Answer the last message. `flow` is `$flow` for the tools. Raises ProviderError, RunStopped, Unavailable."""
        said = list(messages)
        used: list[dict[str, Any]] = []
        by_name = {tool.spec.name.lower(): tool for tool in self.tools}
        for _ in range(self.max_iterations):
            text = (await self.model.invoke(said, ChatOptions(stop=self.stop))).text
            step = self.read(text)
            if not step.tool:
                return AgentAnswer(text=cleaned(str(step.given)), used_tools=used)
            arguments = step.given if isinstance(step.given, Mapping) else {"input": step.given}
            tool = by_name.get(step.tool.lower())
            entry: dict[str, Any] = {"tool": step.tool, "toolInput": dict(arguments), "toolOutput": ""}
            try:
                observation = (await tool.call(arguments, flow)).text if tool else f"{step.tool} is not a valid tool, try another one."
                entry["toolOutput"] = observation
            except (RunStopped, Unavailable):
                raise
            except Exception as error:
                observation = entry["error"] = str(error) or type(error).__name__
            used.append(entry)
            if tool and tool.return_direct and "error" not in entry:
                return AgentAnswer(text=observation, used_tools=used)
            told = filled(self.observation, observation=observation)
            said += [ChatMessage(role="assistant", content=text), ChatMessage(role="user", content=told)]
        return AgentAnswer(text=OUT_OF_ITERATIONS, used_tools=used)


def read_json_step(text: str) -> Step:
    """A step written as `{"action", "action_input"}`; any other text is the answer."""
    try:
        data = repaired_json(unfenced(text).strip())
    except (ValueError, RecursionError):
        return Step(tool="", given=text.strip())
    if not isinstance(data, dict) or "action" not in data:
        return Step(tool="", given=text.strip())
    given = data.get("action_input", "")
    if str(data["action"]).strip().lower() == _FINAL:
        return Step(tool="", given=given if isinstance(given, str) else orjson.dumps(given).decode())
    return Step(tool=str(data["action"]).strip(), given=given)


def read_react_step(text: str) -> Step:
    """A step written in lines (`Action:`, `Action Input:`); any other text is the answer."""
    _, found, answer = text.rpartition("Final Answer:")
    if found:
        return Step(tool="", given=answer.strip())
    _, found, rest = text.rpartition("Action:")
    name, has_input, given = rest.partition("Action Input:")
    if not found or not has_input:
        return Step(tool="", given=text.strip())
    return Step(tool=name.strip(), given=given.partition("Observation:")[0].strip().strip('"'))


def tool_lines(tools: Sequence[Tool]) -> str:
    return "\n".join(f"{tool.spec.name}: {tool.spec.description}" for tool in tools) or "(none)"


def tool_names(tools: Sequence[Tool]) -> str:
    return ", ".join(tool.spec.name for tool in tools)
