"""What a Condition Agent tells its model to do."""

from __future__ import annotations

import re
from functools import lru_cache

from flowisectl.engine.rich_text import markdown_of

_PLACEHOLDER = re.compile(r"<code>([^<]*)<[a-z]+(?:_[a-z]+)+>([^<]*)</code>([^<]*)</p>")
_HEADING = re.compile(r"^(.+)\n-+$", re.MULTILINE)
_MARKER = re.compile(r"^(\*|\d+\.) +", re.MULTILINE)
_ITEM_PARAGRAPH = re.compile(r"\n {4}\n {4}")
_ITEM_END = re.compile(r"\n {4}$", re.MULTILINE)
_KEPT_BLANK = "\ue000"
_EXAMPLE = re.compile(r"Input\W*?`(\{.*?\})`.*?Output\W*?`(\{.*?\})`", re.DOTALL)


@lru_cache(maxsize=16)
def prompt_of(default: str) -> str:
    """The default prompt that a flow carries (editor content), in the spelling in which models have always had it.

    It is tighter than the Markdown of all other editor content: `## ` before headings, one blank after a list's marker, a
    line break between the paragraphs of an item. A placeholder in angle brackets is lost with the code marks around it,
    and its paragraph ends with a blank.
    """
    text = markdown_of(_PLACEHOLDER.sub(rf"\1\2\3{_KEPT_BLANK}</p>", default))
    text = _ITEM_END.sub("", _ITEM_PARAGRAPH.sub("  \n", _HEADING.sub(r"## \1", text)))
    return _MARKER.sub(r"\1 ", text).replace(_KEPT_BLANK, " ")


def example_of(prompt: str) -> tuple[str, str] | None:
    """The first worked example in a prompt (Markdown): the input and the answer to it, as an exchange shows them."""
    found = _EXAMPLE.search(prompt)
    return (found.group(1), f"```json\n{found.group(2)}\n```") if found else None
