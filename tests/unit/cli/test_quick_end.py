"""A command ends at once, and nothing that it should still do is lost."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def ended(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    program = f"import sys\nfrom flowisectl.cli.quick_start import end_quickly\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_the_exit_status_is_the_commands(status: int) -> None:
    assert ended(f"end_quickly({status})").returncode == status


def test_what_was_printed_is_there_to_its_end() -> None:
    done = ended("print('x' * 500_000, end='')\nprint('why', file=sys.stderr, end='')\nend_quickly(1)")

    assert (len(done.stdout), done.stderr) == (500_000, "why")


def test_what_waits_for_the_end_of_the_process_is_done() -> None:
    done = ended("import atexit\natexit.register(print, 'last words')\nend_quickly(0)")

    assert done.stdout == "last words\n"


def test_a_thread_at_work_is_waited_for() -> None:
    work = "import threading\ndef work():\n    threading.main_thread().join()\n    print('worked')\n"

    done = ended(f"{work}\nthreading.Thread(target=work).start()\nend_quickly(3)")

    assert (done.stdout, done.returncode) == ("worked\n", 3)


def test_a_reader_that_is_gone_is_told_by_the_status() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        program = "import sys\nfrom flowisectl.cli.quick_start import end_quickly\nprint('unread')\nend_quickly(0)"
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, env=buffered, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (120, "")


def test_objects_are_not_taken_apart_at_the_end() -> None:
    done = ended("class Heavy:\n    def __del__(self): print('taken apart')\nheavy = Heavy()\nend_quickly(0)")

    assert (done.stdout, done.returncode) == ("", 0)
