"""The HTTP server: API and streams. With MODE=queue it only enqueues; with MODE=main it runs the flows itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Mapping
from functools import partial

from hypercorn.config import Config
from quart import Quart

from config.settings import Settings
from flowisectl import __version__
from flowisectl.database.migrations.apart import is_due, migrate_apart
from flowisectl.database.migrations.runner import HEAD
from flowisectl.observability.last_error import LastError, watch_errors
from flowisectl.observability.memory import resident_bytes
from flowisectl.observability.telemetry import Telemetry, open_telemetry
from flowisectl.queue.roster import RoleSays
from flowisectl.web.app import create_app
from flowisectl.web.connections.server import serve
from flowisectl.web.metrics import Counted
from flowisectl.web.requests.log import RequestLog, Sanitiser
from flowisectl.web.traced import Traced
from roles.built_in_texts import texts_of
from roles.main_resources import Main, key_of, open_web
from roles.presence import in_roster, trouble_with_writes
from roles.process import bound_socket, run_role, start_logging

FLUSH_SECONDS = 2.0
"""After the grace, streams are ended and get so long to reach their clients."""
LAST_SECONDS = 1.0
BACKLOG = 2048

log = logging.getLogger(__name__)


def run_main(settings: Settings, environment: Mapping[str, str]) -> int:
    """Serve until SIGINT or SIGTERM; gives the exit status. Raises what keeps the server from starting."""
    start_logging(settings.logs, "main", environment)
    texts_of(settings)  # a broken file is told before anything is opened
    with bound_socket(settings.http.host, settings.http.port, "PORT") as listener:
        _make_schema(settings)
        with open_telemetry(settings.telemetry, "main", environment) as telemetry:
            return run_role(_main(settings, environment, listener, telemetry))


def _make_schema(settings: Settings) -> None:
    """The first start makes the schema in a process of its own, which takes with it what no later start would hold."""
    if is_due(settings.database):
        asyncio.run(key_of(settings))  # first, so that a worker that waits for the schema then finds the key
        migrate_apart(settings.database)


async def _main(settings: Settings, environment: Mapping[str, str], listener: socket.socket, telemetry: Telemetry | None) -> int:
    face = _MainFace(settings, int(listener.getsockname()[1]), watch_errors())
    async with open_web(settings, environment, telemetry) as main, in_roster(main.redis, settings.queue.name, partial(face.says, main)):
        return await _serve(settings, main, listener, face, telemetry)


class _MainFace:
    """What a main says of itself in the roster."""

    def __init__(self, settings: Settings, port: int, errors: LastError) -> None:
        self.is_stopping = False
        self._settings = settings
        self._port = port
        self._errors = errors
        self._started_ms = int(time.time() * 1000)

    def says(self, main: Main) -> RoleSays:
        return RoleSays(
            role="main",
            version=__version__,
            started_ms=self._started_ms,
            state="draining" if self.is_stopping else "ready",
            write_trouble=trouble_with_writes(main.services.database),
            busy=len(main.services.streams),
            rss_bytes=resident_bytes(),
            port=self._port,
            key_fingerprint=main.key_fingerprint,
            storage=main.storage,
            schema=HEAD,
            last_error=self._errors.text,
            last_error_ms=self._errors.at_ms,
        )


async def _serve(settings: Settings, main: Main, listener: socket.socket, face: _MainFace, telemetry: Telemetry | None) -> int:
    """Serve until told to stop, then let what is open end within the grace.

    The server alone would wait for ever for a client that keeps its stream open (Python 3.12 and later ignore its time
    limit), so streams are ended here, and what still hangs is cancelled.
    """
    signals, services = _Signals(), main.services
    grace = settings.worker.shutdown_grace_seconds
    limit = grace + FLUSH_SECONDS + LAST_SECONDS
    # The server closes its socket at the end, so it gets one of its own.
    serving = serve(_application(settings, main, telemetry), _hypercorn_config(limit), listener.dup(), signals.first.wait)
    server = asyncio.create_task(serving)
    listener.listen(BACKLOG)  # whoever connects from now on waits at most until the server has begun
    log.info("listening on %s (MODE=%s)", _address(listener), settings.mode)
    first = asyncio.create_task(signals.first.wait())
    await asyncio.wait([server, first], return_when=asyncio.FIRST_COMPLETED)
    if not first.done():
        first.cancel()
        await server  # it ended by itself: let its error out
        return 0
    face.is_stopping = True
    log.info("stopping; %d answers are open (a second signal ends them at once)", len(services.streams))
    drain = asyncio.create_task(services.streams.drain(grace, FLUSH_SECONDS))
    second = asyncio.create_task(signals.second.wait())
    await asyncio.wait([server, second], timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    for task in (drain, second, server):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await server
    return 130 if signals.second.is_set() else 0


def _application(settings: Settings, main: Main, telemetry: Telemetry | None) -> Quart:
    """The API and, where it is wanted and there is a queue, the queue's page in front of it."""
    app = create_app(main.services)
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    if settings.logs.debug:
        sanitiser = Sanitiser(settings.logs.sanitize_body_fields, settings.logs.sanitize_header_fields)
        app.asgi_app = RequestLog(app.asgi_app, sanitiser)  # type: ignore[method-assign]
    if main.metrics is not None:
        app.asgi_app = Counted(app.asgi_app, main.metrics, main.services.flows, rules)  # type: ignore[method-assign]
    if telemetry is not None:
        app.asgi_app = Traced(app.asgi_app, telemetry, rules)  # type: ignore[method-assign]
    if settings.http.has_queue_dashboard and main.redis is not None:
        from flowisectl.web.pages.dashboard import Dashboard, shown_queues

        app.asgi_app = Dashboard(  # type: ignore[method-assign]
            app.asgi_app,
            shown_queues(main.redis, settings.queue),
            authentication=main.services.authentication,
            counters=main.services.counters,
            trust_proxy=settings.http.trust_proxy,
            too_many=settings.http.dashboard_limit_message,
        )
    return app


class _Signals:
    """The first SIGINT or SIGTERM, and the second."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._came)

    def _came(self) -> None:
        if self.first.is_set():
            self.second.set()
        self.first.set()


def _hypercorn_config(graceful_seconds: float) -> Config:
    config = Config()
    config.graceful_timeout = graceful_seconds
    config.keep_alive_timeout = 75
    # By default the server closes a connection after 1000 requests, under the hands of a client that is sending the next.
    config.keep_alive_max_requests = 2**31
    config.backlog = BACKLOG
    config.include_server_header = False
    config.errorlog = logging.getLogger("hypercorn.error")
    config.accesslog = None
    return config


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"
