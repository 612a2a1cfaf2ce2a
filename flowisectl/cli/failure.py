"""How a command ends when something is wrong: one line on standard error, and an exit status."""

from __future__ import annotations

import os
import sys
import traceback

FAILED = 1
WRONG_SETTING = 2
INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot do what it was asked for; the text says why and what to do."""


def report(error: BaseException) -> int:
    """Say what was wrong in one line; gives the exit status."""
    from config.env import SettingError
    from flowisectl.errors import FlowisectlError, InvalidSetting

    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # Whoever read the output is gone; keep the interpreter from complaining about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if isinstance(error, (SettingError, InvalidSetting)):
        return say(str(error), WRONG_SETTING)
    if isinstance(error, (FlowisectlError, CommandFailed)):
        return say(str(error), FAILED)
    if os.environ.get("DEBUG", "").lower() == "true":
        traceback.print_exception(error)
        return FAILED
    if isinstance(error, OSError) and error.filename:
        return say(f"{error.filename}: {error.strerror}", FAILED)
    return say(f"unexpected {type(error).__name__}: {error} (DEBUG=true shows where)", FAILED)


def say(text: str, status: int) -> int:
    print(f"flowisectl: {' '.join(text.split())}", file=sys.stderr)
    return status
