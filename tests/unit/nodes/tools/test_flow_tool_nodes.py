"""The tools that ask other parts of Flowise: another flow, a chain, a retriever."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, NodeError, RunStopped
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpResponse
from flowisectl.nodes.tools.chain_tool import ChainTool
from flowisectl.nodes.tools.chatflow_tool import ChatflowTool
from flowisectl.nodes.tools.retriever_tool import RetrieverTool
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.testing import InMemoryFlows, RecordingTrace, ScriptedHttp, run_context


class TestChatflowTool:
    async def call(
        self, flows: InMemoryFlows, *, credential: dict[str, str] | None = None, trace: Any = None, http: Any = None, **inputs: Any
    ) -> str:
        given = {"trace": trace, "http": http}
        context = run_context(flows=flows, question="from the chat", **{name: value for name, value in given.items() if value is not None})
        values = NodeInputs(
            {"selectedChatflow": "flow-2", "name": "My Flow!", **inputs}, node_id="t_0", label="Chatflow Tool", credential=credential
        )
        tool = await ChatflowTool().build(values, context)
        assert tool.spec.name == "my_flow"
        return (await tool.call({"input": "from the model"}, {})).text

    async def test_it_runs_the_flow_in_the_callers_chat_and_session(self) -> None:
        flows = InMemoryFlows({"flow-2": {"text": "answer"}})

        text = await self.call(flows, credential={"chatflowApiKey": "k"}, overrideConfig='{"topK": 3}')

        flow_id, request, chat_id, api_key = flows.calls[0]
        assert text == "answer"
        assert (flow_id, request.question, chat_id, api_key) == ("flow-2", "from the model", "chat-1", "k")
        assert request.override_config == {"sessionId": "session-1", "topK": 3}

    async def test_it_may_start_a_session_of_its_own(self) -> None:
        flows = InMemoryFlows({"flow-2": {"text": "x"}})

        await self.call(flows, startNewSession=True)

        _, request, chat_id, _ = flows.calls[0]
        assert len({"chat-1", "session-1", chat_id, request.override_config["sessionId"]}) == 4

    @pytest.mark.parametrize(
        ("inputs", "question"), [({"useQuestionFromChat": True, "customInput": "own"}, "from the chat"), ({"customInput": "own"}, "own")]
    )
    async def test_the_question_may_be_another(self, inputs: dict[str, Any], question: str) -> None:
        flows = InMemoryFlows({"flow-2": {"text": "x"}})

        await self.call(flows, **inputs)

        assert flows.calls[0][1].question == question

    async def test_a_flow_that_only_another_server_has_is_asked_there(self) -> None:
        http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=b'{"text": "from afar"}'))

        text = await self.call(InMemoryFlows(), http=http, credential={"chatflowApiKey": "k"}, baseURL="https://other.test/")

        assert text == "from afar"
        [call] = http.calls
        assert (call.url, call.headers["authorization"]) == ("https://other.test/api/v1/prediction/flow-2", "Bearer k")
        sent = orjson.loads(call.body or b"")
        assert sent == {"question": "from the model", "chatId": "chat-1", "overrideConfig": {"sessionId": "session-1"}}

    async def test_a_flow_of_this_server_is_asked_here_whatever_the_address(self) -> None:
        http = ScriptedHttp()

        assert await self.call(InMemoryFlows({"flow-2": {"text": "here"}}), http=http, baseURL="http://localhost:3000") == "here"
        assert http.calls == []

    async def test_a_server_that_refuses_gives_nothing_and_is_noted(self) -> None:
        trace = RecordingTrace()
        http = ScriptedHttp(HttpResponse(status=404, reason="Not Found", headers={}, body=b'{"message": "gone"}'))

        assert await self.call(InMemoryFlows(), http=http, trace=trace, baseURL="https://other.test") == ""
        assert any("answered 404" in line[1] and "gone" in line[1] for line in trace.lines)

    async def test_a_flow_that_fails_gives_nothing_and_is_noted(self) -> None:
        def fail(request: Any) -> Any:
            raise NodeError("broken", node_id="n", node_name="n")

        trace = RecordingTrace()

        assert await self.call(InMemoryFlows({"flow-2": fail}), trace=trace) == ""
        assert "flow-2" in trace.lines[0][1] and "broken" in trace.lines[0][1]

    async def test_a_stop_stops_the_caller_too(self) -> None:
        def stop(request: Any) -> Any:
            raise RunStopped

        with pytest.raises(RunStopped):
            await self.call(InMemoryFlows({"flow-2": stop}))

    async def test_a_flow_cannot_call_itself_or_nothing(self) -> None:
        with pytest.raises(InvalidFlow, match="'t_0'"):
            await self.call(InMemoryFlows(), selectedChatflow="flow-1")
        with pytest.raises(MissingInput, match="'t_0'"):
            await self.call(InMemoryFlows(), selectedChatflow="")


async def test_a_chain_is_asked_what_the_model_asks() -> None:
    class Chain:
        async def answer(self, question: str) -> str:
            return f"answer to {question}"

    tool = await ChainTool().build(NodeInputs({"baseChain": Chain(), "name": "c", "description": "d", "returnDirect": True}), run_context())

    assert (await tool.call({"input": "q"}, {})).text == "answer to q"
    assert tool.return_direct


class TestRetrieverTool:
    DOCUMENTS = (Document(page_content="one", metadata={"who": "chat-9"}), Document(page_content="two", metadata={"who": "else"}))

    async def retriever(self) -> StoreRetriever:
        class Same:
            async def embed(self, texts: Any) -> list[list[float]]:
                return [[1.0] for _ in texts]

        store = MemoryStore(Same())
        await store.add(self.DOCUMENTS)
        return StoreRetriever(store, 4)

    async def look_up(self, **inputs: Any) -> Any:
        values = {"name": "docs", "description": "d", "retriever": await self.retriever(), **inputs}
        tool = await RetrieverTool().build(NodeInputs(values), run_context())
        return await tool.call({"input": "q"}, {"chatId": "chat-9", "state": {"a": 1}})

    async def test_pages_are_joined(self) -> None:
        outcome = await self.look_up()

        assert outcome.text == "one\n\ntwo"
        assert outcome.source_documents == ()

    async def test_documents_come_along_when_wanted(self) -> None:
        assert (await self.look_up(returnSourceDocuments=True)).source_documents == self.DOCUMENTS

    @pytest.mark.parametrize(
        ("conditions", "text"),
        [('{"who": "$flow.chatId"}', "one"), ('{"who": "else"}', "two"), ('{"who": "$flow.no.such"}', ""), ("", "one\n\ntwo")],
    )
    async def test_conditions_may_name_values_of_the_run(self, conditions: str, text: str) -> None:
        assert (await self.look_up(retrieverToolMetadataFilter=conditions)).text == text
