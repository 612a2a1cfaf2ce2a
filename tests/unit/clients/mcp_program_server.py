"""An MCP server as a program: `python mcp_program_server.py [MODE]`; the modes are its ways to misbehave."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def answer(message: dict[str, Any], mode: str) -> dict[str, Any]:
    if message["method"] == "tools/list":
        return {"tools": [{"name": "look", "description": "looks", "inputSchema": {"type": "object"}}]}
    if message["method"] == "tools/call":
        seen = {"environment": sorted(os.environ), "arguments": message["params"]["arguments"], "pid": os.getpid()}
        return {"content": [{"type": "text", "text": json.dumps(seen)}]}
    return {"protocolVersion": "2025-06-18"}


def main() -> None:
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    print("welcome, this is no message", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        if mode == "dies" and message["method"] == "tools/list":
            return
        print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message"}), flush=True)
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer(message, mode)}), flush=True)
    if mode == "stays":
        while True:
            sys.stdin.read()
            os.sched_yield()


if __name__ == "__main__":
    main()
