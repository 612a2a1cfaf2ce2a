"""A conversation with a model that remembers what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.conversation import DEFAULT_SYSTEM, Conversation, conversation_prompt
from flowisectl.llm.moderation import moderated, refused


class ConversationChain(Node):
    definition = NodeDefinition(
        name="conversationChain",
        label="Conversation Chain",
        category="Chains",
        version=3.0,
        base_classes=("ConversationChain", "LLMChain", "BaseChain", "Runnable"),
        description="A conversation with a model that remembers what was said",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("memory", "Memory", "BaseMemory"),
            NodeParam("chatPromptTemplate", "Chat Prompt Template", "ChatPromptTemplate", optional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("systemMessagePrompt", "System Message", "string", default=DEFAULT_SYSTEM, optional=True, rows=4, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Conversation:
        system, human, values = conversation_prompt(inputs.get("chatPromptTemplate"), inputs.text("systemMessagePrompt"))
        return Conversation(model=inputs.require("model"), memory=inputs.require("memory"), system=system, human=human, values=values)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any] | str:
        conversation = await self.build(inputs, context)
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return refused(refusal, teller)
        images = await image_parts(context, conversation.model)
        return await conversation.say(question, prepended=prepended_messages(context), images=images, teller=teller)
