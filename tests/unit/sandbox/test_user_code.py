"""What user code can do, through the sandbox's one door."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.javascript import JavaScript, JavaScriptError
from flowisectl.sandbox.pool import open_sandbox

VALUES: list[tuple[str, Any]] = [
    ("return 1 + 1", 2),
    ("return 'é😀\\u2028'", "é😀\u2028"),
    ("return {a: [1.5, null, true], b: undefined}", {"a": [1.5, None, True]}),
    ("return undefined", None),
    ("", None),
    ("// only a comment", None),
    ("return NaN", None),
    ("return new Date(0)", "1970-01-01T00:00:00.000Z"),
    ("return (() => 1)", None),
    ("return await Promise.resolve('later')", "later"),
    ("return new Promise(resolve => resolve([1]))", [1]),
    ("const f = async () => 'x'; return [await f(), f() instanceof Promise]", ["x", True]),
    ("return '[1, 2'", "[1, 2"),
    ("return '\\ud83d!'", "\ufffd!"),
    ("return 9007199254740993", 9007199254740992),
    ("x = 1; return x + this.y ?? 'sloppy'", None),
]


@pytest.mark.parametrize(("code", "value"), VALUES)
async def test_code_gives_its_return_value_as_json(sandbox: JavaScript, code: str, value: Any) -> None:
    assert await sandbox.run(code, {}) == value


@pytest.mark.parametrize("code", ["return undefined", "", "return void 0", "return () => 1"])
async def test_what_stands_for_undefined_is_for_the_caller_to_say(sandbox: JavaScript, code: str) -> None:
    assert await sandbox.run(code, {}, undefined="nothing") == "nothing"


async def test_null_is_not_undefined(sandbox: JavaScript) -> None:
    assert await sandbox.run("return null", {}, undefined="nothing") is None


async def test_variables_are_global_names(sandbox: JavaScript) -> None:
    variables = {"$input": "hi", "$vars": {"company": "ACME"}, "$flow": {"state": {"n": 1}}, "$my_list": [1, "é"], "odd name": 7}

    value = await sandbox.run("return [$input, $vars.company, $flow.state.n, $my_list, globalThis['odd name']]", variables)

    assert value == ["hi", "ACME", 1, [1, "é"], 7]


async def test_variables_may_be_shadowed_and_changed(sandbox: JavaScript) -> None:
    assert await sandbox.run("$flow.x = 2; $input = 3; const $vars = 4; return [$flow, $input, $vars]", {"$flow": {}, "$input": 1}) == [
        {"x": 2},
        3,
        4,
    ]


async def test_numbers_that_are_none_become_null(sandbox: JavaScript) -> None:
    assert await sandbox.run("return $x", {"$x": [float("nan"), float("inf"), 2**70]}) == [None, None, 2**70 + 0.0]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("throw new TypeError('kaboom 1')", "TypeError: kaboom 1"),
        ("throw new (class MyError extends Error {})('x')", "Error: x"),
        ("throw 'plain'", "plain"),
        ("throw {message: 'like an error', name: 'Odd'}", "Odd: like an error"),
        ("throw {code: 7}", '{"code":7}'),
        ("throw null", "Error: the code threw null"),
        ("throw undefined", "Error: the code threw undefined"),
        ("await Promise.reject(null)", "Error: the code threw null"),
        ("setTimeout(() => { throw null }, 1); await new Promise(r => setTimeout(r, 5000))", "Error: the code threw null"),
        ("return {get a() { throw null }}", "Error: the code threw null"),
        ("throw new Error('x'.repeat(5e6))", "Error: " + "x" * 9993 + "…"),
        ("return missing.name", "ReferenceError: missing is not defined"),
        ("await Promise.reject(new RangeError('far'))", "RangeError: far"),
        ("const a = []; a.push(a); return a", "TypeError: circular reference"),
        ("return eval('1 + 1')", "EvalError: Code generation from strings disallowed for this context"),
        ("throw new Error('two\\nlines')", "Error: two\nlines"),
        ("setTimeout(() => { throw new Error('late') }, 1); await new Promise(r => setTimeout(r, 5000))", "Error: late"),
    ],
)
async def test_an_error_of_the_code_is_told_as_javascript_names_it(sandbox: JavaScript, code: str, text: str) -> None:
    with pytest.raises(JavaScriptError) as caught:
        await sandbox.run(code, {})

    assert str(caught.value) == text


@pytest.mark.parametrize("code", ["return (((", "const = 1", "import x from 'y'", "return 'unfinished"])
async def test_code_that_does_not_parse_is_a_syntax_error(sandbox: JavaScript, code: str) -> None:
    with pytest.raises(JavaScriptError, match=r"^SyntaxError: "):
        await sandbox.run(code, {})


async def test_functions_of_the_host_are_async_functions(sandbox: JavaScript) -> None:
    async def double(value: Any) -> Any:
        return {"got": value, "twice": value["n"] * 2}

    async def fail(value: Any) -> Any:
        raise ValueError(f"no {value}")

    code = """
        const first = await $tool({n: 2});
        let text;
        try { await $bad('luck') } catch (error) { text = String(error) }
        return [first, text, await $tool({n: 4})]
    """

    value = await sandbox.run(code, {}, host_functions={"$tool": double, "$bad": fail})

    assert value == [{"got": {"n": 2}, "twice": 4}, "Error: no luck", {"got": {"n": 4}, "twice": 8}]


async def test_calls_of_the_host_run_side_by_side(sandbox: JavaScript) -> None:
    """The first call ends only after the last one began."""
    begun = 0
    all_begun = asyncio.Event()

    async def wait(value: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun == 5:
            all_begun.set()
        await all_begun.wait()
        return value

    assert await sandbox.run("return Promise.all([1, 2, 3, 4, 5].map($wait))", {}, host_functions={"$wait": wait}) == [1, 2, 3, 4, 5]


async def test_more_calls_than_may_run_at_once_wait_for_their_turn(sandbox: JavaScript) -> None:
    open_now, most = 0, 0

    async def work(value: Any) -> Any:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0)
        open_now -= 1
        return value

    code = "return (await Promise.all(Array.from({length: 300}, (_, i) => $work(i)))).reduce((a, b) => a + b)"

    assert await sandbox.run(code, {}, host_functions={"$work": work}) == 300 * 299 / 2
    assert 1 < most <= 64


async def test_a_call_that_is_not_awaited_does_not_hold_up_the_result(sandbox: JavaScript) -> None:
    never = asyncio.Event()

    async def hang(value: Any) -> None:
        await never.wait()

    assert await sandbox.run("$hang(1); return 'done'", {}, host_functions={"$hang": hang}) == "done"


async def test_timers_run_in_order(sandbox: JavaScript) -> None:
    code = """
        const seen = [];
        setTimeout((a, b) => seen.push(a + b), 20, 'late', '!');
        setTimeout(() => seen.push('early'), 1);
        const gone = setTimeout(() => seen.push('never'), 5); clearTimeout(gone);
        let n = 0;
        await new Promise(done => { const every = setInterval(() => { if (++n === 3) { clearInterval(every); done() } }, 2) });
        await new Promise(done => setTimeout(done, 30).unref());
        return [seen, n]
    """

    assert await sandbox.run(code, {}) == [["early", "late!"], 3]


async def test_nothing_is_left_over_from_another_run() -> None:
    async with open_sandbox(None, timeout_seconds=30, processes=1) as sandbox:  # type: ignore[arg-type]
        await sandbox.run("globalThis.left = 1; Array.prototype.left = 2; JSON.stringify = null; setInterval(() => {}, 1); return 1", {})

        assert await sandbox.run("return [typeof left, typeof [].left, typeof JSON.stringify]", {}) == [
            "undefined",
            "undefined",
            "function",
        ]


async def test_the_machine_is_out_of_reach(sandbox: JavaScript) -> None:
    names = "process child_process fs util Deno Bun WebAssembly native std os XMLHttpRequest fetch"

    found = await sandbox.run("return $names.split(' ').filter(name => typeof globalThis[name] !== 'undefined')", {"$names": names})

    assert found == []


async def test_a_constructor_leads_to_no_way_out(sandbox: JavaScript) -> None:
    code = "return [typeof (() => {}).constructor('return typeof process')(), Object.keys(globalThis).filter(n => /native|step/.test(n))]"

    assert await sandbox.run(code, {}) == ["string", []]


async def test_documents_look_as_clients_know_them(sandbox: JavaScript) -> None:
    found = Document(page_content="text", metadata={"page": 1})

    shown = await sandbox.run("return [$docs[0].pageContent, $docs[0].metadata.page]", {"$docs": [found]})

    assert shown == ["text", 1]
