"""The program from outside: real processes on a data directory of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from acceptance_program import Program, ScriptedModel, made_program
from attack_target import Target, open_target


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with made_program(tmp_path) as made:
        yield made


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    made = ScriptedModel()
    yield made
    made.close()


@pytest.fixture
def all_in_one(program: Program) -> Callable[..., Program]:
    """Starts an all-in-one and waits until it is ready."""

    def start(*arguments: str, **environment: str) -> Program:
        program.start("start", "--role", "all-in-one", *arguments, **environment)
        program.wait_for("ready: http://")
        return program

    return start


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One server for all attacks of a file."""
    with open_target(tmp_path_factory.mktemp("attacks")) as made:
        yield made
