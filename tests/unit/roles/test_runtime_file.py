"""How other shells find a running all-in-one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from roles.runtime_file import FILE_NAME, AlreadyRunning, Runtime, hold_data_dir, read_runtime, write_runtime

RUNTIME = Runtime(pid=1, redis_url="unix:///tmp/x.sock", port=3000, worker_ports=(5566, 5567), demo_model_url="http://127.0.0.1:1/v1")


def test_what_was_written_is_read_while_the_directory_is_held(tmp_path: Path) -> None:
    with hold_data_dir(tmp_path):
        write_runtime(tmp_path, RUNTIME)

        found = read_runtime(tmp_path)

    assert found == RUNTIME
    assert read_runtime(tmp_path) is None
    assert not (tmp_path / FILE_NAME).exists()


def test_the_file_of_a_process_that_was_killed_counts_for_nothing(tmp_path: Path) -> None:
    write_runtime(tmp_path, RUNTIME)

    assert read_runtime(tmp_path) is None


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    write_runtime(tmp_path, RUNTIME)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert "unix:" not in repr(RUNTIME)


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with hold_data_dir(tmp_path):
        write_runtime(tmp_path, RUNTIME)

        with pytest.raises(AlreadyRunning, match=r"\(process 1\)"), hold_data_dir(tmp_path):
            pass

        assert read_runtime(tmp_path) == RUNTIME


def test_a_killed_holder_leaves_the_directory_free(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from roles.runtime_file import hold_data_dir
with hold_data_dir(pathlib.Path({str(tmp_path)!r})):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)

    with hold_data_dir(tmp_path):
        write_runtime(tmp_path, RUNTIME)
        assert read_runtime(tmp_path) == RUNTIME


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}'])
def test_a_broken_file_counts_for_nothing(tmp_path: Path, content: bytes) -> None:
    with hold_data_dir(tmp_path):
        (tmp_path / FILE_NAME).write_bytes(content)

        assert read_runtime(tmp_path) is None


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0

    for _ in range(20):
        read_runtime(tmp_path)

    assert [*tmp_path.iterdir()] == []
    assert not before or len(os.listdir("/proc/self/fd")) == before
