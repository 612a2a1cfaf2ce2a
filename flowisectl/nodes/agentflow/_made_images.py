"""Images that a model made: stored with the chat, and told as artifacts."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence

from flowisectl.clients.wire_chat import split_data_url
from flowisectl.engine.context import RunContext

_STORED = "FILE-STORAGE::"


async def kept_images(context: RunContext, images: Sequence[str]) -> list[dict[str, str]]:
    """`{type, data}` of each image, whose type is such as `png`. One that cannot be read is left out with a note."""
    artifacts: list[dict[str, str]] = []
    for url in images:
        media_type, data = split_data_url(url) or ("", "")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            content = b""
        if not content or not media_type.startswith("image/"):
            context.trace.note("an image that the model made is left out: its data cannot be read")
            continue
        kind = media_type.removeprefix("image/")
        name = await context.blobs.write(context.flow_id, context.chat_id, f"image_{uuid.uuid4().hex}.{kind}", content, media_type)
        artifacts.append({"type": kind, "data": f"{_STORED}{name}"})
    return artifacts
