"""`page` and `limit` of list routes: with both, a page and the total; without them, the bare list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flowisectl.web.errors import HttpError

Row = TypeVar("Row")
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Page:
    """Both None: everything. `page` counts from 1."""

    page: int | None = None
    limit: int | None = None

    @property
    def is_paged(self) -> bool:
        return self.page is not None

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of this page, out of all that there are."""
        if self.page is None or self.limit is None:
            return rows
        return rows[(self.page - 1) * self.limit : self.page * self.limit]

    def shaped(self, rows: Sequence[Mapping[str, Any]], total: int) -> Any:
        """What the route answers: `{data, total}` for a page, else the rows."""
        return {"data": rows, "total": total} if self.is_paged else rows


def page_of(query: Mapping[str, str], *, default: tuple[int, int] | None = None) -> Page:
    """Read a query. With a `default` each of the two stands for itself. Negative numbers raise HttpError 412."""
    page, limit = _number(query.get("page")), _number(query.get("limit"))
    if page < 0 or limit < 0:
        name = "page" if page < 0 else "limit"
        raise HttpError(412, f"Error: {name} cannot be negative!")
    if default:
        return Page(page=page or default[0], limit=limit or default[1])
    return Page(page=page, limit=limit) if page and limit else Page()


def _number(text: str | None) -> int:
    """A whole number; what is none counts as not given."""
    try:
        return max(-1, min(int(text or "0"), MAX_NUMBER))
    except ValueError:
        return 0
