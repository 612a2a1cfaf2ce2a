from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowisectl.engine.local_paths import LocalPaths
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.nodes.chains.sql_database_chain import SqlDatabaseChain
from flowisectl.nodes.document_loaders.folder_files import FolderFiles
from flowisectl.nodes.document_loaders.notion_folder import NotionFolder
from flowisectl.nodes.record_managers.sqlite_record_manager import SQLiteRecordManager
from flowisectl.nodes.vector_stores.faiss import Faiss
from flowisectl.testing import run_context

ORGANIZATION = "5f0c6f6e-7f0a-4a44-9a55-1d0f1f0e7a11"


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    for name in ("home", "storage", "data", "elsewhere", f"storage/{ORGANIZATION}/flow", "storage/docs"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    return LocalPaths(
        home=tmp_path / "home", storage=tmp_path / "storage", database=tmp_path / "data", own_database=tmp_path / "data" / "database.sqlite"
    )


@pytest.mark.parametrize("given", ["{}/home/faiss", "{}/storage/faiss", "{}/storage"])
def test_a_vector_store_lies_in_the_storage_or_in_the_home_folder(paths: LocalPaths, tmp_path: Path, given: str) -> None:
    assert paths.vector_folder(given.format(tmp_path)) == Path(given.format(tmp_path))


def test_a_relative_path_counts_from_the_storage_folder(paths: LocalPaths, tmp_path: Path) -> None:
    assert paths.vector_folder("docs/faiss") == tmp_path / "storage" / "docs" / "faiss"


@pytest.mark.parametrize(
    "given",
    [
        "{}/elsewhere",
        "{}/data/faiss",
        "/etc",
        "/",
        "{}/storage/../elsewhere",
        "../elsewhere",
        "{}/storagelike",
        "a\0b",
        "{}/storage/link/x",
    ],
)
def test_a_vector_store_lies_nowhere_else(paths: LocalPaths, tmp_path: Path, given: str) -> None:
    (tmp_path / "storage" / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(InvalidFlow, match="not allowed"):
        paths.vector_folder(given.format(tmp_path))


def test_a_sqlite_file_may_lie_beside_the_servers_own_but_is_never_that_one(paths: LocalPaths, tmp_path: Path) -> None:
    own = tmp_path / "data" / "database.sqlite"
    own.touch()
    (tmp_path / "home" / "link.sqlite").symlink_to(own)

    assert paths.database_file(str(tmp_path / "data" / "sales.sqlite")) == tmp_path / "data" / "sales.sqlite"
    assert paths.database_file(str(own), may_be_own=True) == own
    for given in (str(own), f"{tmp_path}/home/link.sqlite"):
        for checked in (True, False):
            with pytest.raises(InvalidFlow, match="own database"):
                replace(paths, is_checked=checked).database_file(given)


@pytest.mark.parametrize("given", ["{}/storage", "{}", f"{{}}/storage/{ORGANIZATION}", f"{ORGANIZATION}/flow", "/"])
@pytest.mark.parametrize("is_anywhere", [True, False])
def test_no_folder_with_uploads_is_read(paths: LocalPaths, tmp_path: Path, given: str, is_anywhere: bool) -> None:
    with pytest.raises(InvalidFlow):
        paths.source_folder(given.format(tmp_path), is_anywhere=is_anywhere)


def test_a_folder_beside_the_uploads_is_read_and_one_elsewhere_only_by_nodes_that_may(paths: LocalPaths, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"

    assert paths.source_folder("docs") == tmp_path / "storage" / "docs"
    assert paths.source_folder(str(elsewhere), is_anywhere=True) == elsewhere
    with pytest.raises(InvalidFlow, match=f"must lie in {tmp_path}/home or {tmp_path}/storage"):
        paths.source_folder(str(elsewhere))


def test_without_the_check_every_path_is_taken_as_it_stands(paths: LocalPaths) -> None:
    free = replace(paths, is_checked=False)

    assert [free.vector_folder("../x"), free.source_folder("/"), free.database_file("/x.sqlite")] == [
        Path("../x"),
        Path("/"),
        Path("/x.sqlite"),
    ]
    with pytest.raises(InvalidFlow, match="NUL"):
        free.vector_folder("a\0b")


@pytest.mark.parametrize(
    ("node", "inputs"),
    [
        (Faiss, lambda path: {"embeddings": object(), "basePath": path}),
        (FolderFiles, lambda path: {"folderPath": path}),
        (SQLiteRecordManager, lambda path: {"additionalConfig": f'{{"database": "{path}/r.sqlite"}}'}),
        (SqlDatabaseChain, lambda path: {"model": object(), "url": f"sqlite://{path}/r.sqlite"}),
        (NotionFolder, lambda path: {"notionFolder": f"{path}/../storage"}),
    ],
)
async def test_every_node_that_names_a_path_asks_first(
    paths: LocalPaths, tmp_path: Path, node: type[Node], inputs: Callable[[Path], dict[str, Any]]
) -> None:
    context = run_context(paths=paths)

    with pytest.raises(InvalidFlow, match="not allowed"):
        await node().build(NodeInputs(inputs(tmp_path / "elsewhere"), node_id="n_0", label="Node"), context)
