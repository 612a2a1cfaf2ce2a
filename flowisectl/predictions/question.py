"""A question that is no text, as clients of Flowise see it: the model is given JSON, the user's row what JavaScript prints."""

from __future__ import annotations

from typing import Any

import orjson


def question_text(value: Any) -> str:
    """What the flow is asked: texts as they are, anything else as compact JSON (`null`, `5`, `{"a":1}`)."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def question_content(value: Any) -> str:
    """What the user's row keeps of a question that is no text."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return "[object Object]"
    if isinstance(value, bool):
        return str(int(value))
    return question_text(value)
