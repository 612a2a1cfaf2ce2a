"""What scripts of the prelude need beyond JavaScript; the sandbox's child loads it, so it imports nothing of this project."""

from __future__ import annotations

import os
from datetime import UTC


class Packages:
    """The operator's folder of packages; nothing outside it is read."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder) if folder else ""

    def find(self, request: str, base: str) -> str:
        """The path of the file that `request` means, seen from the file `base` (Node's rules for CommonJS, without `exports`).

        Raises ValueError when there is none.
        """
        start = os.path.join(os.path.dirname(base), request) if request.startswith(".") else os.path.join(self._folder, request)
        for path in (start, start + ".js", start + ".json", *self._in_folder(start)):
            real = os.path.realpath(path)
            if self._folder and real.startswith(self._folder + os.sep) and os.path.isfile(real):
                return real
        raise ValueError(f"Cannot find module '{request}'")

    def _in_folder(self, folder: str) -> list[str]:
        import json

        mains = ["index.js", "index.json"]
        try:
            with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
                main = json.load(file).get("main")
        except (OSError, ValueError, AttributeError):
            main = None
        if isinstance(main, str):
            mains = [main, main + ".js", os.path.join(main, "index.js"), *mains]
        return [os.path.join(folder, name) for name in mains]

    def read(self, path: str) -> str:
        real = os.path.realpath(path)
        if not self._folder or not real.startswith(self._folder + os.sep):
            raise ValueError(f"Cannot find module '{path}'")
        with open(real, encoding="utf-8") as file:
            return file.read(8 * 1024 * 1024)


PACKAGES = Packages("")


def native(operation: str, text: str, data: str = "") -> str:
    """What scripts of the prelude need beyond JavaScript, bytes as base64. An answer that begins with `!` is an error's text.

    Errors must not leave as exceptions: the binding cannot carry them.
    """
    try:
        return _native(operation, text, data)
    except Exception as error:
        return f"!{error}"


def _native(operation: str, text: str, data: str) -> str:
    from binascii import a2b_base64, b2a_base64

    if operation == "encode":
        answer = data.encode("utf-8")
    elif operation == "decode":
        return "=" + a2b_base64(data).decode(text.removesuffix(" strict"), "strict" if text.endswith(" strict") else "replace")
    elif operation == "find":
        return "=" + PACKAGES.find(text, data)
    elif operation == "read":
        return "=" + PACKAGES.read(text)
    elif operation == "idna":
        return "=" + text.encode("idna").decode()
    elif operation == "zone":
        return "=" + zone(text, int(data))
    elif operation == "random":
        size = int(text)
        if not 0 <= size <= 65_536:
            raise ValueError("at most 65536 random bytes at once")
        answer = os.urandom(size)
    elif operation == "hash":
        import hashlib

        if text not in hashlib.algorithms_guaranteed or text.startswith("shake"):
            raise ValueError("Digest method not supported")
        answer = hashlib.new(text, a2b_base64(data)).digest()
    elif operation == "hmac":
        import hmac

        name, key = text.split(" ", 1)
        answer = hmac.digest(a2b_base64(key), a2b_base64(data), name)
    elif operation == "zlib":
        import zlib

        bits = {"deflate": 15, "inflate": 15, "gzip": 31, "gunzip": 31, "unzip": 47, "deflateRaw": -15, "inflateRaw": -15}[text]
        if text in ("deflate", "gzip", "deflateRaw"):
            packer = zlib.compressobj(wbits=bits)
            answer = packer.compress(a2b_base64(data)) + packer.flush()
        else:
            unpacker = zlib.decompressobj(wbits=bits)
            answer = unpacker.decompress(a2b_base64(data), 16 * 1024 * 1024)
            if not unpacker.eof:
                raise ValueError("unexpected end of file, or larger than 16 MiB")
    else:
        raise ValueError(f"no operation {operation!r}")
    return b2a_base64(answer, newline=False).decode()


def zone(name: str, milliseconds: int) -> str:
    """Seconds that a time zone is ahead of UTC at a moment, and its short name then. Raises ValueError or KeyError for no zone."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    there = moment.astimezone(ZoneInfo(name))
    return f"{int((there.utcoffset() or timedelta()).total_seconds())} {there.tzname() or ''}"
