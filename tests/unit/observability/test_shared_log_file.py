"""A log file that processes share: no line is lost, none is torn, whoever rotates."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

from flowisectl.observability.log_file import SharedLogFile

LINES = 400
WRITER = """
import json, logging, sys
from pathlib import Path
from flowisectl.observability.log_file import SharedLogFile

handler = SharedLogFile(Path(sys.argv[1]), max_bytes=8_000, kept_files=200)
handler.setFormatter(logging.Formatter("%(message)s"))
log = logging.getLogger("writer")
log.addHandler(handler)
log.setLevel(logging.INFO)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    log.info(json.dumps({"writer": sys.argv[2], "number": number, "text": "x" * (number % 300)}))
"""


def test_several_processes_write_and_rotate_one_file_without_losing_a_line(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name, str(LINES)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in "abc"]

    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=60)[1] for writer in writers]

    files = [file for file in tmp_path.iterdir() if not file.name.endswith(".lock")]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert errors == ["", "", ""]
    assert len(files) > 5
    assert sorted((line["writer"], line["number"]) for line in lines) == [(name, number) for name in "abc" for number in range(LINES)]
    assert all(file.stat().st_size < 20_000 for file in files)


def test_a_file_that_somebody_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "main.log"
    handler = SharedLogFile(path)

    handler.emit(logging.makeLogRecord({"msg": "before"}))
    path.rename(tmp_path / "moved")
    handler.emit(logging.makeLogRecord({"msg": "after"}))
    handler.close()

    assert (path.read_text(), (tmp_path / "moved").read_text()) == ("after\n", "before\n")
