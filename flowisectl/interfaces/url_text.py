"""Addresses that are made of what others wrote: the ids in their paths, and how messages show them.

Encoding an id leaves `.` and `..` as they are, and an address with such a part is another one than it says.
"""

from __future__ import annotations


def climbs(path: str) -> bool:
    """Whether a part of the path leads to another place."""
    return "/." in path and any(part in (".", "..") for part in path.split("/"))


def shown(url: str) -> str:
    """The address for a message: without user, password and query, which may hold keys."""
    scheme, mark, rest = url.partition("#")[0].partition("?")[0].rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"
