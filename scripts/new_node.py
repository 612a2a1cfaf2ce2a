#!/usr/bin/env python3
"""Write the module of a new node and its test: `scripts/new_node.py CATEGORY NAME`, e.g. `scripts/new_node.py chat_models chatExample`.

CATEGORY is a folder of flowisectl/nodes, NAME the name that exported flows use. Both files run as they are; fill in the rest.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CATEGORIES = {
    "agents": "Agents",
    "caches": "Cache",
    "chains": "Chains",
    "chat_models": "Chat Models",
    "document_loaders": "Document Loaders",
    "embeddings": "Embeddings",
    "engines": "Engine",
    "graph": "Graph",
    "llms": "LLMs",
    "memory": "Memory",
    "moderation": "Moderation",
    "output_parsers": "Output Parsers",
    "prompts": "Prompts",
    "record_managers": "Record Manager",
    "response_synthesizers": "Response Synthesizer",
    "retrievers": "Retrievers",
    "text_splitters": "Text Splitters",
    "tools": "Tools",
    "utilities": "Utilities",
    "vector_stores": "Vector Stores",
}
"""Folder → the category that definitions name. Nodes of agentflows have a contract of their own: start from their neighbours."""

MODULE = '''\
"""{label}: what it does, in one sentence."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam


class {type}(Node):
    definition = NodeDefinition(
        name="{name}",
        label="{label}",
        category="{category}",
        version=1.0,
        base_classes=("{type}",),
        description="What it does, in one sentence",
        inputs=(NodeParam("text", "Text", "string", accept_variable=True),),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> str:
        return inputs.text("text")
'''

TEST = '''\
"""Node {name}."""

from __future__ import annotations

from flowisectl.engine.node import NodeInputs
from flowisectl.nodes.{folder}.{module} import {type}
from flowisectl.testing import run_context


async def test_{module}_answers_its_text() -> None:
    inputs = NodeInputs({{"text": "hello"}}, node_id="{name}_0", label="{label}")

    answer = await {type}().run(inputs, run_context())

    assert answer == "hello"
'''


def snake_case(name: str) -> str:
    """`chatOpenAI` → `chat_open_ai`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def write_node(root: Path, folder: str, name: str) -> list[Path]:
    """Write both files below `root` and give their paths. Raises SystemExit for a name or a folder that cannot be used."""
    if folder not in CATEGORIES:
        sys.exit(f"there is no category {folder}: take one of {', '.join(CATEGORIES)}")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name):
        sys.exit(f"{name!r} is no node name: letters and digits, such as chatExample")
    module = snake_case(name)
    values = {
        "name": name,
        "type": name[0].upper() + name[1:],
        "label": module.replace("_", " ").title(),
        "category": CATEGORIES[folder],
        "folder": folder,
        "module": module,
    }
    files = {
        root / "flowisectl" / "nodes" / folder / f"{module}.py": MODULE,
        root / "tests" / "unit" / "nodes" / folder / f"test_{module}_node.py": TEST,
    }
    if taken := [path for path in files if path.exists()]:
        sys.exit(f"{taken[0]} exists already")
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.format(**values), encoding="utf-8")
    package = root / "flowisectl" / "nodes" / folder / "__init__.py"
    if not package.exists():
        package.write_text(f'"""{CATEGORIES[folder]}."""\n', encoding="utf-8")
    return [*files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("category", help="a folder of flowisectl/nodes")
    parser.add_argument("name", help="the name that exported flows use")
    options = parser.parse_args()
    for path in write_node(ROOT, options.category, options.name):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
