"""Which files and folders of this machine a flow may name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flowisectl.errors import InvalidFlow

_ORGANIZATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class LocalPaths:
    """The folders that the operator set aside; without any of them every path is refused.

    What is checked is where a path ends once links are followed. A relative one counts from the folder of stored files.
    """

    is_checked: bool = True
    """PATH_TRAVERSAL_SAFETY; False lets flows name any path of the machine."""
    home: Path | None = None
    """`~/.flowise`"""
    storage: Path | None = None
    """BLOB_STORAGE_PATH"""
    database: Path | None = None
    """DATABASE_PATH: a folder."""
    own_database: Path | None = None
    """The server's own SQLite file, where nodes may keep tables; None when it has none."""

    def vector_folder(self, given: str) -> Path:
        """A folder that a vector store keeps its files in. Raises InvalidFlow."""
        return self._inside(given, (self.home, self.storage))

    def database_file(self, given: str, *, may_be_own: bool = False) -> Path:
        """A SQLite file. The server's own, which holds everybody's rows, is never one that a flow reads. Raises InvalidFlow."""
        path = self._inside(given, (self.home, self.database, self.storage))
        if self.own_database is not None and not may_be_own and path.resolve() == self.own_database.expanduser().resolve():
            raise InvalidFlow(f"the path {given!r} is the server's own database: flows do not read it")
        return path

    def source_folder(self, given: str, *, is_anywhere: bool = False) -> Path:
        """A folder whose files are read. Raises InvalidFlow, also for one that holds the stored files of an organization."""
        path = self._inside(given, (self.home, self.storage), is_anywhere=is_anywhere)
        if self.is_checked and self.storage is not None and _holds_uploads(path, self.storage.expanduser().resolve()):
            raise InvalidFlow(f"the path {given!r} holds what users have uploaded: put what flows read into a folder beside that")
        return path

    def _inside(self, given: str, allowed: tuple[Path | None, ...], *, is_anywhere: bool = False) -> Path:
        if "\0" in given:
            raise InvalidFlow("a path with a NUL character is not allowed")
        path = Path(given).expanduser() if given.startswith("~") else Path(given)
        if not self.is_checked:
            return path
        if ".." in path.parts:
            raise InvalidFlow(f"the path {given!r} is not allowed: it has '..' in it")
        roots = [folder.expanduser().resolve() for folder in allowed if folder is not None]
        found = ((self.storage.expanduser() / path) if self.storage is not None else path).resolve()
        if not is_anywhere and not any(found.is_relative_to(root) for root in roots):
            raise InvalidFlow(
                f"the path {given!r} is not allowed: it must lie in {' or '.join(map(str, dict.fromkeys(roots))) or 'no folder'}; "
                "move the files there, or let flows name any path with PATH_TRAVERSAL_SAFETY=false"
            )
        return found


NO_PATHS = LocalPaths()


def _holds_uploads(path: Path, storage: Path) -> bool:
    if storage.is_relative_to(path):
        return True
    return path.is_relative_to(storage) and _ORGANIZATION.fullmatch(path.relative_to(storage).parts[0]) is not None
