"""The page of a server that has no user interface: what runs here, and where its API is."""

from __future__ import annotations

from quart import Response

import flowisectl

_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>flowisectl</title></head>
<body style="font-family: system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; line-height: 1.5">
<h1>flowisectl {flowisectl.__version__}</h1>
<p>This server runs Flowise flows. Ask it over HTTP: <code>POST /api/v1/prediction/&lt;flow id&gt;</code> with
<code>{{"question": "…"}}</code>; add <code>"streaming": true</code> for server-sent events.</p>
<p><a href="/api/v1/ping">/api/v1/ping</a> answers while it is up. Everything else is done by the command line:
<code>flowisectl --help</code>.</p>
</body>
</html>
"""


async def front_page() -> Response:
    return Response(_PAGE, 200, {"Cache-Control": "public, max-age=0"}, content_type="text/html; charset=UTF-8")
