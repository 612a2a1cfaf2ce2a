"""A Lua script, sent by its hash; the text travels only when the server does not have it."""

from __future__ import annotations

import hashlib
from typing import Any

from redis.exceptions import NoScriptError
from redis.typing import EncodableT

from flowisectl.redis_connection.pipeline import Pipeline


class Script:
    """The scripts of this project take a prefix and build their keys from it, so they name no keys to the server."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, pipeline: Pipeline, *args: EncodableT, once: bool = False) -> Any:
        """The script's reply. `once`: do not send again over a new connection. Raises RedisUnavailable."""
        send = pipeline.once if once else pipeline.execute
        try:
            return await send("EVALSHA", self.sha, 0, *args)
        except NoScriptError:
            return await send("EVAL", self.text, 0, *args)
