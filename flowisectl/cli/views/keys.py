"""What `flowisectl apikey list` and `user list` show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns
from flowisectl.cli.views.theme import WIDTH


def keys_view(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """One line for each key, of which only the end is shown."""
    if not rows:
        return Text("no key yet: `flowisectl apikey create NAME` makes one", "faint")
    columns = Columns(Column("id", 36), Column("key", 5), Column("name", WIDTH - 45, gap=""))
    return Group(columns.head(), *(columns.line([Text(row["id"], "faint"), row["key"], Text(row["name"], "name")]) for row in rows))


def users_view(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """One line for each account."""
    if not rows:
        return Text("no account yet: `flowisectl user create --email you@example.com` makes the first", "faint")
    columns = Columns(Column("e-mail", 34), Column("status", 10), Column("name", WIDTH - 48, gap=""))
    return Group(columns.head(), *(columns.line([Text(row["email"], "name"), row["status"], row["name"]]) for row in rows))
