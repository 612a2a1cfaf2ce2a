"""The child's side of `retrieval/child_work.py`: takes work from its input, does it, writes what came of it to its output.

A frame of work is eight bytes of length and a pickled callable; frames of answers are eight bytes of length, a letter and a pickled
value: `L` a lot of results, `X` the name and the text of an error, `E` the end.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
from typing import IO, Any

from flowisectl.errors import FlowisectlError

LOT = 200
NICE = 10
_PR_SET_PDEATHSIG = 1


def main() -> None:
    _live_modestly()
    # Whatever a library prints must not come between the frames.
    given, taken = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nowhere, number)
    while head := given.read(8):
        order = given.read(int.from_bytes(head, "big"))
        try:
            found = pickle.loads(order)()
            for start in range(0, len(found), LOT):
                _send(taken, b"L", list(found[start : start + LOT]))
        except FlowisectlError as error:
            _send(taken, b"X", (type(error).__name__, error.message))
        except Exception as error:
            _send(taken, b"X", (type(error).__name__, str(error)))
        else:
            _send(taken, b"E", None)
        del order
        taken.flush()


def _send(taken: IO[bytes], kind: bytes, value: Any) -> None:
    payload = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    taken.write(len(payload).to_bytes(8, "big") + kind)
    taken.write(payload)


def _live_modestly() -> None:
    """Yield to all others, and end with the parent."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # where memory runs out, this one ends first


if __name__ == "__main__":
    main()
