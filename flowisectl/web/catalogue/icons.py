"""Pictures of nodes and credentials: a coloured tile with the initials, drawn from the name alone."""

from __future__ import annotations

import hashlib
import re
from html import escape

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def tile(label: str, *, round_corners: int = 10) -> str:
    """An SVG of 48 by 48 units; the same text always gives the same picture."""
    words = _WORDS.findall(label)
    initials = "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else label.strip()[:2].capitalize()
    hue = int.from_bytes(hashlib.sha256(label.encode("utf8", "replace")).digest()[:2], "big") % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48" role="img" '
        f'aria-label="{escape(label)}">'
        f'<rect width="48" height="48" rx="{round_corners}" fill="hsl({hue} 55% 42%)"/>'
        '<text x="24" y="31" font-family="system-ui, sans-serif" font-size="19" font-weight="600" fill="#fff" text-anchor="middle">'
        f"{escape(initials, quote=False)}</text></svg>"
    )
