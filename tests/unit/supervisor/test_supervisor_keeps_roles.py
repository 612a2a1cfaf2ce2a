"""The supervisor starts roles, restarts what dies, and stops everything in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from flowisectl.supervisor.process import Role
from flowisectl.supervisor.silence import Patience
from flowisectl.supervisor.supervisor import OWN_NAME, Backoff, Supervisor

QUICK = Backoff(first_seconds=0.05, longest_seconds=0.2)
ORDERLY = """
import signal, sys, time
def end(*_):
    print(sys.argv[0].rsplit("/", 1)[-1], "ends")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up")
time.sleep(600)
"""
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)\n"


async def test_roles_stop_stage_by_stage_the_highest_first(script, lines):
    roles = [script("low", ORDERLY, stage=0), script("middle", ORDERLY, stage=1), script("high", ORDERLY, stage=2)]
    supervisor = Supervisor(roles, on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up", count=3)

    supervisor.stop()
    status = await run

    assert status == 0
    assert [text for _, text in lines.all if text.endswith("ends")] == ["high.py ends", "middle.py ends", "low.py ends"]
    assert supervisor.pids == {}


async def test_a_role_that_dies_is_started_again_and_it_is_said(script, lines):
    supervisor = Supervisor([script("worker", ORDERLY)], on_line=lines, backoff=QUICK)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    first = supervisor.pids["worker"]

    os.kill(first, signal.SIGKILL)
    await lines.until("up", count=2)

    assert lines.of(OWN_NAME) == ["worker was killed by SIGKILL; starting it again in 0.05 s"]
    assert supervisor.pids["worker"] != first
    supervisor.stop()
    assert await run == 0


async def test_the_delay_doubles_with_each_death_up_to_its_limit():
    backoff = Backoff(first_seconds=0.5, longest_seconds=5)

    assert [backoff.delay(deaths) for deaths in range(1, 7)] == [0.5, 1, 2, 4, 5, 5]
    assert backoff.delay(10_000) == 5


async def test_one_dying_role_leaves_the_others_alone(script, lines):
    supervisor = Supervisor([script("dying", ORDERLY), script("steady", ORDERLY)], on_line=lines, backoff=QUICK)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up", count=2)
    steady = supervisor.pids["steady"]

    os.kill(supervisor.pids["dying"], signal.SIGKILL)
    await lines.until("up", count=3)

    assert supervisor.pids["steady"] == steady
    supervisor.stop()
    await run


async def test_a_role_that_fails_while_it_starts_ends_everything_with_its_status(script, lines):
    async def never() -> bool:
        return False

    roles = [script("steady", ORDERLY), script("broken", "print('PORT is taken')\nraise SystemExit(2)", is_ready=never)]

    status = await asyncio.wait_for(Supervisor(roles, on_line=lines).run(), 20)

    assert status == 2
    assert lines.of("broken") == ["PORT is taken"]
    assert lines.of(OWN_NAME) == ["broken ended with exit status 2 while it started; stopping"]


async def test_a_command_that_does_not_exist_ends_everything_with_one_line(lines):
    role = Role(name="missing", command=("/nowhere/program",))

    status = await asyncio.wait_for(Supervisor([role], on_line=lines).run(), 20)

    assert status == 1
    assert lines.of(OWN_NAME) == ["missing cannot be started: No such file or directory: /nowhere/program"]


async def test_ready_is_told_once_when_every_role_is_ready(script, lines):
    asked: list[int] = []
    told: list[str] = []

    async def third_time() -> bool:
        asked.append(1)
        return len(asked) >= 3

    supervisor = Supervisor([script("a", ORDERLY), script("b", ORDERLY, is_ready=third_time)], on_line=lines)
    ready = asyncio.Event()
    run = asyncio.create_task(supervisor.run(lambda: (told.append("ready"), ready.set())))

    await asyncio.wait_for(ready.wait(), 20)

    assert told == ["ready"]
    assert len(asked) == 3
    await lines.until("up", count=2)
    supervisor.stop()
    await run


async def test_a_role_starts_only_when_what_it_needs_is_ready(script, lines):
    opened = asyncio.Event()

    async def is_open() -> bool:
        return opened.is_set()

    supervisor = Supervisor([script("first", ORDERLY, is_ready=is_open), script("second", ORDERLY, needs=("first",))], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    before = dict(supervisor.pids)

    opened.set()
    await lines.until("up", count=2)

    assert set(before) == {"first"}
    assert set(supervisor.pids) == {"first", "second"}
    supervisor.stop()
    assert await run == 0


async def test_stopping_while_a_role_waits_for_another_ends_at_once(script, lines):
    async def never() -> bool:
        return False

    supervisor = Supervisor([script("first", ORDERLY, is_ready=never), script("second", ORDERLY, needs=("first",))], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")

    supervisor.stop()

    assert await asyncio.wait_for(run, 20) == 0
    assert lines.of("second") == []


async def test_a_second_stop_ends_stubborn_roles_at_once(script, lines, gone):
    supervisor = Supervisor([script("stubborn", STUBBORN, stop_seconds=600)], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    pid = supervisor.pids["stubborn"]

    supervisor.stop()
    supervisor.stop()
    status = await asyncio.wait_for(run, 20)

    assert status == 130
    await gone(pid)


SUPERVISING = """
import asyncio, os, sys
from flowisectl.supervisor.process import Role
from flowisectl.supervisor.supervisor import Supervisor

def role(name):
    code = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(600)"
    return Role(name=name, command=(sys.executable, "-c", code), environment=os.environ, stop_seconds=5)

def say(name, text):
    print(name, text, flush=True)

sys.exit(asyncio.run(Supervisor([role("a"), role("b")], on_line=say).run()))
"""


async def start_supervising() -> tuple[asyncio.subprocess.Process, list[int]]:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", SUPERVISING, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pids = []
    for _ in range(2):
        line = await asyncio.wait_for(parent.stdout.readline(), 20)
        pids.append(int(line.split()[2]))
    return parent, pids


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
async def test_kill_9_of_the_supervisor_leaves_no_orphan(gone):
    parent, pids = await start_supervising()

    parent.kill()
    await parent.wait()

    for pid in pids:
        await gone(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_everything_orderly(gone, number):
    parent, pids = await start_supervising()

    parent.send_signal(number)
    status = await asyncio.wait_for(parent.wait(), 20)

    assert status == 0
    for pid in pids:
        await gone(pid)


async def test_a_role_is_added_and_taken_away_while_the_others_go_on(script, lines):
    supervisor = Supervisor([script("one", ORDERLY)], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    first = supervisor.pids["one"]

    added = await supervisor.add(script("two", ORDERLY))
    await lines.until("up", count=2)
    names = supervisor.names
    await supervisor.remove("two")

    assert added and names == ["one", "two"]
    assert supervisor.pids == {"one": first}
    assert "two.py ends" in lines.of("two")
    supervisor.stop()
    assert await run == 0


async def test_an_added_role_that_does_not_start_is_given_up_alone(script, lines):
    async def never() -> bool:
        return False

    supervisor = Supervisor([script("one", ORDERLY)], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")

    added = await supervisor.add(script("broken", "raise SystemExit(3)", is_ready=never))

    assert not added
    assert supervisor.names == ["one"]
    assert "broken ended with exit status 3 while it started" in lines.of(OWN_NAME)
    supervisor.stop()
    assert await run == 0


async def test_a_role_that_waits_to_be_started_again_can_be_taken_away(script, lines):
    supervisor = Supervisor(
        [script("one", ORDERLY), script("two", ORDERLY)], on_line=lines, backoff=Backoff(first_seconds=60, longest_seconds=60)
    )
    run = asyncio.create_task(supervisor.run())
    await lines.until("up", count=2)
    os.kill(supervisor.pids["two"], signal.SIGKILL)
    await lines.until("starting it again in 60 s")

    await supervisor.remove("two")

    assert supervisor.names == ["one"]
    supervisor.stop()
    assert await run == 0


async def test_everything_stops_while_a_role_is_added(script, lines, gone):
    async def never() -> bool:
        return False

    supervisor = Supervisor([script("one", ORDERLY)], on_line=lines)
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    adding = asyncio.create_task(supervisor.add(script("slow", ORDERLY, is_ready=never)))
    await lines.until("up", count=2)
    pid = supervisor.pids["slow"]

    supervisor.stop()

    assert await run == 0
    assert not await adding
    await gone(pid)


class Answers:
    """What a role says when it is asked whether it lives."""

    def __init__(self) -> None:
        self.is_alive = True
        self.asked = asyncio.Event()

    async def __call__(self) -> bool:
        self.asked.set()
        return self.is_alive


async def test_a_role_that_stands_still_is_killed_and_started_again(script, lines):
    answers = Answers()
    supervisor = Supervisor(
        [script("worker", STUBBORN, is_alive=answers)], on_line=lines, backoff=QUICK, patience=Patience(every_seconds=0.02, misses=3)
    )
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    await asyncio.wait_for(answers.asked.wait(), 20)
    first = supervisor.pids["worker"]

    os.kill(first, signal.SIGSTOP)
    answers.is_alive = False
    await lines.until("up", count=2)

    assert lines.of(OWN_NAME)[0].startswith("worker answers no more")
    assert supervisor.pids["worker"] != first
    supervisor.stop()
    supervisor.stop()
    await run


async def test_a_role_that_has_not_answered_yet_is_given_its_time(script, lines):
    answers = Answers()
    answers.is_alive = False
    supervisor = Supervisor([script("worker", ORDERLY, is_alive=answers)], on_line=lines, patience=Patience(every_seconds=0.001, misses=1))
    run = asyncio.create_task(supervisor.run())
    await lines.until("up")
    first = supervisor.pids["worker"]

    for _ in range(20):
        answers.asked.clear()
        await asyncio.wait_for(answers.asked.wait(), 20)

    assert supervisor.pids["worker"] == first
    supervisor.stop()
    assert await run == 0
