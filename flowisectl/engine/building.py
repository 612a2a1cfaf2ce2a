"""Builds the nodes of a chatflow in order, each with its inputs, and keeps what they made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from flowisectl.engine.branch import Branch
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.graph import reachable
from flowisectl.engine.inputs import InputTemplates, Scope, compile_inputs
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.overrides import overridden_inputs, overridden_variables
from flowisectl.engine.plan import Plan
from flowisectl.engine.stored_memory import history_lines, prepended_messages
from flowisectl.errors import InvalidFlow, NodeError, RunStopped, Unavailable

_TYPES = {"assistant": "apiMessage", "user": "userMessage"}


class ChatflowRun:
    """One run of a chatflow: what has been built so far."""

    def __init__(self, flow: Flow, plan: Plan, context: RunContext, catalogue: NodeCatalogue) -> None:
        self.flow_variables: dict[str, Any] = {}
        self._flow = flow
        self._plan = plan
        self._context = context
        self._catalogue = catalogue
        self.instances: dict[str, Any] = {}
        """Node id → what the node built."""
        self._dead: set[str] = set()
        self._scope = Scope(
            question=context.request.question,
            files_text=context.request.files_text,
            flow={
                "chatflowid": context.flow_id,
                "chatflowId": context.flow_id,
                "chatId": context.chat_id,
                "sessionId": context.session_id,
                "chatHistory": "",
                "apiMessageId": context.message_id,
            },
            instances=self.instances,
        )
        self._has_history = False

    async def build(self) -> FlowNode:
        """Build everything that the ending nodes need and give the one that answers."""
        overrides = self._context.request.override_config
        if self._plan.uses_variables or "vars" in overrides:
            variables = {**await self._context.variables.values(), **overridden_variables(self._flow, overrides)}
            self._scope = replace(self._scope, variables=variables)
        ending_ids = {node.id for node in self._plan.endings}
        needed = self._plan.needed_for(ending_ids, ())
        for node in self._plan.order:
            if node.id not in needed or node.id in ending_ids or node.id in self._plan.skipped:
                continue
            instance = await self._build(node)
            if isinstance(instance, Branch):
                self._prune(node, instance)
                needed = self._plan.needed_for(ending_ids - self._dead, self._dead)
                instance = instance.value
            self.instances[node.id] = instance
        if not self.endings:
            raise InvalidFlow("the branch that was taken leads to no chain, agent or engine: connect one to it")
        return self.endings[-1]

    @property
    def endings(self) -> list[FlowNode]:
        """The nodes that can answer and lie on no dead branch."""
        return [node for node in self._plan.endings if node.id not in self._dead]

    async def build_endings(self) -> None:
        """Build the ending nodes as well: in a graph of agents they are parts like all others."""
        for node in self.endings:
            self.instances[node.id] = await self._build(node)

    async def answer(self, ending: FlowNode) -> Any:
        """What the ending node answers."""
        if ending.output and ending.output != ending.name and ending.output != "EndingNode":
            raise InvalidFlow(
                f"node {ending.id!r} ({ending.label}) ends the flow with its output {ending.output!r}: choose its output {ending.name!r}"
            )
        node = self._catalogue.get(ending.name, node_id=ending.id, flow_id=self._flow.id)
        async with self.traced(ending, ""):
            return await node.run(await self.inputs_of(ending), self._context)

    async def _build(self, node: FlowNode) -> Any:
        component = self._catalogue.get(node.name, node_id=node.id, flow_id=self._flow.id)
        async with self.traced(node, "Error: "):
            inputs = await self.inputs_of(node)
            instance = await component.build(inputs, self._context)
        if node.name == "setVariable" and inputs.flag("showOutput"):
            self.flow_variables[inputs.text("variableName")] = instance
        return instance

    async def inputs_of(self, node: FlowNode) -> NodeInputs:
        """A node's inputs with overrides, variables and what other nodes built."""
        templates = self._templates(node)
        if templates.uses_history and not self._has_history:
            await self._load_history()
        credential_id = self._credential_id(node, templates)
        return NodeInputs(
            templates.resolve(self._scope),
            node_id=node.id,
            label=node.label,
            output=node.output,
            credential=await self._context.credentials.fields(credential_id) if credential_id else None,
            params=node.params,
        )

    def _templates(self, node: FlowNode) -> InputTemplates:
        """The node's inputs as the plan has them, or compiled anew when the request overrides some."""
        inputs = overridden_inputs(self._flow, node, self._context.request.override_config)
        if inputs is node.inputs:
            return self._plan.templates[node.id]
        return compile_inputs(node, inputs, self._flow.by_id.keys())

    @staticmethod
    def _credential_id(node: FlowNode, templates: InputTemplates) -> str:
        """The node's credential; another one given by an override wins."""
        chosen = templates.fixed.get("credentialId")
        return chosen if isinstance(chosen, str) and chosen else node.credential_id

    async def _load_history(self) -> None:
        self._has_history = True
        memory = self.instances.get(self._plan.memory_id)
        if memory is None:
            return
        messages = await memory.messages(prepended_messages(self._context))
        shown = [{"message": message.text, "type": _TYPES[message.role]} for message in messages if message.role in _TYPES]
        flow = {**self._scope.flow, "chatHistory": shown}
        self._scope = replace(self._scope, chat_history=history_lines(messages), flow=flow)

    def _prune(self, node: FlowNode, branch: Branch) -> None:
        """Leave out what only the dead branch leads to."""
        prefix = f"{node.id}-output-{branch.dead_output}"
        edges = [edge for edge in self._flow.edges if edge.source == node.id]
        dead = [edge.target for edge in edges if edge.source_handle.startswith(prefix)]
        live = [edge.target for edge in edges if not edge.source_handle.startswith(prefix)]
        self._dead |= reachable(dead, self._plan.targets) - reachable(live, self._plan.targets)

    @asynccontextmanager
    async def traced(self, node: FlowNode, prefix: str) -> AsyncIterator[None]:
        """A node's line in the trace; its failure becomes a NodeError, stops and outages stay what they are."""
        trace = self._context.trace
        trace.node_started(node.id, node.name, node.label)
        try:
            yield
        except (asyncio.CancelledError, RunStopped):
            trace.node_ended(node.id, "TERMINATED")
            raise
        except Exception as error:
            text = str(error) or type(error).__name__
            trace.node_ended(node.id, "ERROR", text)
            if isinstance(error, Unavailable):
                raise
            raise NodeError(prefix + text, node_id=node.id, node_name=node.name) from error
        trace.node_ended(node.id, "FINISHED")
