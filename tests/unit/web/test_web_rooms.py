"""The order of the rooms inside `flowisectl/web`: each imports only from rooms above it in the list, as the floors of the house do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parents[3] / "flowisectl" / "web"
PREFIX = "flowisectl.web."

ORDER = [
    {"client_address", "connections", "json_text", "route_names", "route_rule", "workspace"},
    {"source", "streams"},
    {"answers"},
    {"errors"},
    {"requests", "sse", "webhooks"},
    {"access", "mcp"},
    {"services", "edge", "metrics", "missing_ids", "openapi", "pages", "traced"},
    {"catalogue", "flows", "predictions", "routing"},
    {"blueprints"},
    {"door"},
    {"app"},
]
PLACE_OF = {room: place for place, rooms in enumerate(ORDER) for room in rooms}


def imports_of(path: Path) -> Iterator[str]:
    """The rooms of this package that a module imports from, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.removeprefix(PREFIX).partition(".")[0] for name in names if name.startswith(PREFIX))


def room_of(path: Path) -> str:
    return path.relative_to(WEB).with_suffix("").parts[0]


def modules() -> list[Path]:
    return [path for path in sorted(WEB.rglob("*.py")) if room_of(path) != "__init__"]


def test_every_room_has_its_place_and_none_is_left_over() -> None:
    assert {room_of(path) for path in modules()} == PLACE_OF.keys()


def test_a_room_imports_only_from_rooms_before_it() -> None:
    wrong = [
        f"{path.relative_to(WEB)} imports {room}"
        for path in modules()
        for room in imports_of(path)
        if room != room_of(path) and PLACE_OF[room] >= PLACE_OF[room_of(path)]
    ]

    assert wrong == []


def test_no_module_has_the_name_of_another_room() -> None:
    """Blueprints may: each is named after its routes, whose logic a room of that name has."""
    inside = {path.stem for path in WEB.glob("*/*.py") if path.parent.name != "blueprints"} - {"__init__"}
    rooms = {folder.name for folder in WEB.iterdir() if folder.is_dir() and folder.name != "__pycache__"}

    assert inside & rooms == set(), "give such a module a noun of its own"
