"""The scaffold of a node."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "new_node.py"

spec = importlib.util.spec_from_file_location("new_node", SCRIPT)
assert spec is not None and spec.loader is not None
new_node = importlib.util.module_from_spec(spec)
spec.loader.exec_module(new_node)


@pytest.mark.parametrize(
    ("name", "module"), [("chatOpenAI", "chat_open_ai"), ("llmChain", "llm_chain"), ("plainText", "plain_text"), ("serpAPI", "serp_api")]
)
def test_a_module_is_named_after_its_node(name: str, module: str) -> None:
    assert new_node.snake_case(name) == module


def test_the_written_node_is_found_and_its_written_test_passes(tmp_path: Path) -> None:
    # A copy: the package that the tests run on stays as it is.
    shutil.copytree(ROOT / "flowisectl", tmp_path / "flowisectl", ignore=shutil.ignore_patterns("__pycache__"))

    module, test = new_node.write_node(tmp_path, "utilities", "myGreatNode")

    find = "from flowisectl.nodes.discovery import load_catalogue; print(load_catalogue().get('myGreatNode').definition.label)"
    environment = {"PYTHONPATH": str(tmp_path), "PATH": ""}
    found = subprocess.run([sys.executable, "-c", find], cwd=tmp_path, env=environment, capture_output=True, text=True)
    passed = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", str(test)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert module == tmp_path / "flowisectl" / "nodes" / "utilities" / "my_great_node.py"
    assert found.stdout == "My Great Node\n", found.stderr
    assert passed.returncode == 0, passed.stdout
    assert "1 passed" in passed.stdout


def test_an_existing_node_is_never_overwritten(tmp_path: Path) -> None:
    module, _ = new_node.write_node(tmp_path, "tools", "mine")
    module.write_text("changed")

    with pytest.raises(SystemExit, match="exists already"):
        new_node.write_node(tmp_path, "tools", "mine")

    assert module.read_text() == "changed"


@pytest.mark.parametrize(("category", "name", "why"), [("nowhere", "mine", "no category"), ("tools", "my-node", "is no node name")])
def test_what_cannot_be_used_is_refused(tmp_path: Path, category: str, name: str, why: str) -> None:
    with pytest.raises(SystemExit, match=why):
        new_node.write_node(tmp_path, category, name)


@pytest.mark.parametrize("folder", sorted(new_node.CATEGORIES))
def test_every_category_gives_valid_python(tmp_path: Path, folder: str) -> None:
    for path in new_node.write_node(tmp_path, folder, "someNode"):
        assert ast.parse(path.read_text()).body
