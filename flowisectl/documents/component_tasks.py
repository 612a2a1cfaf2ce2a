"""Jobs that run components outside of a conversation: a function, a model that writes an instruction or drafts a flow, the tools
of a flow's agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowisectl.documents.component_trace import traced_component
from flowisectl.documents.flow_drafts import FlowDrafts
from flowisectl.documents.loading import credential_of
from flowisectl.engine.building import ChatflowRun
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.plan import plan_of
from flowisectl.errors import InvalidFlow, InvalidRequest, NotFound
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.tool import Tool
from flowisectl.texts.server import ASSISTANT_INSTRUCTION
from flowisectl.texts.text import filled


@dataclass(frozen=True, kw_only=True)
class ComponentTasks:
    """The tasks of one job."""

    catalogue: NodeCatalogue
    context: RunContext
    flow: Flow | None = None

    async def run(self, task: str, body: Mapping[str, Any]) -> Any:
        """One task's answer as data. Raises InvalidRequest, FlowError, NotFound, Unavailable."""
        match task:
            case "function":
                return await self.function(body)
            case "instruction":
                return await self.instruction(body)
            case "tools":
                return [_shown(tool) for tool in await self._tools()]
            case "call-tool":
                return await self.call_tool(body)
            case "draft":
                return await self.draft(body)
        raise InvalidRequest(f"the job asks for the task {task!r}: main and workers must have one version")

    async def function(self, body: Mapping[str, Any]) -> Any:
        """What a function returns that is being written (`javascriptFunction`, `functionInputVariables`)."""
        code = body.get("javascriptFunction")
        if not isinstance(code, str) or not code.strip():
            raise InvalidRequest("javascriptFunction not provided! It must be a text")
        inputs = NodeInputs(body, node_id="customFunction_0", label="Custom JS Function")
        with traced_component("customFunction", self.context):
            return await self.catalogue.get("customFunction").build(inputs, self.context)

    async def instruction(self, body: Mapping[str, Any]) -> dict[str, str]:
        """`{content}`: an assistant's instruction for a `task`, by `selectedChatModel: {name, inputs}`."""
        task = body.get("task")
        if not isinstance(task, str) or not task.strip():
            raise InvalidRequest("task not provided! It must be a text")
        prompt = filled(self.context.texts.of(ASSISTANT_INSTRUCTION), task=task)
        return {"content": await self._asked(_chosen_model(body), prompt)}

    async def draft(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`{nodes, edges, description?}`: an agentflow for a `question`, drafted by `selectedChatModel: {name, inputs}`."""
        question = body.get("question")
        if not isinstance(question, str) or not question.strip():
            raise InvalidRequest("question not provided! It must be a text: what the flow is to do")
        chosen = _chosen_model(body)
        settings = {**chosen.inputs, "FLOWISE_CREDENTIAL_ID": chosen.credential_id} if chosen.credential_id else chosen.inputs
        drafts = FlowDrafts(catalogue=self.catalogue, model=chosen.name, model_inputs=settings)
        return drafts.flow(await self._asked(chosen, drafts.prompt(question)))

    async def _asked(self, chosen: _ChosenModel, prompt: str) -> str:
        """One call of a model. Raises InvalidRequest for a component that is none."""
        if self.catalogue.get(chosen.name).definition.category != "Chat Models":
            raise InvalidRequest(f"selectedChatModel names {chosen.name!r}, which is no chat model")
        with traced_component(chosen.name, self.context):
            model: ChatModel = await self.catalogue.build(
                chosen.name, chosen.inputs, self.context, node_id=f"{chosen.name}_0", credential_id=chosen.credential_id
            )
            reply = await model.invoke([ChatMessage(role="user", content=prompt)])
        return reply.text

    async def call_tool(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`{output, sourceDocuments, artifacts}` of one tool (`toolName`, `inputArgs`)."""
        name, given = body.get("toolName"), body.get("inputArgs")
        tool = next((tool for tool in await self._tools() if tool.spec.name == name), None)
        if tool is None:
            raise NotFound(f"Tool {name} not found in flow {self.context.flow_id}")
        flow = {
            "chatflowId": self.context.flow_id,
            "chatflowid": self.context.flow_id,
            "chatId": self.context.chat_id,
            "sessionId": self.context.session_id,
            "apiMessageId": self.context.message_id,
            "input": "",
        }
        with traced_component(str(name), self.context):
            outcome = await tool.call(given if isinstance(given, Mapping) else {}, flow)
        documents = [document.to_json() for document in outcome.source_documents]
        return {"output": outcome.text, "sourceDocuments": documents, "artifacts": [dict(artifact) for artifact in outcome.artifacts]}

    async def _tools(self) -> list[Tool]:
        """The tools of the agent that answers in the flow."""
        flow = self.flow
        if flow is None or flow.kind == "AGENTFLOW":
            raise InvalidFlow(f"flow {self.context.flow_id} has no agent node with tools: only chatflows with one can be used here")
        run = ChatflowRun(flow, plan_of(flow), self.context, self.catalogue)
        inputs = await run.inputs_of(await run.build())
        return [tool for tool in inputs.items("tools") if hasattr(tool, "spec")]


@dataclass(frozen=True, kw_only=True)
class _ChosenModel:
    """The chat model that a job is to be done with."""

    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    credential_id: str


def _chosen_model(body: Mapping[str, Any]) -> _ChosenModel:
    """`selectedChatModel` of a job. Raises InvalidRequest."""
    chosen = body.get("selectedChatModel")
    if not isinstance(chosen, Mapping) or not chosen.get("name"):
        raise InvalidRequest("selectedChatModel not provided! It must be an object with name and inputs")
    given = chosen.get("inputs")
    inputs = given if isinstance(given, Mapping) else {}
    return _ChosenModel(name=str(chosen["name"]), inputs=inputs, credential_id=credential_of(inputs, chosen))


def _shown(tool: Tool) -> dict[str, Any]:
    """The tool as OpenAI's realtime sessions take it (https://platform.openai.com/docs/api-reference/realtime)."""
    spec = tool.spec
    return {"type": "function", "name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}
