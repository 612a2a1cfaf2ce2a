"""How many tokens a text has, estimated: no tokenizer is at hand, and limits need no more than the order of size."""

from __future__ import annotations

_CHARS_PER_TOKEN = 4


def estimate_tokens(text: str) -> int:
    """About four characters make a token, rounded up."""
    return -(-len(text) // _CHARS_PER_TOKEN)
