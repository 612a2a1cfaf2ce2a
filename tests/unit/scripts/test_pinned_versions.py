"""The versions that are tested together install on every Python that the project names as enough."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[3]
OLDEST = "3.11.0"


def pins() -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def needed_python(name: str, version: str) -> str:
    """What the installed package says it needs; empty when another version, or none, is installed."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    return told["Requires-Python"] or "" if told["Version"] == version else ""


def test_what_is_pinned_for_the_oldest_python_runs_on_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    meant = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate({"python_full_version": OLDEST, "python_version": "3.11"})]

    too_new = {
        str(pin): needed
        for pin in meant
        if (needed := needed_python(pin.name, next(iter(pin.specifier)).version)) and OLDEST not in SpecifierSet(needed)
    }

    assert OLDEST in SpecifierSet(project["requires-python"])
    assert too_new == {}
    assert len(meant) > 100


def test_every_python_finds_one_version_of_each_package() -> None:
    for version in (OLDEST, "3.11.7", "3.12.1", "3.13.0"):
        environment = {"python_full_version": version, "python_version": ".".join(version.split(".")[:2])}
        names = [pin.name.lower() for pin in pins() if pin.marker is None or pin.marker.evaluate(environment)]

        assert sorted(set(names)) == sorted(names), version
        assert "soupsieve" in names
