"""An assistant that lives at OpenAI or Azure, with its own threads."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.clients.openai_assistants import open_assistants
from flowisectl.engine.answer_events import answer_events, tell_extras
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import question_text, tool_flow
from flowisectl.errors import MissingInput
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.nodes.agents._assistant_run import AssistantRun

BUILT_IN = frozenset(("code_interpreter", "file_search"))
PLAIN = frozenset(("none", "auto", "required"))


class OpenAIAssistant(Node):
    """The conversation is the thread at OpenAI: its id is the session of the messages that are stored here."""

    definition = NodeDefinition(
        name="openAIAssistant",
        label="OpenAI Assistant",
        category="Agents",
        version=4.0,
        base_classes=("OpenAIAssistant",),
        description="An assistant that lives at OpenAI or Azure",
        inputs=(
            NodeParam("selectedAssistant", "Select Assistant", "asyncOptions", load_method="listAssistants"),
            NodeParam("tools", "Allowed Tools", "Tool", list=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("toolChoice", "Tool Choice", "string", optional=True, placeholder="file_search", additional=True),
            NodeParam("parallelToolCalls", "Parallel Tool Calls", "boolean", default=True, optional=True, additional=True),
            NodeParam("disableFileDownload", "Disable File Download", "boolean", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> None:
        """There is nothing to build: the assistant lives elsewhere."""

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        where = f"node {inputs.node_id!r} ({inputs.label})"
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        stored = await context.assistants.get(str(inputs.require("selectedAssistant")))
        assistants = open_assistants(context.http, await context.credentials.fields(stored.credential_id), is_azure=stored.is_azure)
        assistant_id = str(stored.details.get("id") or "")
        if assistants is None or not assistant_id:
            raise MissingInput(f"{where}: the assistant has no id or no credential with an API key: save it again")
        tools: list[Tool] = inputs.items("tools")
        request = {"assistant_id": assistant_id, "parallel_tool_calls": inputs.flag("parallelToolCalls", True)}
        if tools:
            request["tools"] = [*await assistants.tools_of(assistant_id), *_functions(tools)]
        if choice := inputs.text("toolChoice").strip():
            request["tool_choice"] = _tool_choice(choice)
        if context.request.uploads:
            context.trace.note(f"{where}: uploaded files are not handed to the assistant")
        thread_id = await context.assistants.thread_of(context.flow_id, context.chat_id) or await assistants.new_thread()
        await assistants.say(thread_id, question)

        async def keep(name: str, content: bytes) -> str:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return await context.blobs.write(context.flow_id, context.chat_id, name, content, kind)

        def tell_tool(name: str) -> None:
            if context.is_streaming:
                context.events.emit(FlowEvent(EventKind.TOOL, name))

        work = AssistantRun(
            assistants=assistants,
            thread_id=thread_id,
            tools=tools,
            flow=tool_flow(context),
            tell=teller.tell if teller is not None else _silent,
            tell_tool=tell_tool,
            keep=None if inputs.flag("disableFileDownload") else keep,
        )
        await work.answer(request)
        fields = work.to_fields()
        if context.is_streaming:
            tell_extras(context, fields)
            if work.file_annotations:
                context.events.emit(FlowEvent(EventKind.FILE_ANNOTATIONS, work.file_annotations))
        told = {"assistantId": assistant_id, "threadId": thread_id, "runId": work.run_id}
        return {"text": work.text, **fields, "assistant": told}


def _functions(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    specs = [tool.spec for tool in tools]
    return [
        {"type": "function", "function": {"name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}}
        for spec in specs
    ]


def _tool_choice(choice: str) -> Any:
    """`none`, `auto`, `required`, or the name of one tool."""
    if choice in PLAIN:
        return choice
    return {"type": choice} if choice in BUILT_IN else {"type": "function", "function": {"name": choice}}


def _silent(text: str) -> None:
    return None
