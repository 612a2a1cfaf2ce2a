"""The floors of the house: a module imports only from floors below its own, and rooms of one floor leave each other alone."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("flowisectl", "roles", "config")

FLOORS = [
    {"interfaces", "errors", "config", "texts"},
    {"engine", "llm", "retrieval", "clients", "sandbox", "database", "redis_connection", "storage", "observability", "supervisor"},
    {"nodes", "secrets", "queue", "events", "testing"},
    {"runs"},
    {"predictions", "documents"},
    {"web", "worker"},
    {"roles"},
    {"cli"},
    {"__main__"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS, start=1) for room in rooms}


def room_of(module: str) -> str | None:
    """The room that a dotted module name lies in; None for what is not ours, and for the package itself."""
    parts = module.split(".")
    if parts[0] in ("roles", "config"):
        return parts[0]
    return parts[1] if parts[0] == "flowisectl" and len(parts) > 1 else None


def imports_of(path: Path) -> list[str]:
    """Every module that a file imports, wherever in the file, type checkers' imports included."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_imports_only_from_lower_floors(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    room = room_of(name)
    if room in (None, "__init__"):
        return

    wrong = []
    for imported in imports_of(path):
        other = room_of(imported)
        if other is None or other == room or other not in FLOOR_OF:
            continue
        if FLOOR_OF[other] >= FLOOR_OF[room]:
            wrong.append(imported)

    assert room in FLOOR_OF, f"{name}: the room {room!r} stands on no floor"
    assert not wrong, f"{name} (floor {FLOOR_OF[room]}) imports {wrong}"


def test_no_module_leads_back_to_itself() -> None:
    paths = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in modules()}
    graph = TopologicalSorter({name: _imported_by(path, paths) - {name} for name, path in paths.items()})

    graph.prepare()  # raises CycleError, which names the modules of a circle


def _imported_by(path: Path, ours: dict[str, Path]) -> set[str]:
    """The modules of ours that a file imports: each name taken is a module itself, or stands in one."""
    return {name if name in ours else name.rpartition(".")[0] for name in imports_of(path)} & ours.keys()


def test_only_roles_and_cli_read_settings() -> None:
    readers = {room_of(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in modules() if _loads_settings(path)}

    assert readers <= {"roles", "cli", "config"}


def _loads_settings(path: Path) -> bool:
    return any(name in ("config.settings.Settings", "config.env", "config.env.load_settings") for name in imports_of(path))


def test_nodes_do_not_import_each_other() -> None:
    for path in (ROOT / "flowisectl" / "nodes").glob("*/*.py"):
        category = f"flowisectl.nodes.{path.parent.name}"
        for imported in imports_of(path):
            if imported.startswith("flowisectl.nodes."):
                private = imported.startswith(f"{category}._")
                assert private, f"{path.relative_to(ROOT)} imports {imported}"
