"""The Neo4j node and the chain over it: what they ask of the database and of the model."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed, HttpResponse
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.cypher_answers import reading_statement
from flowisectl.llm.prompt_template import TextPrompt
from flowisectl.nodes.chains.graph_cypher_qa_chain import GraphCypherQAChain
from flowisectl.nodes.graph.neo4j import Neo4j
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context

CREDENTIAL = {"url": "neo4j://127.0.0.1:7687", "username": "neo4j", "password": "nj-secret"}
QUERY = "MATCH (p:Person) RETURN p.name AS name"


def answer(body: Any = None, status: int = 202) -> HttpResponse:
    return HttpResponse(status=status, reason="Reason", headers={}, body=b"" if body is None else orjson.dumps(body))


def rows(*values: list[Any], fields: tuple[str, ...] = ("name",)) -> HttpResponse:
    return answer({"data": {"fields": [*fields], "values": [*values]}})


def schema() -> list[HttpResponse]:
    """Answers to the three questions that a schema is made of."""
    return [
        rows(
            [["Person"], "name", ["String"]],
            [["Person"], "born", ["Long", "String"]],
            [["Film"], None, None],
            fields=("nodeLabels", "propertyName", "propertyTypes"),
        ),
        rows([":`ACTED_IN`", "role", ["String"]], fields=("relType", "propertyName", "propertyTypes")),
        rows([["Person"], "ACTED_IN", ["Film"]], fields=("source", "relation", "target")),
    ]


def sent(http: ScriptedHttp, place: int = -1) -> Any:
    return orjson.loads(http.calls[place].body or b"null")


async def graph(http: ScriptedHttp, credential: Any = None, **inputs: Any) -> Any:
    given = NodeInputs(inputs, node_id="g_0", label="Neo4j", credential=CREDENTIAL if credential is None else credential)
    return await Neo4j().build(given, run_context(http=http))


async def asked(http: ScriptedHttp, output: str = "", question: str = "who?", **inputs: Any) -> tuple[Any, Any]:
    context = run_context(http=http, question=question)
    given = NodeInputs({"graph": await graph(http), **inputs}, node_id="c_0", label="Chain", output=output)
    node = GraphCypherQAChain()
    return await (node.build(given, context) if output else node.run(given, context)), context.events


async def test_the_database_is_only_read_over_its_query_api() -> None:
    http = ScriptedHttp(rows(["Jo"], ["Al"]))

    assert await (await graph(http, database="films", timeoutMs="1500")).read(QUERY, {"x": 1}) == [{"name": "Jo"}, {"name": "Al"}]

    call = http.calls[0]
    assert (call.method, call.url, call.timeout_seconds) == ("POST", "http://127.0.0.1:7474/db/films/query/v2", 1.5)
    assert call.headers["authorization"] == "Basic " + base64.b64encode(b"neo4j:nj-secret").decode()
    assert sent(http) == {"statement": QUERY, "parameters": {"x": 1}, "accessMode": "Read"}


async def test_an_older_server_is_asked_as_it_knows_it_from_then_on() -> None:
    result = answer({"results": [{"columns": ["name"], "data": [{"row": ["Jo"]}]}], "errors": []}, 200)
    http = ScriptedHttp(answer(None, 404), result, result)
    old = await graph(http)

    assert await old.read(QUERY) == [{"name": "Jo"}] == (await old.read(QUERY))
    assert [call.url.rpartition("/neo4j")[2] for call in http.calls] == ["/query/v2", "/tx/commit", "/tx/commit"]
    assert http.calls[1].headers["access-mode"] == "READ"


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"errors": [{"code": "Neo.ClientError.Statement.SyntaxError", "message": "Invalid input, nj-secret"}]}, 400),
        answer({"errors": [{"code": "Neo.ClientError.Database.DatabaseNotFound", "message": "no Invalid input"}]}, 404),
        answer({"errors": [{"code": "Neo.ClientError.Security.Unauthorized", "message": "Invalid input: nj-secret"}]}, 401),
        HttpFailed("Invalid input: no connection"),
    ],
)
async def test_a_refusal_is_told_without_the_password(refusal: Any) -> None:
    with pytest.raises(ProviderError, match="Invalid input") as caught:
        await (await graph(ScriptedHttp(refusal))).read(QUERY)

    assert "nj-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("bolt://db:7687", "http://db:7474"),
        ("neo4j+s://abc.databases.neo4j.io", "https://abc.databases.neo4j.io"),
        ("bolt+ssc://db.test:7687", "https://db.test:7473"),
        ("neo4j://[::1]:7687", "http://[::1]:7474"),
        ("https://u:p@proxy.test/neo/", "https://proxy.test/neo"),
    ],
)
async def test_the_http_server_is_found_from_the_drivers_address(url: str, expected: str) -> None:
    http = ScriptedHttp(rows())

    await (await graph(http, {**CREDENTIAL, "url": url})).read(QUERY)

    assert http.calls[0].url == f"{expected}/db/neo4j/query/v2"


@pytest.mark.parametrize(("credential", "told"), [({}, "'url'"), ({**CREDENTIAL, "url": "db"}, "not a URL")])
async def test_a_credential_without_an_address_is_told(credential: dict[str, str], told: str) -> None:
    with pytest.raises(MissingInput, match=told):
        await graph(ScriptedHttp(), credential)


async def test_the_schema_names_nodes_relationships_and_how_they_meet() -> None:
    plain = await (await graph(ScriptedHttp(*schema()))).schema()
    people = rows([{"name": "Jo", "born": 1970}], [{"name": "Al", "tags": ["x"]}], fields=("known",))
    shown = await (await graph(ScriptedHttp(*schema(), people, rows(fields=("known",))), enhancedSchema=True)).schema()

    assert plain.splitlines() == [
        "Nodes:",
        "Person {name: String; born: Long or String}",
        "Film {}",
        "Relationships:",
        "ACTED_IN {role: String}",
        "Patterns:",
        "(:Person)-[:ACTED_IN]->(:Film)",
    ]
    assert "Person {name: String such as Jo, Al; born: Long or String such as 1970}" in shown


async def test_the_model_writes_a_statement_and_answers_from_its_rows() -> None:
    http = ScriptedHttp(*schema(), rows(["Jo"]))
    model = ScriptedChatModel(f"```cypher\n{QUERY};\n```", "It was Jo.")

    result, events = await asked(http, model=model)

    assert result == {"text": "It was Jo."} and events.text() == "It was Jo."
    assert sent(http)["statement"] == QUERY
    assert "(:Person)-[:ACTED_IN]->(:Film)" in model.calls[0].messages[0].text and "who?" in model.calls[0].messages[0].text
    assert '[{"name":"Jo"}]' in model.calls[1].messages[0].text


async def test_two_models_and_own_prompts_may_share_the_work() -> None:
    writer, speaker = ScriptedChatModel(QUERY), ScriptedChatModel("Jo!")
    prompts = {"cypherPrompt": TextPrompt(template="S {schema} Q {question}"), "qaPrompt": TextPrompt(template="C {context} Q {query}")}

    result, _ = await asked(ScriptedHttp(*schema(), rows(["Jo"])), cypherModel=writer, qaModel=speaker, **prompts)

    assert result == {"text": "Jo!"}
    assert writer.calls[0].texts[0][1].startswith("S Nodes:") and speaker.calls[0].texts == [("user", 'C [{"name":"Jo"}] Q who?')]


async def test_the_rows_themselves_may_be_the_answer() -> None:
    result, events = await asked(ScriptedHttp(*schema(), rows(["Jo"])), model=ScriptedChatModel(QUERY), returnDirect=True)

    assert result == {"text": '[{"name":"Jo"}]'} and events.text() == result["text"]


async def test_the_prediction_is_text_and_the_chain_can_be_asked_by_tools() -> None:
    text, _ = await asked(ScriptedHttp(*schema(), rows(["Jo"])), "outputPrediction", model=ScriptedChatModel(QUERY, "Jo."))
    chain, _ = await asked(ScriptedHttp(*schema(), rows(["Al"])), "graphCypherQAChain", model=ScriptedChatModel(QUERY, "Al."))

    assert text == "Jo." and await chain.answer("who?") == "Al."


class Refusing:
    async def check(self, text: str) -> str:
        raise ModerationRefusal("not that")


async def test_moderation_comes_first_and_a_model_is_needed() -> None:
    model = ScriptedChatModel()

    result, _ = await asked(ScriptedHttp(), model=model, inputModeration=[Refusing()])

    assert "not that" in result["text"] and model.calls == []
    with pytest.raises(MissingInput, match="model"):
        await asked(ScriptedHttp())


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) DETACH DELETE n",
        "MATCH (n) SET n.x = 1 RETURN n",
        "LOAD CSV FROM 'http://169.254.169.254/' AS row RETURN row",
        "MATCH (n) CALL apoc.load.json('http://h') YIELD value RETURN value",
        "CALL dbms.killQuery('1')",
        "I cannot answer that.",
        "",
    ],
)
async def test_a_statement_that_does_not_only_read_is_not_sent(text: str) -> None:
    http = ScriptedHttp(*schema())

    with pytest.raises(FlowError, match="only reads"):
        await asked(http, model=ScriptedChatModel(text))

    assert len(http.calls) == 3


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n {title: 'How to DELETE a set'}) RETURN n.set, n.create // SET",
        "MATCH (n:`CREATE x`)-[:MERGE]->(m) RETURN m",
        "CALL { MATCH (n) RETURN n } RETURN n",
    ],
)
def test_words_in_names_and_texts_change_nothing(text: str) -> None:
    assert reading_statement(f"Cypher Query: {text};") == text
