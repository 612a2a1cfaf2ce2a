"""An agent among sequential agents: works with its tools until it has an answer."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn, Update, WorkPart, name_of
from flowisectl.engine.legacy.values import flow_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.agent_conversation import latest_exchange
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, AgentAnswer, ToolAgent, cleaned
from flowisectl.nodes.sequential_agents._params import (
    CATEGORY,
    approval_params,
    history_params,
    human_param,
    interrupt_param,
    model_param,
    previous_param,
    prompt_values_param,
    system_param,
    update_param,
)
from flowisectl.nodes.sequential_agents._prompt import prompt_messages
from flowisectl.nodes.sequential_agents._state import new_values
from flowisectl.nodes.sequential_agents._tools import EXTRAS, approval_of, call_tools, gathered

SYSTEM = "You research questions for the user. Look things up with your tools whenever newer or exact information is needed."


class SeqAgent(Node):
    definition = NodeDefinition(
        name="seqAgent",
        label="Agent",
        category=CATEGORY,
        version=4.1,
        base_classes=("Agent",),
        description="Works with its tools until it has an answer",
        inputs=(
            NodeParam("agentName", "Agent Name", "string", placeholder="Agent"),
            system_param(SYSTEM),
            *history_params(),
            human_param(),
            NodeParam("tools", "Tools", "Tool", optional=True, list=True),
            previous_param(),
            model_param(),
            interrupt_param(),
            prompt_values_param(),
            *approval_params(),
            update_param(),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        agent = _Agent(inputs, context)
        asks_first = inputs.flag("interrupt") and bool(agent.tools)
        return WorkPart(
            node_id=inputs.node_id,
            label=agent.label,
            act=agent.choose if asks_first else agent.work,
            call_tools=agent.call_tools if asks_first else None,
            approval=approval_of(inputs, agent.model) if asks_first else None,
        )


class _Agent:
    def __init__(self, inputs: NodeInputs, context: RunContext) -> None:
        self.label = inputs.text("agentName", inputs.label)
        self.tools: list[Tool] = inputs.items("tools")
        self.model: ChatModel | None = inputs.get("model")
        self._inputs = inputs
        self._context = context

    async def work(self, turn: Turn) -> Update:
        """Call tools until the model answers in words."""
        model = self.model or turn.model
        agent = ToolAgent(model=model, tools=self.tools, max_iterations=self._inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS)
        messages = await prompt_messages(self._inputs, self._context, turn, model)
        return await self._said(turn, await agent.work(messages, flow_of(self._context, turn.state)))

    async def choose(self, turn: Turn) -> Update:
        """Ask the model once: it answers, or it wants tools, which a human must allow."""
        model = self.model or turn.model
        messages = await prompt_messages(self._inputs, self._context, turn, model)
        reply = await model.invoke(messages, ChatOptions(tools=tuple(tool.spec for tool in self.tools)))
        if reply.tool_calls:
            return Update(
                messages=(
                    ChatMessage(
                        role="assistant",
                        content=reply.text,
                        tool_calls=reply.tool_calls,
                        name=name_of(self.label),
                        extra={"nodeId": self._inputs.node_id},
                    ),
                )
            )
        used = [message for message in latest_exchange(turn.state.messages) if message.extra.get("nodeId") == self._inputs.node_id]
        output = {name: gathered(used, name) for name in EXTRAS}
        return await self._said(turn, AgentAnswer(text=cleaned(reply.text)), output)

    async def call_tools(self, turn: Turn) -> Update:
        """Call the tools that a human has allowed."""
        flow = flow_of(self._context, turn.state)
        return Update(messages=await call_tools(self.tools, turn.calls, flow, self._inputs.node_id))

    async def _said(self, turn: Turn, answer: AgentAnswer, earlier: dict[str, list[object]] | None = None) -> Update:
        """The agent's answer as a message of the conversation. `earlier` is what its tools gave in turns before."""
        fields = answer.to_fields()
        extra = {"nodeId": self._inputs.node_id, **{name: fields[name] for name in EXTRAS if name in fields}}
        output = {"content": answer.text, **(earlier or {name: fields.get(name, []) for name in EXTRAS})}
        message = ChatMessage(role="user", content=answer.text, name=name_of(self.label), extra=extra)
        return Update(messages=(message,), values=await new_values(self._inputs, self._context, turn, output))
