"""Texts are taken over from packages: small ones of our own, printed as compilers print theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flowisectl.texts.anchors import ANCHORS
from flowisectl.texts.taking_over import Taken, take_over
from flowisectl.texts.text import BuiltInRows

CLASSIC, CORE, COMPONENTS, SERVER = "@langchain/classic", "@langchain/core", "flowise-components", "flowise"
Put = Callable[[str, str, str], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes a file of a package: package, path in it, source."""

    def write(package: str, path: str, source: str) -> Path:
        folder = tmp_path / "node_modules" / package
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"name": package, "version": "7.1.0"}), "utf8")
        file.write_text(source, "utf8")
        return file

    return write


def taken(folder: Path, name: str) -> Taken:
    return next(text for text in take_over(folder) if text.name == name)


def test_a_template_of_langchain_loses_its_doubled_braces(tmp_path: Path, put: Put) -> None:
    source = 'import x from "y";\nconst _DEFAULT_SUMMARIZER_TEMPLATE = `Was: {summary}\nNew: {new_lines}\nAs {{"sum": 1}}`;\nexport {};'
    put(CLASSIC, "dist/memory/prompt.js", source)

    text = taken(tmp_path, "conversation-summary")

    assert text.value == 'Was: {summary}\nNew: {new_lines}\nAs {"sum": 1}'
    assert text.place == "@langchain/classic 7.1.0, dist/memory/prompt.js"


def test_a_template_for_a_template_loses_them_twice(tmp_path: Path, put: Put) -> None:
    source = """
const PREFIX_END = ` Mind the form.`;
const FORMAT_INSTRUCTIONS = `{{{{ "action": one of [{tool_names}] }}}}`;
const DEFAULT_SUFFIX = `{tools} {format_instructions} {{input}}`;"""
    put("langchain", "dist/agents/chat_convo/prompt.js", source)

    assert taken(tmp_path, "json-agent-reminder").value == " Mind the form."
    assert taken(tmp_path, "json-agent-format").value == '{ "action": one of [{tool_names}] }'
    assert taken(tmp_path, "json-agent-question").value == "{tools} {format_instructions} {input}"


def test_parts_that_are_joined_are_one_text(tmp_path: Path, put: Put) -> None:
    source = "const combinedPrompt = systemPrompt +\n    '\\nWork alone.' +\n    ' Your team: {team_members}.';"
    put(COMPONENTS, "dist/nodes/multiagents/Worker/Worker.js", source)

    assert taken(tmp_path, "teamwork").value == "\nWork alone. Your team: {team_members}."


def test_any_other_text_keeps_its_braces(tmp_path: Path, put: Put) -> None:
    source = "exports.A = exports.DEFAULT_SUMMARIZER_TEMPLATE = void 0;\nexports.DEFAULT_SUMMARIZER_TEMPLATE = `{{x}} {conversation}`;"
    put(COMPONENTS, "dist/nodes/agentflow/prompt.js", source)

    assert taken(tmp_path, "agentflow-summary").value == "{{x}} {conversation}"


def test_code_in_a_text_becomes_a_placeholder(tmp_path: Path, put: Put) -> None:
    source = """
var Parser = class { getFormatInstructions() {
    return `Like {{this}}:\\n\\`\\`\\`json\\n${JSON.stringify(tools.toJsonSchema(this.schema))}\\n\\`\\`\\``;
} };
var Other = class { getFormatInstructions() { return `${this.inner}`; } };"""
    put(CORE, "dist/output_parsers/structured.cjs", source)

    text = taken(tmp_path, "schema-instructions")

    assert text.value == "Like {{this}}:\n```json\n{schema}\n```"
    assert text.place.endswith("dist/output_parsers/structured.cjs")


def test_code_that_is_not_known_is_told(tmp_path: Path, put: Put) -> None:
    put(SERVER, "dist/utils/buildAgentGraph.js", "({ name: toolCall.name, content: `No ${toolCall.name}, ${new Date()}` })")

    text = taken(tmp_path, "tool-refused")

    assert text.value is None
    assert text.trouble == "flowise 7.1.0, dist/utils/buildAgentGraph.js: the text holds code that is not known: 'new Date()'"


def test_a_placeholder_may_be_spelled_otherwise(tmp_path: Path, put: Put) -> None:
    put(SERVER, "dist/utils/prompt.js", "exports.ASSISTANT_PROMPT_GENERATOR = `Do {{task}} in {steps}.`;")

    assert taken(tmp_path, "assistant-instruction").value == "Do {task} in {steps}."


def test_a_text_without_its_placeholder_is_told(tmp_path: Path, put: Put) -> None:
    put(CLASSIC, "dist/output_parsers/prompts.js", "const NAIVE_FIX_TEMPLATE = `Again: {instructions} {completion}`;")

    assert taken(tmp_path, "answer-repair").trouble == "@langchain/classic 7.1.0, dist/output_parsers/prompts.js: it lacks {error}"


def test_a_list_leaves_out_what_only_their_server_knows(tmp_path: Path, put: Put) -> None:
    source = """
const IDS = { A: process.env.A };
const pricingPlans = [
    { prodId: IDS.A, title: 'Small', features: [{ text: 'One flow' }] },
    { title: "Large", isBest: true }
];"""
    put(SERVER, "dist/controllers/pricing/index.js", source)

    assert taken(tmp_path, "pricing").value == [{"title": "Small", "features": [{"text": "One flow"}]}, {"title": "Large", "isBest": True}]


def test_an_answer_of_a_route_is_found_behind_its_path(tmp_path: Path, put: Put) -> None:
    source = """
app.get('/api/v1/other', (q, r) => r.send({ msg: 'not this' }));
app.get('/api/v1/ip', (request, response) => {
    response.send({ ip: request.ip, msg: 'Your address, as ' + 'we see it.' });
});"""
    put(SERVER, "dist/index.js", source)

    assert taken(tmp_path, "ip-advice").value == "Your address, as we see it."


@pytest.mark.parametrize(
    "source",
    [
        'class S extends Tool { name = "s";\n description = "Looks things up in the great index.";\n }',
        'class S { constructor() { this.name = "s"; this.description = "Looks things up in the great index."; } }',
        'Object.defineProperty(this, "description", { enumerable: true, writable: true, value: "Looks things up in the great index." });',
    ],
)
def test_the_description_of_a_tool_is_found_however_the_class_is_printed(tmp_path: Path, put: Put, source: str) -> None:
    put("@langchain/community", "dist/tools/serper.js", source)

    assert taken(tmp_path, "tool-serper").value == "Looks things up in the great index."


def test_earlier_versions_have_the_texts_in_another_package(tmp_path: Path, put: Put) -> None:
    put("langchain", "dist/retrievers/hyde.cjs", 'switch (k) { case "fiqa":\n template = `Money: {question}`; break; }')

    text = taken(tmp_path, "hyde-fiqa")

    assert text.value == "Money: {question}"
    assert (
        taken(tmp_path, "hyde-arguana").trouble == "langchain 7.1.0, dist/retrievers/hyde.cjs: the text is not where other versions have it"
    )


def test_what_is_missing_is_told_for_each_text(tmp_path: Path, put: Put) -> None:
    put(SERVER, "dist/other.js", "")

    texts = {text.name: text.trouble for text in take_over(tmp_path)}

    assert len(texts) == len(ANCHORS)
    assert texts["ip-advice"] == "flowise 7.1.0 has no dist/index.js"
    assert texts["conversation-summary"] == "there is no package @langchain/classic"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put(SERVER, "dist/utils/prompt.js", "exports.ASSISTANT_PROMPT_GENERATOR = `Do {{task}}.`;")
    monkeypatch.setattr("flowisectl.texts.taking_over.MOST_BYTES", 10)

    assert taken(tmp_path, "assistant-instruction").value is None


def test_lists_are_the_only_texts_that_are_data() -> None:
    assert [anchor.text.name for anchor in ANCHORS if isinstance(anchor.text, BuiltInRows)] == ["pricing"]
