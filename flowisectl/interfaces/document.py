"""A piece of text with where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Document:
    """Frozen; `metadata` says where the text came from, `id` names it in a vector store."""

    page_content: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None

    def without(self, names: Collection[str]) -> Document:
        """The document without metadata of these names."""
        if not any(name in self.metadata for name in names):
            return self
        return replace(self, metadata={name: value for name, value in self.metadata.items() if name not in names})

    def to_json(self) -> dict[str, Any]:
        """`{pageContent, metadata, id?}` as clients of Flowise know it."""
        data: dict[str, Any] = {"pageContent": self.page_content, "metadata": dict(self.metadata)}
        return data if self.id is None else {**data, "id": self.id}
