"""Packages are found as Node.js finds them, and nowhere outside of the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flowisectl.texts.packages import Packages


def package(folder: Path, name: str, version: str = "1.0.0") -> Path:
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": name, "version": version}), "utf8")
    return folder


def version_of(folder: Path, name: str) -> str:
    found = Packages(folder).find(name)
    return found.version if found else ""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Flowise as npm lays it out: what the components need in another version lies below them."""
    home = tmp_path / "project" / "node_modules"
    package(home / "flowise", "flowise", "3.0.0")
    components = package(home / "flowise-components", "flowise-components", "3.0.1")
    package(home / "@langchain" / "core", "@langchain/core", "2.0.0")
    package(components / "node_modules" / "@langchain" / "core", "@langchain/core", "1.0.0")
    package(home / "langchain", "langchain", "0.3.0")
    return home


@pytest.mark.parametrize("below", ["..", ".", "flowise", "flowise-components"])
def test_the_components_own_version_comes_first(installed: Path, below: str) -> None:
    folder = installed / below

    assert version_of(folder, "@langchain/core") == "1.0.0"
    assert version_of(folder, "langchain") == "0.3.0"
    assert version_of(folder, "flowise-components") == "3.0.1"


def test_a_package_may_hold_its_own_packages(tmp_path: Path) -> None:
    flowise = package(tmp_path / "flowise", "flowise")
    components = package(flowise / "node_modules" / "flowise-components", "flowise-components")
    package(components / "node_modules" / "langchain", "langchain", "0.9.0")
    package(flowise / "node_modules" / "llamaindex", "llamaindex", "0.3.0")

    assert [version_of(flowise, name) for name in ("flowise", "langchain", "llamaindex")] == ["1.0.0", "0.9.0", "0.3.0"]


def test_a_copy_of_all_modules_may_have_any_name(tmp_path: Path) -> None:
    flowise = package(tmp_path / "copy" / "flowise", "flowise", "3.0.0")
    package(flowise / "node_modules" / "flowise-components", "flowise-components", "3.0.1")
    package(tmp_path / "copy" / "@langchain" / "core", "@langchain/core", "1.0.0")

    found = [version_of(tmp_path / "copy", name) for name in ("flowise", "flowise-components", "@langchain/core")]

    assert found == ["3.0.0", "3.0.1", "1.0.0"]


def test_near_folders_are_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        package(tmp_path / "a" / "deep" / str(number), f"other-{number}")
    package(tmp_path / "z", "flowise", "3.0.0")
    monkeypatch.setattr("flowisectl.texts.packages._MOST_FOLDERS", 10)

    assert version_of(tmp_path, "flowise") == "3.0.0"
    assert version_of(tmp_path, "other-19") == ""


def test_packages_may_be_unpacked_side_by_side(tmp_path: Path) -> None:
    package(tmp_path / "flowise-3" / "package", "flowise", "3.0.0")
    package(tmp_path / "core" / "package", "@langchain/core", "1.1.0")

    assert version_of(tmp_path, "@langchain/core") == "1.1.0"
    assert version_of(tmp_path, "flowise") == "3.0.0"
    assert version_of(tmp_path, "langchain") == ""


def test_links_of_pnpm_are_followed(tmp_path: Path) -> None:
    store = tmp_path / "node_modules" / ".pnpm" / "flowise-components@3" / "node_modules"
    package(store / "flowise-components", "flowise-components")
    package(store / "langchain", "langchain", "0.4.0")
    (tmp_path / "node_modules" / "flowise-components").symlink_to(store / "flowise-components")

    assert version_of(tmp_path, "langchain") == "0.4.0"


def test_nothing_is_taken_from_beside_the_folder(installed: Path) -> None:
    project = package(installed.parent.parent / "other", "flowise-components", "9.0.0")
    package(installed.parent.parent / "node_modules" / "langchain", "langchain", "6.6.6")

    assert version_of(project, "langchain") == ""
    assert version_of(installed.parent, "langchain") == "0.3.0"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"name": 1}', '{"name": "other"}'])
def test_a_folder_without_a_readable_description_is_no_package(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "node_modules" / "flowise"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(content, "utf8")

    assert Packages(tmp_path).find("flowise") is None
