"""A small server that speaks RESP and knows hashes and the commands of Redis' search module that a vector store sends.

It stands in for the module alone, whose wire format is documented; distances are computed, nothing is scripted by question.
"""

from __future__ import annotations

import asyncio
import math
import struct
from typing import Any


class SearchServer:
    def __init__(self) -> None:
        self.hashes: dict[bytes, dict[bytes, bytes]] = {}
        self.indexes: dict[bytes, bytes] = {}
        """Name → prefix of its keys."""
        self.commands: list[list[bytes]] = []
        self.port = 0

    async def __aenter__(self) -> SearchServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                parts = []
                for _ in range(int(line[1:])):
                    size = int((await reader.readline())[1:])
                    parts.append((await reader.readexactly(size + 2))[:-2])
                writer.write(_encoded(self._answer(parts)))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, parts: list[bytes]) -> Any:
        name = parts[0].upper()
        if name == b"CLIENT":
            return "OK"
        self.commands.append(parts)
        if name == b"HSET":
            pairs = parts[2:]
            self.hashes[parts[1]] = dict(zip(pairs[::2], pairs[1::2], strict=True))
            return len(pairs) // 2
        if name == b"DEL":
            return sum(self.hashes.pop(key, None) is not None for key in parts[1:])
        if name == b"FT.CREATE":
            self.indexes[parts[1]] = parts[parts.index(b"PREFIX") + 2]
            return "OK"
        if parts[1] not in self.indexes:
            return ValueError("Unknown index name")
        if name == b"FT.DROPINDEX":
            prefix = self.indexes.pop(parts[1])
            self.hashes = {key: value for key, value in self.hashes.items() if not key.startswith(prefix)}
            return "OK"
        return self._search(parts) if name == b"FT.SEARCH" else [b"index_name", parts[1]]

    def _search(self, parts: list[bytes]) -> list[Any]:
        field = parts[2].split(b"@")[1].split(b" ")[0]
        params = parts[parts.index(b"PARAMS") + 2 :]
        count, blob = int(params[1]), params[3]
        at = parts.index(b"RETURN")
        wanted = parts[at + 2 : at + 2 + int(parts[at + 1])]
        rows = [(_distance(blob, row[field]), key, row) for key, row in self.hashes.items() if key.startswith(self.indexes[parts[1]])]
        answer: list[Any] = [len(rows)]
        for distance, key, row in sorted(rows, key=lambda item: item[0])[:count]:
            full = {**row, b"vector_score": str(distance).encode()}
            answer += [key, [piece for name in wanted for piece in (name, full[name])]]
        return answer


def _distance(left: bytes, right: bytes) -> float:
    a, b = (struct.unpack(f"<{len(raw) // 4}f", raw) for raw in (left, right))
    return 1 - sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def _encoded(value: Any) -> bytes:
    if isinstance(value, ValueError):
        return f"-{value}\r\n".encode()
    if isinstance(value, str):
        return f"+{value}\r\n".encode()
    if isinstance(value, int):
        return f":{value}\r\n".encode()
    if isinstance(value, bytes):
        return f"${len(value)}\r\n".encode() + value + b"\r\n"
    return f"*{len(value)}\r\n".encode() + b"".join(_encoded(item) for item in value)
