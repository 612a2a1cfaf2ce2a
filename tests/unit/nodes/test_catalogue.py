"""Rules that hold for every node of the catalogue; a new node is covered the moment it exists."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import Node, NodeParam
from flowisectl.engine.removed_nodes import REPLACEMENTS
from flowisectl.errors import UnknownNode
from flowisectl.nodes.credential_types import credential_types
from flowisectl.nodes.discovery import load_catalogue

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "flowise" / "nodes.json"

FOLDERS = {
    "Agent Flows": "agentflow",
    "Agents": "agents",
    "Cache": "caches",
    "Chains": "chains",
    "Chat Models": "chat_models",
    "Document Loaders": "document_loaders",
    "Embeddings": "embeddings",
    "Engine": "engines",
    "Graph": "graph",
    "LLMs": "llms",
    "Memory": "memory",
    "Moderation": "moderation",
    "Multi Agents": "multi_agents",
    "Output Parsers": "output_parsers",
    "Prompts": "prompts",
    "Record Manager": "record_managers",
    "Response Synthesizer": "response_synthesizers",
    "Retrievers": "retrievers",
    "Sequential Agents": "sequential_agents",
    "Text Splitters": "text_splitters",
    "Tools": "tools",
    "Tools (MCP)": "tools",
    "Utilities": "utilities",
    "Vector Stores": "vector_stores",
}
MAKE = (
    "type", "list", "acceptVariable", "additionalParams", "loadMethod", "loadConfig", "fileType", "freeSolo", "hidden",
    "acceptNodeOutputAsVariable", "tabIdentifier",
)  # fmt: skip
OF_OUR_OWN = {
    "scheduleTimezone",  # loaded, where the original lists every zone in the definition
}
FIELD_TYPES = {
    "array", "asyncMultiOptions", "asyncOptions", "boolean", "code", "conditionFunction", "datagrid", "date", "datePicker", "file",
    "folder", "json", "monthDaysPicker", "multiOptions", "number", "options", "password", "string", "tabs", "timePicker",
    "weekDaysPicker",
}  # fmt: skip
SOCKET_TYPES = {
    "BaseCache", "BaseChain", "BaseChatMemory", "BaseChatModel", "BaseLLMOutputParser", "BaseLanguageModel", "BaseMemory",
    "BasePromptTemplate", "BaseRetriever", "ChatPromptTemplate", "Document", "Embeddings", "Moderation", "PromptTemplate",
    "PromptRetriever", "RecordManager", "TextSplitter", "Tool", "VectorStore", "VectorStoreRetriever",
    # engines
    "BaseChatModel_LlamaIndex", "BaseEmbedding_LlamaIndex", "BaseQueryEngine", "Tool_LlamaIndex", "QueryEngineTool", "ResponseSynthesizer",
    "VectorIndexRetriever",
    # graph databases
    "Neo4j",
    # graphs of agents
    "Agent", "BaseCheckpointSaver", "Condition", "CustomFunction", "ExecuteFlow", "LLMNode", "Start", "State", "Supervisor", "ToolNode",
}  # fmt: skip


def all_nodes() -> list[Node]:
    return list(load_catalogue())


def test_no_module_is_broken() -> None:
    catalogue = load_catalogue()

    nodes = list(catalogue)

    assert nodes and not catalogue.broken


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    if not REFERENCE.exists():
        pytest.skip("the reference list of nodes is not beside this checkout")
    return {node["name"]: node for node in json.loads(REFERENCE.read_text(encoding="utf8"))}


@pytest.mark.parametrize("node", all_nodes(), ids=lambda node: node.definition.name)
class TestEveryNode:
    def test_lies_in_the_folder_of_its_category(self, node: Node) -> None:
        folder = type(node).__module__.split(".")[2]

        assert FOLDERS[node.definition.category] == folder

    def test_has_inputs_with_label_and_known_type(self, node: Node) -> None:
        for param in every_param(node.definition.inputs):
            assert param.name and param.label
            for kind in param.type.split(" | "):
                assert kind in FIELD_TYPES | SOCKET_TYPES, f"{param.name} has the type {kind}"

    def test_names_every_input_once(self, node: Node) -> None:
        # One input may have variants, of which the editor shows one.
        names = Counter(param.name for param in node.definition.inputs if not param.show)

        assert [name for name, count in names.items() if count > 1] == []

    def test_takes_credentials_that_exist(self, node: Node) -> None:
        names = node.definition.credential.names if node.definition.credential else ()

        assert set(names) <= credential_types().keys()

    def test_builds_or_answers(self, node: Node) -> None:
        kind = type(node)

        assert kind.build is not Node.build or kind.run is not Node.run

    def test_has_a_definition_that_turns_into_json(self, node: Node) -> None:
        data = orjson.loads(orjson.dumps(node.definition.to_json()))

        assert data["name"] == node.definition.name
        assert data["baseClasses"], "editors connect nodes by their base classes"
        assert data["description"]

    def test_agrees_with_exported_flows(self, node: Node, reference: dict[str, Any]) -> None:
        known = reference.get(node.definition.name)
        if known is None:
            pytest.skip("the reference list does not have this node")

        assert node.definition.category == known["category"]
        assert node.definition.label == known["label"]
        # An input that is listed twice is one input all the same.
        assert unique(param.name for param in node.definition.inputs) == unique(param["name"] for param in known.get("inputs", []))
        assert [output.name for output in node.definition.outputs] == [output["name"] for output in known.get("outputs", [])]

    def test_has_inputs_of_the_same_make_as_exported_flows(self, node: Node, reference: dict[str, Any]) -> None:
        known = reference.get(node.definition.name)
        if known is None:
            pytest.skip("the reference list does not have this node")

        ours = by_path([param.to_json() for param in node.definition.inputs])
        theirs = by_path(known.get("inputs", []))

        assert ours.keys() == theirs.keys()
        for path in ours.keys() - OF_OUR_OWN:
            assert made_as(ours[path]) & made_as(theirs[path]), f"{path}: {made_as(ours[path])} is not {made_as(theirs[path])}"


def by_path(params: Iterable[Mapping[str, Any]], above: str = "") -> dict[str, list[Mapping[str, Any]]]:
    """Every input, also those inside of others, with its variants."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for param in params:
        path = f"{above}{param['name']}"
        found.setdefault(path, []).append(param)
        for inner, variants in by_path([*param.get("array", ()), *param.get("tabs", ())], f"{path}.").items():
            found.setdefault(inner, []).extend(variants)
    return found


def made_as(variants: Iterable[Mapping[str, Any]]) -> set[str]:
    """How an input and its variants are filled in: what an editor, an import and an override go by."""
    return {json.dumps({name: param.get(name) for name in MAKE if param.get(name)}, sort_keys=True) for param in variants}


def unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def every_param(params: tuple[NodeParam, ...]) -> list[NodeParam]:
    return [inner for param in params for inner in (param, *every_param(param.array))]


def test_names_are_unique() -> None:
    names = Counter(node.definition.name for node in all_nodes())

    assert [name for name, count in names.items() if count > 1] == []


def test_every_credential_type_has_fields_with_label_and_type() -> None:
    for kind in credential_types().values():
        assert kind.label
        assert kind.fields
        assert all(field.label and field.type for field in kind.fields)
        assert orjson.dumps(kind.to_json())


def test_a_node_is_found_by_its_exact_name() -> None:
    catalogue = load_catalogue()

    assert catalogue.get("llmChain").definition.label == "LLM Chain"
    assert "LLMCHAIN" not in catalogue


def test_names_that_differ_in_case_alone_are_nodes_of_their_own() -> None:
    catalogue = load_catalogue()

    for loader, tool in (("serpApi", "serpAPI"), ("searchApi", "searchAPI")):
        assert catalogue.get(loader).definition.category == "Document Loaders"
        assert catalogue.get(tool).definition.category == "Tools"
    assert "SERPAPI" not in catalogue


def test_an_unknown_node_says_which_node_of_which_flow() -> None:
    with pytest.raises(UnknownNode, match=r"'teleporter' \(node teleporter_0\) of flow f-1"):
        load_catalogue().get("teleporter", node_id="teleporter_0", flow_id="f-1")


def test_what_takes_the_place_of_a_node_that_flowise_dropped_is_in_the_catalogue() -> None:
    catalogue = load_catalogue()

    assert not [name for name in REPLACEMENTS if name in catalogue]
    assert not [name for name in REPLACEMENTS.values() if name and name not in catalogue]
    with pytest.raises(UnknownNode, match=r"'openAIFunctionAgent' \(node a_0\) .*replace it by toolAgent"):
        catalogue.get("openAIFunctionAgent", node_id="a_0")


def test_loading_the_catalogue_imports_no_node() -> None:
    code = "import sys, flowisectl.nodes.discovery as d; d.load_catalogue(); print([m for m in sys.modules if m.count('.') > 2])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout

    assert "flowisectl.nodes." not in loaded
