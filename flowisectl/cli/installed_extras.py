"""Which extras of this package are installed."""

from __future__ import annotations

import re
from importlib import metadata

PACKAGE = "flowisectl"
_NAME = re.compile(r"^\s*([A-Za-z0-9._-]+)")


def has_extra(extra: str) -> bool:
    """Whether everything that the extra brings is there; versions are pip's business. An unknown extra is not."""
    marker = re.compile(rf"""extra\s*==\s*["']{re.escape(extra)}["']""")
    names = [found[1] for line in metadata.requires(PACKAGE) or [] if marker.search(line) and (found := _NAME.match(line))]
    return bool(names) and all(_is_installed(name) for name in names)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
