"""Finds npm packages in a folder: an installed Flowise, a copy of its folder, or packages that were only unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

COMPONENTS, SERVER = "flowise-components", "flowise"
_IMPORTERS: dict[str, tuple[str, ...]] = {SERVER: (), COMPONENTS: (SERVER,)}
"""Who asks for these two; both ask for every other."""
_DEPTH = 4
_MOST_FOLDERS = 20_000
_MOST_BYTES = 1 << 20
_SKIPPED = frozenset({"node_modules", ".git", "dist", "src", "nodes", "credentials", "marketplaces"})


@dataclass(frozen=True, kw_only=True)
class Package:
    name: str
    version: str
    folder: Path


@dataclass
class Packages:
    """The packages of a folder, found as Node.js finds them for Flowise's components."""

    folder: Path
    _lying: dict[str, Package] | None = field(default=None, init=False)

    def find(self, name: str) -> Package | None:
        """The package that Flowise's components would get by this name."""
        for importer in _IMPORTERS.get(name, (COMPONENTS, SERVER)):
            if (found := self.find(importer)) and (package := self._beside(found.folder, name)):
                return package
        return self._beside(self.folder, name) or self._scanned().get(name)

    def _beside(self, start: Path, name: str) -> Package | None:
        for home in self._homes(start):
            if package := _package_at(home / name, name):
                return package
        return None

    def _homes(self, start: Path) -> Iterator[Path]:
        """The `node_modules` in which a module at this place looks, nearest first. None lies outside of the folder's own."""
        outermost = self._outermost()
        for begin in dict.fromkeys((start.resolve(), start)):
            for place in (begin, *begin.parents):
                yield place if place.name == "node_modules" else place / "node_modules"
                if place in outermost:
                    break

    def _outermost(self) -> tuple[Path, ...]:
        """The folder itself; when it is an installed package, the `node_modules` that it lies in."""
        folder = self.folder.resolve()
        holder = next((place for place in folder.parents[:2] if place.name == "node_modules"), None)
        return (holder or folder, self.folder if holder is None else self.folder.parent)

    def _scanned(self) -> dict[str, Package]:
        """Packages that lie in the folder outside of any `node_modules`."""
        if self._lying is None:
            self._lying = {}
            for number, place in enumerate(_folders(self.folder)):
                if number >= _MOST_FOLDERS:
                    break
                if package := _package_at(place):
                    self._lying.setdefault(package.name, package)
        return self._lying


def _folders(folder: Path) -> Iterator[Path]:
    """The folder and those below it, the near ones first."""
    level = [folder]
    for _ in range(_DEPTH + 1):
        yield from level
        level = [below for place in level for below in _below(place)]


def _below(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name not in _SKIPPED and entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [folder / name for name in names]


def _package_at(folder: Path, name: str = "") -> Package | None:
    """The package in this folder, when it has this name (or any)."""
    try:
        with (folder / "package.json").open("rb") as file:
            data = orjson.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or not isinstance(data.get("name"), str) or (name and data["name"] != name):
        return None
    return Package(name=data["name"], version=str(data.get("version") or "?")[:40], folder=folder)
