"""Code that goes over a bound ends in a clear error, and nobody else notices."""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from echo_http import EchoHttp

from flowisectl.interfaces.javascript import JavaScript, JavaScriptError
from flowisectl.sandbox import pool
from flowisectl.sandbox.pool import MAX_SOURCE_BYTES, Sandbox, open_sandbox
from flowisectl.sandbox.process import MAX_FRAME_BYTES

ENDLESS = [
    "for (;;);",
    "while (true) await null",
    "const f = () => Promise.resolve().then(f); await f()",
    "await new Promise(() => { setInterval(() => {}, 1) })",
    "await new Promise(() => { const f = () => setTimeout(f, 0); f() })",
    "/(a+)+$/.test('a'.repeat(40) + 'b')",
    "await $hang()",
]
TIMED_OUT = r"^Error: Script execution timed out after 200ms$"
# On a busy machine this chain of promises may run out of memory before the clock stops it.
ENDINGS = {ENDLESS[2]: TIMED_OUT + "|^InternalError: out of memory$"}
BOMBS = [
    "const a = []; for (;;) a.push(new ArrayBuffer(1e6))",
    "const a = []; for (;;) a.push({})",
    "let s = 'x'; for (;;) s += s",
    "return new Array(1e9).fill(1)",
    "const f = () => f() + 1; return f()",
    "let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a",
    "return 'x'.repeat(20e6)",
]


@pytest.mark.parametrize("code", ENDLESS)
async def test_endless_code_is_stopped_by_the_clock(http: EchoHttp, code: str) -> None:
    async def hang(value: Any) -> None:
        await asyncio.Event().wait()

    async with open_sandbox(http, timeout_seconds=30, processes=1) as sandbox:
        with pytest.raises(JavaScriptError, match=ENDINGS.get(code, TIMED_OUT)):
            await sandbox.run(code, {}, host_functions={"$hang": hang}, timeout_seconds=0.2)

        assert await sandbox.run("return 'still here'", {}) == "still here"


@pytest.mark.parametrize("code", BOMBS)
async def test_code_that_takes_too_much_is_stopped(http: EchoHttp, code: str) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        with pytest.raises(JavaScriptError, match=r"out of memory|RangeError|InternalError: s|ended unexpectedly"):
            await sandbox.run(code, {})

        assert await sandbox.run("return 'still here'", {}) == "still here"


class Gate:
    """A function of the host that tells when it was called, and answers when the gate is open."""

    def __init__(self, is_open: bool = True) -> None:
        self.called, self.opened = asyncio.Event(), asyncio.Event()
        if is_open:
            self.opened.set()

    async def __call__(self, value: Any) -> Any:
        self.called.set()
        await self.opened.wait()
        return value


async def begin(sandbox: JavaScript, code: str, gate: Gate) -> asyncio.Task[Any]:
    """Start code that calls `$gate` first, and wait until it has."""
    run = asyncio.create_task(sandbox.run(f"await $gate(); {code}", {}, host_functions={"$gate": gate}))
    async with asyncio.timeout(30):
        await gate.called.wait()
    return run


async def test_other_runs_go_on_beside_an_endless_one(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=2) as sandbox:
        endless = await begin(sandbox, "for (;;);", Gate())

        values = [await sandbox.run("return $n * 2", {"$n": n}) for n in range(50)]

        assert values == [n * 2 for n in range(50)] and not endless.done()
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless


async def test_a_cancelled_run_frees_its_place(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        endless = await begin(sandbox, "for (;;);", Gate())
        waiting = asyncio.create_task(sandbox.run("return 1", {}))

        endless.cancel()

        assert await waiting == 1


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
async def test_a_run_that_computes_for_long_gets_a_low_priority_and_its_process_no_other_run(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        assert isinstance(sandbox, Sandbox)
        code = "const end = Date.now() + 4000; while (Date.now() < end); return 1"
        busy = await begin(sandbox, code, Gate())
        first = next(iter(sandbox._children))
        async with asyncio.timeout(30):
            while not first.is_spent:
                await asyncio.wait([busy], timeout=0.05)
        priority = os.getpriority(os.PRIO_PROCESS, first.pid)

        busy.cancel()
        await sandbox.run("return 1", {})

        assert priority > os.getpriority(os.PRIO_PROCESS, 0)
        assert first not in sandbox._children


async def test_a_process_is_replaced_after_many_runs(http: EchoHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "RUNS_PER_CHILD", 3)
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        assert isinstance(sandbox, Sandbox)
        seen = set()
        for _ in range(7):
            await sandbox.run("return 1", {})
            seen |= {child.pid for child in sandbox._children}

    assert len(seen) == 3


async def test_processes_that_idle_are_ended(http: EchoHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.01)
    async with open_sandbox(http, timeout_seconds=60) as sandbox:
        assert isinstance(sandbox, Sandbox)
        gates = [Gate(is_open=False) for _ in range(8)]
        runs = [await begin(sandbox, "return 1", gate) for gate in gates]
        most = len(sandbox._children)
        for gate in gates:
            gate.opened.set()
        await asyncio.gather(*runs)
        async with asyncio.timeout(30):
            while len(sandbox._children) > (os.cpu_count() or 1):
                await asyncio.sleep(0.01)

        assert most == 8
        assert await sandbox.run("return 1", {}) == 1


async def test_a_waiting_run_that_is_cancelled_takes_no_place(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        gate = Gate(is_open=False)
        first = await begin(sandbox, "return 1", gate)
        second, third = (asyncio.create_task(sandbox.run("return $n", {"$n": n})) for n in (2, 3))
        await asyncio.sleep(0)  # both stand in the queue

        second.cancel()
        gate.opened.set()

        assert (await first, await third) == (1, 3)


async def test_runs_that_wait_do_not_hold_up_others(http: EchoHttp) -> None:
    """Forty runs can only end together when each of them has a process."""
    begun = 0
    all_begun = asyncio.Event()

    async def meet(value: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun == 40:
            all_begun.set()
        await all_begun.wait()
        return value

    async with open_sandbox(http, timeout_seconds=90) as sandbox:
        runs = [sandbox.run("return await $meet($n)", {"$n": n}, host_functions={"$meet": meet}) for n in range(40)]

        assert await asyncio.gather(*runs) == list(range(40))


async def test_many_short_runs_share_few_processes(http: EchoHttp) -> None:
    sandbox = Sandbox(http, timeout_seconds=60, memory_bytes=64 << 20, most_children=64, modules={})
    try:
        values = await asyncio.gather(*(sandbox.run("return $n", {"$n": n}) for n in range(300)))
        children = len(sandbox._children)
    finally:
        await sandbox.close()

    assert values == list(range(300))
    assert children < 64, "one process for each processor, and a few more on a machine that is busy"


async def test_a_promise_that_nothing_can_settle_is_told_at_once(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60) as sandbox:
        with pytest.raises(JavaScriptError, match="nothing can settle"):
            await sandbox.run("await new Promise(() => {})", {})


async def test_code_variables_and_results_have_a_largest_size(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60) as sandbox:
        with pytest.raises(JavaScriptError, match="the code is larger"):
            await sandbox.run("//" + "x" * MAX_SOURCE_BYTES, {})
        with pytest.raises(JavaScriptError, match="variables of the code are larger"):
            await sandbox.run("return 1", {"$x": "x" * MAX_FRAME_BYTES})
        with pytest.raises(JavaScriptError, match="the result is larger"):
            await sandbox.run("return 'x'.repeat($n)", {"$n": MAX_FRAME_BYTES})

        assert len(await sandbox.run("return $x + $x", {"$x": "x" * 3_000_000})) == 6_000_000


async def test_nothing_runs_after_the_sandbox_is_closed(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60) as sandbox:
        assert isinstance(sandbox, Sandbox)
        await sandbox.run("return 1", {})
        pids = [child._process.pid for child in sandbox._children if child._process]
        endless = await begin(sandbox, "for (;;);", Gate())

    with pytest.raises(JavaScriptError):
        await sandbox.run("return 1", {})
    with pytest.raises(JavaScriptError, match="ended unexpectedly"):
        await endless
    assert pids and not any(_is_alive(pid) for pid in pids)


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="needs /proc")
async def test_a_child_has_no_environment_and_few_files(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=60, processes=1) as sandbox:
        assert isinstance(sandbox, Sandbox)
        await sandbox.run("return 1", {})
        pid = next(child._process.pid for child in sandbox._children if child._process)
        environment, targets = _inside(pid)
        assert os.getsid(pid) == pid, "an interrupt at the terminal does not reach it"

    assert environment in (b"", b"LC_CTYPE=C.UTF-8\0")
    assert sorted({target.split(":")[0] for target in targets}) == ["/dev/null", "socket"]
    assert sum(target.startswith("socket") for target in targets) == 1


def _inside(pid: int) -> tuple[bytes, list[str]]:
    """A process's environment, and what its open files are."""
    process = Path(f"/proc/{pid}")
    return (process / "environ").read_bytes(), [os.readlink(entry) for entry in (process / "fd").iterdir()]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_a_child_in_an_endless_loop_dies_with_its_parent(tmp_path: Path) -> None:
    """The parent is killed outright; its end of the socket closes, and the child's watching thread sees it."""
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
            import asyncio, os, signal
            from flowisectl.sandbox.pool import open_sandbox

            async def main():
                begun = asyncio.Event()

                async def tell(value):
                    begun.set()

                async with open_sandbox(None, timeout_seconds=600, processes=1) as sandbox:
                    await sandbox.run("return 1", {})
                    child = next(iter(sandbox._children))
                    print(child._process.pid, flush=True)
                    code = "await $tell(); for (;;);"
                    endless = asyncio.create_task(sandbox.run(code, {}, host_functions={"$tell": tell}))
                    await begun.wait()
                    os.kill(os.getpid(), signal.SIGKILL)

            asyncio.run(main())
        """)
    )
    parent = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3])

    assert parent.returncode == -9, parent.stderr
    try:
        child = os.pidfd_open(int(parent.stdout))
    except ProcessLookupError:
        return
    try:
        assert select.select([child], [], [], 30)[0], "the child is still running"
    finally:
        os.close(child)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    "code",
    [
        "const a = []; (async () => { for (;;) { a.push('x'.repeat(1e5) + a.length); await 0 } })(); await new Promise(() => {})",
        "const a = []; let p = Promise.resolve(); for (;;) p = p.then(() => { a.push({}) })",
        "const a = []; const f = () => new Promise(r => { a.push([1]); Promise.resolve().then(f).then(r) }); return f()",
    ],
)
async def test_memory_that_is_used_up_where_no_promise_can_tell_it_is_told_all_the_same(http: EchoHttp, code: str) -> None:
    async with open_sandbox(http, timeout_seconds=30, processes=1) as sandbox:
        with pytest.raises(JavaScriptError, match=r"^InternalError: out of memory$"):
            await sandbox.run(code, {})


async def test_what_this_javascript_does_not_have_is_told_with_a_way_out(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=30, processes=1) as sandbox:
        with pytest.raises(JavaScriptError, match=r"^ReferenceError: Intl is not defined: .*code of your own$"):
            await sandbox.run("return new Intl.NumberFormat('de').format(5)", {})


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system does not forget a process's peak of memory")
async def test_a_run_that_throws_null_is_not_taken_for_the_one_before_it_that_used_much_memory(http: EchoHttp) -> None:
    async with open_sandbox(http, timeout_seconds=30, processes=1) as sandbox:
        assert isinstance(sandbox, Sandbox)
        await sandbox.run("const a = new Uint8Array(50e6); a.fill(1); return a.length", {})
        first = set(sandbox._children)

        with pytest.raises(JavaScriptError, match=r"^Error: the code threw null$"):
            await sandbox.run("throw null", {})

        assert set(sandbox._children) == first
