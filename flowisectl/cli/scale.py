"""`flowisectl scale`: how many workers a running all-in-one shall have."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

WAIT_SECONDS = 90.0


def scale(
    number: Annotated[int, typer.Argument(min=1, max=64, metavar="N", help="How many workers there shall be.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Give a running all-in-one more workers, or fewer; those that go finish what they have."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.output import write_json, write_line
    from roles.runtime_file import ask_for_workers, read_runtime

    settings, _ = read_settings(env_file, data_dir)
    folder = settings.database.path
    before = len(ask_for_workers(folder, number).worker_ports)
    deadline = time.monotonic() + WAIT_SECONDS + settings.worker.shutdown_grace_seconds
    while (runtime := read_runtime(folder)) is not None and len(runtime.worker_ports) != number:
        if time.monotonic() > deadline:
            raise CommandFailed(f"{len(runtime.worker_ports)} workers run, not {number}: the all-in-one's own lines say why")
        time.sleep(0.1)
    if runtime is None:
        raise CommandFailed("the all-in-one has ended meanwhile")
    if as_json:
        write_json({"workers": number, "before": before})
        return
    workers = f"{number} worker{'s' if number > 1 else ''}"
    write_line(workers if number != before else f"{workers}, as before")
