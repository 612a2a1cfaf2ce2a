#!/usr/bin/env python3
"""Draw what `flowisectl status` shows now as an SVG: scripts/status_picture.py docs/status.svg [--data-dir DIR]."""

from __future__ import annotations

import argparse
import asyncio
import io
import re
from pathlib import Path

from rich.console import Console

from flowisectl.cli.options import read_settings
from flowisectl.cli.status import look_once
from flowisectl.cli.views.status import status_view
from flowisectl.cli.views.theme import THEME, WIDTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--data-dir", type=Path)
    given = parser.parse_args()
    settings, _ = read_settings(None, given.data_dir)
    console = Console(
        record=True, width=WIDTH, theme=THEME, highlight=False, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(status_view(asyncio.run(look_once(settings))))
    picture = console.export_svg(title="flowisectl status")
    # Its fonts would be fetched from the net.
    given.picture.write_text(re.sub(r"\s*@font-face \{[^}]*\}", "", picture))


if __name__ == "__main__":
    main()
