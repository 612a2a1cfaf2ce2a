"""Completion in a real bash: installed as the README says, and what Tab then offers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from acceptance_program import Program, function_flow

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash")

TAB = """
source ~/.bashrc
tab() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  $(complete -p flowisectl | sed 's/.*-F //')
  [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
}
"""


@pytest.fixture
def bash(program: Program):
    """Runs lines of bash in a home of its own, with the program on the path."""

    def run(script: str) -> str:
        environment = program.environment | {"HOME": str(program.folder), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        file = program.folder / "script.sh"
        file.write_text(script)
        ended = subprocess.run(["bash", str(file)], env=environment, cwd=program.folder, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


@pytest.fixture
def tab(bash):
    """What Tab offers at the end of these words, completion being installed."""
    bash("flowisectl --install-completion\ntest -s ~/.bashrc")
    return lambda words: bash(TAB + f'set -- {words}\ntab "$@"\n').splitlines()


def test_commands_and_options_are_offered(tab) -> None:
    assert tab("flowisectl sta") == ["start", "start-worker", "status"]
    assert "--role" in tab("flowisectl start --ro")
    assert tab("flowisectl env explain REDIS_U") == ["REDIS_URL", "REDIS_USERNAME"]


def test_a_flows_name_is_offered_so_that_it_stays_one_word(program: Program, tab) -> None:
    program.data_dir = program.folder / ".flowise"
    program.import_flow(function_flow(), "My (first) flow")

    assert tab("flowisectl predict M") == [r"My\ \(first\)\ flow"]
    assert tab(r"flowisectl flows show 'My\ \(f'") == [r"My\ \(first\)\ flow"]
    assert tab("""flowisectl flows show '"My (f'""") == ["My (first) flow"]
    assert tab("flowisectl flows show other") == []
