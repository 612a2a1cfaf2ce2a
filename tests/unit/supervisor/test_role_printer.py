"""Lines of roles, as people see them."""

from __future__ import annotations

import io

from flowisectl.supervisor.printer import Printer


def test_names_are_padded_to_one_width() -> None:
    stream = io.StringIO()
    printer = Printer(stream, ["main", "worker-1"])

    printer.line("main", "listening")
    printer.line("worker-1", "ready")

    assert stream.getvalue() == "main     | listening\nworker-1 | ready\n"


def test_on_a_terminal_each_role_has_a_colour_of_its_own() -> None:
    stream = io.StringIO()
    printer = Printer(stream, ["main", "worker-1"], has_colour=True)

    printer.line("main", "x")
    printer.line("worker-1", "x")

    first, second = stream.getvalue().splitlines()
    assert first.startswith("\x1b[") and second.startswith("\x1b[")
    assert first.split("m", 1)[0] != second.split("m", 1)[0]
    assert first.endswith("\x1b[0m x")


def test_a_reader_that_went_away_does_not_stop_the_roles() -> None:
    stream = io.StringIO()
    printer = Printer(stream, ["main"])
    stream.close()

    printer.line("main", "still here")

    assert stream.closed
