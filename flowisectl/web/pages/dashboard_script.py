"""The script of SAQ's page as it is served here: the library's own, with links that work below our prefix and tables that fit."""

from __future__ import annotations

import functools
import logging
import re

NAME = "app.js"
_ROOTED = re.compile(rb'href: "/(?!/)')
"""A link from the server's root; on a job's page the one to its queue is, which leads nowhere where SAQ is not at the root."""
_BACK = b"\nwindow.addEventListener('popstate', () => renderPage())\n"
"""Otherwise the browser's back button shows the old page until the next round, two seconds later."""
_LOOK = b"""
document.head.insertAdjacentHTML('beforeend', `<style>
.container { max-width: 96rem; padding: 0 2rem }
th, td { font-size: .85rem; padding: .5rem .6rem }
tr > a { display: table-cell; vertical-align: middle; border-bottom: 1px solid var(--table-border-color) }
tr > a > td { display: block; border: 0; background: none }
tr > a ~ td:nth-child(3), figure td:nth-child(2), details p { overflow-wrap: anywhere }
</style>`)
"""
"""Otherwise the table of jobs is broader than a usual window, and their states, its last column, are outside."""

log = logging.getLogger(__name__)


@functools.cache
def page_script() -> bytes:
    """Read from the installed library; a version that has other links is served as it is."""
    from saq.web.common import STATIC_PATH

    script = (STATIC_PATH / NAME).read_bytes()
    mended, count = _ROOTED.subn(b'href: root_path + "/', script)
    if not count:
        log.debug("SAQ's page has no link from the root any more")
    return (mended + _BACK if b"renderPage" in mended else mended) + _LOOK
