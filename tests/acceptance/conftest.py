"""The program from outside: real processes on a data directory of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from acceptance_program import Program, ScriptedModel, all_gone


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A program that is killed, with all below it, when the test is over."""
    made = Program(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        below = made.tree()
        made.process.kill()
        made.process.wait()
        all_gone(below)


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
