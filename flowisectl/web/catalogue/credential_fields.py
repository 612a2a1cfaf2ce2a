"""A credential's fields as people may see them: passwords replaced by a constant, passwords inside URLs by bullets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowisectl.nodes.credential_types import credential_types

BLANK = "_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db"
"""What clients know to mean: there is a value, and it is not shown."""
BULLETS = "\u2022" * 6
_URL_PASSWORD = re.compile(r"(?<=://)([^/?#\s@:]*):([^/?#\s]*)@")


def shown_fields(fields: Mapping[str, Any], types: Mapping[str, str] | None) -> dict[str, Any]:
    """The fields for reading. `types` maps names to field types; of an unknown credential type everything is hidden."""
    return {name: _shown(value, types.get(name, "password") if types is not None else "password") for name, value in fields.items()}


def revealed_fields(fields: Mapping[str, Any], types: Mapping[str, str] | None) -> dict[str, Any]:
    """The fields for copying: only those of type `url` in clear."""
    return {name: value if types is not None and types.get(name) == "url" else BLANK for name, value in fields.items()}


def _shown(value: Any, kind: str) -> Any:
    if kind == "password":
        return BLANK
    if kind == "url" and isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\1:{BULLETS}@", value)
    return value


def merged_fields(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored after a change: the given fields over the stored ones. A value that stands for a hidden one changes nothing."""
    kept = {name: value for name, value in given.items() if value != BLANK and not (isinstance(value, str) and BULLETS in value)}
    return {**stored, **kept}


def types_of(credential_name: str) -> Mapping[str, str] | None:
    """Field name → type of a credential type; None for one that this version does not know."""
    found = credential_types().get(credential_name)
    return {field.name: field.type for field in found.fields} if found else None
