"""What is seen of the roles: their lines, each behind its role's name in the role's colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
"""Terminal colours (SGR numbers), in the order in which roles get them."""


class Printer:
    """Writes whole lines. Names are padded to one width; there is colour only on a terminal."""

    def __init__(self, stream: TextIO, names: Sequence[str], *, has_colour: bool | None = None) -> None:
        self._stream = stream
        self._has_colour = stream.isatty() if has_colour is None else has_colour
        self._width = max((len(name) for name in names), default=0)
        self._colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}

    def line(self, name: str, text: str) -> None:
        """Write one line of a role. A name that was not announced gets the next colour."""
        if name not in self._colours:
            self._colours[name] = _COLOURS[len(self._colours) % len(_COLOURS)]
            self._width = max(self._width, len(name))
        prefix = f"{name:<{self._width}} |"
        if self._has_colour:
            prefix = f"\x1b[{self._colours[name]}m{prefix}\x1b[0m"
        try:
            self._stream.write(f"{prefix} {text}\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            # Whoever read the lines is gone; the roles go on.
            return
