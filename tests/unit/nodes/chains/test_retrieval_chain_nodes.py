"""The chains that answer from documents."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.context import StoredMessage
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.nodes.chains.conversational_retrieval_qa_chain import ConversationalRetrievalQAChain
from flowisectl.nodes.chains.retrieval_qa_chain import RetrievalQAChain
from flowisectl.testing import InMemoryHistory, RecordingEventSink, ScriptedChatModel, run_context


class Shelf:
    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content="The sky is blue.", metadata={"page": 1})]


class Refuses:
    async def check(self, text: str) -> str:
        raise ModerationRefusal("no")


def inputs(model: ScriptedChatModel, **more: Any) -> NodeInputs:
    return NodeInputs({"model": model, "vectorStoreRetriever": Shelf(), "responsePrompt": "Use {context}", **more})


class TestConversationalRetrievalQaChain:
    async def test_documents_come_after_the_tokens_when_they_are_wanted(self) -> None:
        events = RecordingEventSink()

        answer = await ConversationalRetrievalQAChain().run(
            inputs(ScriptedChatModel("blue"), returnSourceDocuments=True), run_context(question="colour?", events=events)
        )

        documents = [{"pageContent": "The sky is blue.", "metadata": {"page": 1}}]
        assert answer == {"text": "blue", "sourceDocuments": documents}
        assert [(event.kind.value, event.data) for event in events.events] == [
            ("start", "blue"),
            ("token", "blue"),
            ("sourceDocuments", documents),
        ]

    async def test_that_nothing_was_found_is_told_too(self) -> None:
        class EmptyShelf:
            async def retrieve(self, question: str) -> list[Document]:
                return []

        events = RecordingEventSink()

        answer = await ConversationalRetrievalQAChain().run(
            inputs(ScriptedChatModel("blue"), vectorStoreRetriever=EmptyShelf(), returnSourceDocuments=True), run_context(events=events)
        )

        assert answer == {"text": "blue", "sourceDocuments": []}
        assert events.of("sourceDocuments") == [[]]

    async def test_documents_stay_inside_otherwise(self) -> None:
        events = RecordingEventSink()

        answer = await ConversationalRetrievalQAChain().run(inputs(ScriptedChatModel("blue")), run_context(events=events))

        assert answer == {"text": "blue"}
        assert "sourceDocuments" not in events.kinds()

    async def test_without_a_memory_the_servers_messages_are_the_conversation(self) -> None:
        model = ScriptedChatModel("Which colour is the sky?", "blue")
        history = InMemoryHistory(StoredMessage(role="userMessage", content="The sky?"))

        await ConversationalRetrievalQAChain().run(
            inputs(model, rephrasePrompt="{chat_history}|{question}"), run_context(question="colour?", history=history)
        )

        assert model.calls[0].texts == [("user", "human: The sky?|colour?")]
        assert not model.calls[0].streamed
        assert model.calls[1].streamed

    async def test_the_system_message_of_older_flows_is_followed_by_the_context(self) -> None:
        model = ScriptedChatModel("x")

        await ConversationalRetrievalQAChain().run(inputs(model, systemMessagePrompt="Be old."), run_context())

        system = model.calls[0].messages[0].text
        assert system.startswith("Be old.\n")
        assert "The sky is blue." in system

    async def test_a_refused_question_never_reaches_the_model(self) -> None:
        assert await ConversationalRetrievalQAChain().run(inputs(ScriptedChatModel(), inputModeration=[Refuses()]), run_context()) == {
            "text": "no"
        }


class TestRetrievalQaChain:
    async def test_the_documents_stand_in_the_one_prompt(self) -> None:
        model, events = ScriptedChatModel("blue"), RecordingEventSink()

        answer = await RetrievalQAChain().run(inputs(model), run_context(question="colour?", events=events))

        assert answer == {"text": "blue"}
        assert "The sky is blue." in model.calls[0].messages[0].text
        assert events.text() == "blue"

    async def test_a_refused_question_never_reaches_the_model(self) -> None:
        assert await RetrievalQAChain().run(inputs(ScriptedChatModel(), inputModeration=[Refuses()]), run_context()) == {"text": "no"}
