"""An agent that calls tools and knows documents that fit the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.answer_events import answer_events, tell_extras
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import image_parts, question_text, tool_flow
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.prompt_template import format_template
from flowisectl.llm.retrieval_qa import REPHRASE
from flowisectl.llm.tool_agent import DEFAULT_MAX_ITERATIONS, ToolAgent

SYSTEM = """\
You are a helpful assistant. Use what is known below when it helps with the question, and your tools for the rest.

{context}"""


class ConversationalRetrievalToolAgent(Node):
    definition = NodeDefinition(
        name="conversationalRetrievalToolAgent",
        label="Conversational Retrieval Tool Agent",
        category="Agents",
        version=1.0,
        base_classes=("AgentExecutor", "BaseChain", "Runnable"),
        description="An agent that calls tools and knows documents that fit the question",
        inputs=(
            NodeParam("tools", "Tools", "Tool", list=True),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("model", "Tool Calling Chat Model", "BaseChatModel"),
            NodeParam("systemMessage", "System Message", "string", default=SYSTEM, optional=True, rows=4, additional=True),
            NodeParam("rephrasePrompt", "Rephrase Prompt", "string", default=REPHRASE, optional=True, rows=4, additional=True),
            NodeParam("rephraseModel", "Rephrase Model", "BaseChatModel", optional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
            NodeParam("maxIterations", "Max Iterations", "number", optional=True, additional=True),
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "BaseRetriever"),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        model: ChatModel = inputs.require("model")
        memory: ChatMemory = inputs.require("memory")
        retriever: Retriever = inputs.require("vectorStoreRetriever")
        agent = ToolAgent(
            model=model, tools=inputs.items("tools"), max_iterations=inputs.integer("maxIterations") or DEFAULT_MAX_ITERATIONS
        )
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        history = await memory.messages(prepended_messages(context))
        searched = await self._searched(question, history, inputs, model)
        documents = await retriever.retrieve(searched)
        known = "\n".join(f"<doc id='{number}'>{document.page_content}</doc>" for number, document in enumerate(documents))
        system = format_template(inputs.wording("systemMessage", SYSTEM), {"context": known})
        images = await image_parts(context, model)
        content: Any = [{"type": "text", "text": question}, *images] if images else question
        messages = [ChatMessage(role="system", content=system), *history, ChatMessage(role="user", content=content)]
        answer = await agent.work(messages, tool_flow(context), teller)
        await memory.add(question, answer.text)
        fields = answer.to_fields()
        fields["sourceDocuments"] = [document.to_json() for document in documents] + fields.get("sourceDocuments", [])
        if teller is not None:
            tell_extras(context, fields)
            answer.tell_untold(teller)
        return fields

    @staticmethod
    async def _searched(question: str, history: Sequence[ChatMessage], inputs: NodeInputs, model: ChatModel) -> str:
        """What to search for: the question as it is understood without the conversation, when the node has a prompt for that."""
        prompt = inputs.text("rephrasePrompt")
        if not prompt.strip() or not history:
            return question
        names = {"user": "human", "assistant": "ai"}
        lines = "\n".join(f"{names.get(message.role, message.role)}: {message.text}" for message in history)
        asked: ChatModel = inputs.get("rephraseModel") or model
        content = format_template(prompt, {"chat_history": lines, "question": question})
        worded = (await asked.invoke([ChatMessage(role="user", content=content)])).text
        return worded if worded.strip() else question
