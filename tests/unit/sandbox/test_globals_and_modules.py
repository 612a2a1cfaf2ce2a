"""The names that code written for Node expects: each case is code that gives true, or tells what it found."""
# ruff: noqa: E501 - cases read better in whole lines

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from echo_http import EchoHttp

from flowisectl.interfaces.javascript import JavaScript, JavaScriptError
from flowisectl.sandbox.pool import open_sandbox

EQUAL = """
const same = (found, expected) => { const [a, b] = [found, expected].map(v => JSON.stringify(v)); if (a !== b) throw `found ${a}, not ${b}` };
"""
CASES = {
    "console is silent": "console.log('x'); console.error({}); console.table([1]); same(typeof console.time('a'), 'undefined')",
    "base64": "same([btoa('hi'), atob('aGk=')], ['aGk=', 'hi'])",
    "text encoder": "same([...new TextEncoder().encode('é€😀')], [195, 169, 226, 130, 172, 240, 159, 152, 128])",
    "text decoder": "same(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff])), 'é\\ufffd')",
    "text decoder, strict": """
        let name; try { new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([255])) } catch (e) { name = e.name }
        same(name, 'TypeError')""",
    "text decoder, in pieces": """
        const bytes = new TextEncoder().encode('a€😀'), decoder = new TextDecoder();
        let text = ''; for (const byte of bytes) text += decoder.decode(Uint8Array.of(byte), {stream: true});
        same(text + decoder.decode(), 'a€😀')""",
    "clone": """
        const deep = {d: new Date(5), m: new Map([[1, {a: [1]}]]), s: new Set([2]), u: new Uint8Array([3])}; deep.self = deep;
        const copy = structuredClone(deep);
        same([copy !== deep, copy.self === copy, copy.d.getTime(), copy.m.get(1).a, [...copy.s], [...copy.u]], [true, true, 5, [1], [2], [3]]);
        let name; try { structuredClone({f() {}}) } catch (e) { name = e.name } same(name, 'DataCloneError')""",
    "abort": """
        const controller = new AbortController(), seen = [];
        controller.signal.addEventListener('abort', () => seen.push(controller.signal.reason.name));
        controller.abort(); controller.abort();
        same([seen, controller.signal.aborted, AbortSignal.any([controller.signal]).aborted], [['AbortError'], true, true])""",
    "buffer, text": """
        same(Buffer.from('héllo €😀').toString('base64'), 'aMOpbGxvIOKCrPCfmIA=');
        same(Buffer.from('aMOpbGxv', 'base64').toString(), 'héllo');
        same(Buffer.from('_-8', 'base64url').toString('hex'), 'ffef');
        same(Buffer.from('/+8=', 'base64').toString('base64url'), '_-8');
        same(Buffer.from('00ff zz', 'hex').toString('hex'), '00ff');
        same([Buffer.from('é', 'latin1').length, Buffer.from('é').length, Buffer.byteLength('€')], [1, 2, 3]);
        same(Buffer.from('hi', 'utf16le').toString('utf16le'), 'hi');
        same(Buffer.from([255, 256, -1]).toString('hex'), 'ff00ff')""",
    "buffer, bytes": """
        const b = Buffer.concat([Buffer.from('ab'), Buffer.alloc(2, 'z'), Buffer.from('cd')]);
        same([b.toString(), b.length, Buffer.isBuffer(b), Buffer.isBuffer(new Uint8Array(1))], ['abzzcd', 6, true, false]);
        same([b.indexOf('zc'), b.includes('nope'), b.slice(1, 3).toString(), b.equals(Buffer.from('abzzcd'))], [3, false, 'bz', true]);
        const n = Buffer.alloc(8); n.writeUInt32BE(0xdeadbeef, 0); n.writeInt16LE(-2, 4);
        same([n.toString('hex'), n.readUInt32BE(0), n.readInt16LE(4), n.readUint8(0)], ['deadbeeffeff0000', 0xdeadbeef, -2, 0xde]);
        same(JSON.stringify(Buffer.from('a')), '{"type":"Buffer","data":[97]}');
        same(Buffer.from(JSON.parse(JSON.stringify(Buffer.from('é')))).toString(), 'é');
        same(Buffer.compare(Buffer.from('a'), Buffer.from('b')), -1)""",
    "url": """
        const url = new URL('HTTPS://user:p%40s@Exämple.COM:443/a/./b/../c d?x=1&y=2&x=3#frag ment');
        same(url.href, 'https://user:p%40s@xn--exmple-cua.com/a/c%20d?x=1&y=2&x=3#frag%20ment');
        same([url.host, url.port, url.origin, url.hash], ['xn--exmple-cua.com', '', 'https://xn--exmple-cua.com', '#frag%20ment']);
        url.searchParams.append('q', 'a b&c'); url.port = '8080'; url.pathname = '/new path';
        same(url.href, 'https://user:p%40s@xn--exmple-cua.com:8080/new%20path?x=1&y=2&x=3&q=a+b%26c#frag%20ment')""",
    "url, relative": """
        const at = (to, from) => new URL(to, from).href;
        same([at('../c?d', 'http://h/a/b/'), at('//x.y/z', 'https://h'), at('?q', 'http://h/p?z#f'), at('#g', 'http://h/p?z'), at('', 'http://h/p')],
             ['http://h/a/c?d', 'https://x.y/z', 'http://h/p?q', 'http://h/p?z#g', 'http://h/p']);
        same([at('/x', 'http://h:81/a'), at('mailto:a@b.c', 'http://h'), at('./', 'http://h/a/b')],
             ['http://h:81/x', 'mailto:a@b.c', 'http://h/a/'])""",
    "url, hosts": """
        same(['http://0x7f.1/', 'http://2130706433/', 'http://[::1]:80/', 'http://a.b.:81/'].map(u => new URL(u).host),
             ['127.0.0.1', '127.0.0.1', '[::1]', 'a.b.:81'])""",
    "url, wrong": """
        same(['nope', 'http://', 'http://a b/', 'http://h:99999/', '//x', 'http://1.2.3.4.5/', 'http://256.1.1.1/'].map(u => URL.canParse(u)),
             [false, false, false, false, false, false, false])""",
    "search params": """
        const p = new URLSearchParams('?a=1&b=%C3%A9+x&a=2');
        same([p.get('a'), p.getAll('a'), p.get('b'), p.get('c'), p.has('a', '2'), p.size], ['1', ['1', '2'], 'é x', null, true, 3]);
        p.set('a', '9'); p.delete('b'); p.append('z', '~!\\'()*'); p.sort();
        same([String(p), [...p], Object.fromEntries(new URLSearchParams({k: 'v w'}))],
             ['a=9&z=%7E%21%27%28%29*', [['a', '9'], ['z', "~!'()*"]], {k: 'v w'}]);
        same(String(new URLSearchParams([['x', '1'], ['x', '2']])), 'x=1&x=2')""",
    "crypto": """
        const c = require('crypto');
        same(c.createHash('sha256').update('a').update('bc').digest('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
        same(c.createHash('md5').update('é').digest('hex'), '66ddcd97cfdeabb2f6fb8a999b4bc76f');
        same(c.createHmac('sha1', 'key').update('text').digest('hex'), '369e2959eb49450338b212748f77d8ded74847bb');
        same([/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(c.randomUUID()), c.randomBytes(7).length], [true, 7]);
        same([c.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), c.randomInt(3) < 3, c.createHash('sha-512').update('').digest().length], [true, true, 64]);
        let text; try { c.createHash('rot13') } catch (e) { text = e.message } same(text, 'Digest method not supported')""",
    "path": """
        const p = require('path');
        same([p.join('a', '..', 'b', './c.txt'), p.resolve('/a', '../b'), p.basename('/x/y.html', '.html'), p.extname('.rc'), p.dirname('/a/b/')],
             ['b/c.txt', '/b', 'y', '', '/a']);
        same([p.relative('/a/b', '/a/c/d'), p.normalize('/a//b/../../..'), p.parse('/home/x.txt').name, p.isAbsolute('a')], ['../c/d', '/', 'x', false])""",
    "querystring": """
        const q = require('node:querystring');
        same([{...q.parse('a=1&b=x+y&a=3')}, q.stringify({a: [1, 2], b: 'x y', c: true})], [{a: ['1', '3'], b: 'x y'}, 'a=1&a=2&b=x%20y&c=true'])""",
    "events": """
        const E = require('events'), e = new E(), seen = []; const f = v => seen.push(v * 2);
        e.once('x', v => seen.push(v)); e.on('x', f); e.emit('x', 1); e.emit('x', 2); e.off('x', f);
        same([seen, e.emit('x', 3), e.listenerCount('x'), new E.EventEmitter() instanceof E], [[1, 2, 4], false, 0, true]);
        const next = E.once(e, 'y'); e.emit('y', 7, 8); same(await next, [7, 8])""",
    "assert": """
        const a = require('assert'); const names = [];
        a(true); a.deepStrictEqual({a: [1, new Date(1)]}, {a: [1, new Date(1)]}); a.notStrictEqual(1, '1'); await a.rejects(async () => { throw new TypeError('x') }, TypeError);
        for (const f of [() => a.equal(1, 2), () => a.deepEqual([1], [2]), () => a.throws(() => {}), () => a.match('a', /b/)]) try { f() } catch (e) { names.push(e.code) }
        same(names, Array(4).fill('ERR_ASSERTION'))""",
    "zlib": """
        const z = require('zlib'), text = 'hello '.repeat(100);
        same([z.gunzipSync(z.gzipSync(text)).toString() === text, z.inflateRawSync(z.deflateRawSync(text)).length, z.deflateSync(text).length < 50], [true, 600, true]);
        same((await new Promise((ok, no) => z.unzip(z.deflateSync('x'), (e, b) => e ? no(e) : ok(b)))).toString(), 'x');
        let failed = false; try { z.gunzipSync(Buffer.from('nope')) } catch { failed = true } same(failed, true)""",
    "url, the old module": """
        const u = require('url'), {query, pathname, host} = u.parse('http://a.b:81/c?d=e', true);
        same([{...query}, pathname, host, u.resolve('/one/two', 'three'), u.format({protocol: 'https', host: 'h', pathname: '/p', query: {a: 1}})],
             [{d: 'e'}, '/c', 'a.b:81', '/one/three', 'https://h/p?a=1'])""",
    "modules are made once": "same([require('crypto') === require('node:crypto'), require('buffer').Buffer === Buffer], [true, true])",
}  # fmt: skip


@pytest.fixture
async def permissive(http: EchoHttp) -> AsyncIterator[JavaScript]:
    async with open_sandbox(http, timeout_seconds=30, builtin_modules=["util", "os"], external_modules=["moment"]) as opened:
        yield opened


@pytest.mark.parametrize("name", CASES)
async def test_globals_and_modules_do_as_in_node(sandbox: JavaScript, name: str) -> None:
    assert await sandbox.run(f"{EQUAL}{CASES[name]}; return true", {}) is True


@pytest.mark.parametrize("name", ["fs", "node:fs", "child_process", "os", "util", "moment", "./x", "net", "constructor", "__proto__", ""])
async def test_other_modules_are_refused_with_a_list(sandbox: JavaScript, name: str) -> None:
    with pytest.raises(JavaScriptError, match=r"^Error: Cannot find module '.*': it is not allowed here; there are assert, buffer"):
        await sandbox.run("return require($name)", {"$name": name})


async def test_a_module_that_the_operator_allows_is_there_or_said_to_be_missing(permissive: JavaScript) -> None:
    assert await permissive.run("return require('util').format('%s=%d %j', 'a', 1, {b: 2})", {}) == 'a=1 {"b":2}'
    for name in ("os", "moment"):
        with pytest.raises(JavaScriptError, match=f"'{name}': it is allowed, but not available here"):
            await permissive.run("return require($name)", {"$name": name})


async def test_packages_of_the_operator_are_loaded_from_their_folder(http: EchoHttp, tmp_path: Path) -> None:
    files = {
        "dates/package.json": '{"main": "./lib/dates"}',
        "dates/lib/dates.js": "const {plus} = require('./plus'); exports.next = n => plus(n, require('../data.json').step); // end",
        "dates/lib/plus.js": "module.exports = {plus: (a, b) => a + b, back: require('./dates')};",
        "dates/data.json": '{"step": 2}',
        "@org/tool/index.js": "module.exports = class Tool { path() { return require('path').join('a', 'b') } };",
        "@org/tool/deep/extra.js": "module.exports = 'extra';",
        "other/index.js": "module.exports = 1;",
        "curious/index.js": "module.exports = require('other');",
        "thief/index.js": "module.exports = require('../../secret');",
        "broken/index.js": "module.exports = (((;",
    }
    for name, text in files.items():
        (tmp_path / "node_modules" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "node_modules" / name).write_text(text)
    (tmp_path / "secret.js").write_text("module.exports = 'secret'")
    allowed = ["dates", "@org/tool", "curious", "thief", "broken", "absent"]
    code = """
        const tell = name => { try { return require(name) } catch (e) { return String(e) } };
        const Tool = require('@org/tool');
        return [require('dates').next(3), require('dates') === require('dates'), new Tool().path(), tell('@org/tool/deep/extra'),
                ...['other', 'curious', 'thief', 'broken', 'absent', 'dates/../other', '@org'].map(tell)]
    """

    async with open_sandbox(http, timeout_seconds=30, external_modules=allowed, package_folder=tmp_path / "node_modules") as sandbox:
        step, is_same, path, extra, *errors = await sandbox.run(code, {})

    assert (step, is_same, path, extra) == (5, True, "a/b", "extra")
    assert [error.split(";")[0] for error in errors[:3]] == [
        "Error: Cannot find module 'other': it is not allowed here",
        "Error: Cannot find module 'other': it is not allowed here",
        "Error: Cannot find module '../../secret'",
    ]
    assert errors[3].startswith("SyntaxError: ")
    assert "'absent': it is allowed, but not available here" in errors[4]
    assert "'dates/../other': it is allowed, but not available here" in errors[5]
    assert "'@org': it is not allowed here" in errors[6]


async def test_a_random_size_has_a_bound(sandbox: JavaScript) -> None:
    with pytest.raises(JavaScriptError, match="at most 65536"):
        await sandbox.run("return require('crypto').randomBytes(1e9)", {})


async def test_a_packed_bomb_is_refused(sandbox: JavaScript) -> None:
    code = "const z = require('zlib'); let b = Buffer.alloc(20e6); b = z.gzipSync(b); return z.gunzipSync(b).length"

    with pytest.raises(JavaScriptError, match=r"larger than|out of memory"):
        await sandbox.run(code, {})
