"""One role as a child process."""

from __future__ import annotations

import os
import signal
import sys

from flowisectl.supervisor.process import LONGEST_LINE, Role, RoleProcess

FOREVER = "import time\nprint('up')\ntime.sleep(600)\n"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)\n"


async def test_every_line_of_both_outputs_is_passed_on(script, lines):
    role = script("talker", "import sys\nprint('one\\ntwo')\nprint('three', file=sys.stderr)\nprint('no end', end='')\n")

    process = await RoleProcess.start(role, lines)
    status = await process.wait()

    assert status == 0
    assert lines.of("talker") == ["one", "two", "three", "no end"]


async def test_a_line_without_end_is_cut_and_never_collected(script, lines):
    role = script("flood", f"import sys\nsys.stdout.write('x' * {LONGEST_LINE * 5})\n")

    process = await RoleProcess.start(role, lines)
    await process.wait()

    assert "".join(lines.of("flood")) == "x" * (LONGEST_LINE * 5)
    assert max(map(len, lines.of("flood"))) <= LONGEST_LINE * 2


async def test_exit_status_and_signal_are_told(script, lines):
    failing = await RoleProcess.start(script("failing", "raise SystemExit(3)"), lines)
    killed = await RoleProcess.start(script("killed", FOREVER), lines)
    await lines.until("up")

    os.kill(killed.pid, signal.SIGKILL)

    assert await failing.wait() == 3
    assert await killed.wait() == -signal.SIGKILL


async def test_a_child_lives_in_a_process_group_of_its_own(script, lines):
    process = await RoleProcess.start(script("own", FOREVER), lines)
    try:
        assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
    finally:
        await process.stop()


async def test_a_child_that_does_not_stop_in_time_is_killed(script, lines):
    process = await RoleProcess.start(script("stubborn", STUBBORN, stop_seconds=0.2), lines)
    await lines.until("up")

    await process.stop()

    assert not process.is_running
    assert await process.wait() == -signal.SIGKILL


async def test_grandchildren_end_with_their_role(script, lines, gone):
    sleep = "import time; time.sleep(600)"
    code = f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', {sleep!r}])\nprint('child', child.pid)\n"
    process = await RoleProcess.start(script("parent", code), lines)

    await process.wait()

    await gone(int(lines.of("parent")[0].split()[1]))


async def test_the_environment_is_exactly_what_was_given_and_stays_out_of_the_repr(lines):
    role = Role(
        name="env",
        command=(sys.executable, "-c", "import os; print(os.environ['KEY'], os.environ.get('HOME'))"),
        environment={"KEY": "hunter2"},
    )

    process = await RoleProcess.start(role, lines)
    await process.wait()

    assert lines.of("env") == ["hunter2 None"]
    assert "hunter2" not in repr(role)
