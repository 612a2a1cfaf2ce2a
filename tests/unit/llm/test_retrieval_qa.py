"""Answers from documents."""

from __future__ import annotations

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.retrieval_qa import RetrievalQa, StuffQa
from flowisectl.testing import ScriptedChatModel


class Shelf:
    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.asked: list[str] = []

    async def retrieve(self, question: str) -> list[Document]:
        self.asked.append(question)
        return [Document(page_content=text) for text in self.texts]


async def test_the_documents_stand_in_the_system_message() -> None:
    model, shelf = ScriptedChatModel("blue"), Shelf("sky {x}", "sea")

    text, documents = await RetrievalQa(model=model, retriever=shelf, response="From: {context}").respond("colour?")

    assert (text, len(documents)) == ("blue", 2)
    assert model.calls[0].texts == [("system", "From: <doc id='0'>sky {x}</doc>\n<doc id='1'>sea</doc>"), ("user", "colour?")]


async def test_a_question_in_a_conversation_is_worded_anew_for_the_retriever_only() -> None:
    model, shelf = ScriptedChatModel("Which colour has the sky?", "blue"), Shelf("sky")
    history = [ChatMessage(role="user", content="The sky"), ChatMessage(role="assistant", content="Yes?")]

    await RetrievalQa(model=model, retriever=shelf, rephrase="{chat_history} > {question}", response="{context}").respond(
        "colour?", history
    )

    assert model.calls[0].texts == [("user", "human: The sky\nai: Yes? > colour?")]
    assert shelf.asked == ["Which colour has the sky?"]
    assert model.calls[1].texts[-1] == ("user", "colour?")
    assert len(model.calls[1].messages) == 4


async def test_the_empty_summary_of_a_new_session_is_no_conversation() -> None:
    model, shelf = ScriptedChatModel("blue"), Shelf()

    await RetrievalQa(model=model, retriever=shelf, response="{context}").respond("colour?", [ChatMessage(role="system", content="")])

    assert len(model.calls) == 1
    assert [message.role for message in model.calls[0].messages] == ["system", "user"]


async def test_without_a_template_the_question_goes_to_the_retriever_as_it_is() -> None:
    shelf = Shelf()

    await RetrievalQa(model=ScriptedChatModel("x"), retriever=shelf, rephrase=" ").respond("q", [ChatMessage(role="user", content="h")])

    assert shelf.asked == ["q"]


async def test_a_question_that_the_model_words_as_nothing_goes_to_the_retriever_as_it_is() -> None:
    model, shelf = ScriptedChatModel(" ", "blue"), Shelf("sky")

    await RetrievalQa(model=model, retriever=shelf).respond("colour?", [ChatMessage(role="user", content="h")])

    assert shelf.asked == ["colour?"]


async def test_chains_answer_tools_with_text() -> None:
    model, shelf = ScriptedChatModel("one", "two"), Shelf("a {b}", "c")

    assert await RetrievalQa(model=model, retriever=shelf).answer("q") == "one"
    assert await StuffQa(model=model, retriever=shelf).answer("q") == "two"
    assert "a {b}\n\nc" in model.calls[1].messages[0].text
