"""What people should know before and after: where this project does otherwise than Flowise, and how they return."""

from __future__ import annotations

from config.settings import Settings


def differences(settings: Settings) -> tuple[str, ...]:
    """One sentence each, only those that these settings concern."""
    found = [
        "A variable of the process environment beats the same one in a file; in Flowise the file wins.",
        "An empty variable counts as unset.",
        "A prediction whose client leaves goes on and is stored (ON_DISCONNECT=cancel ends it).",
    ]
    if settings.engine.texts_path is None:
        found.append("What models are told beyond a flow's own words is worded anew; `flowisectl texts take-over` keeps Flowise's words.")
    if settings.mode == "queue":
        found += [
            f"The queue has keys of its own in Redis, under {settings.queue.name}:; those of Flowise (bull:*) are never touched.",
            "Finished jobs are kept for a day, failed ones for seven, unless REMOVE_ON_AGE says otherwise.",
            f"A run ends after {settings.queue.job_timeout_seconds:g} s (JOB_TIMEOUT); Flowise has no limit.",
            "A missing encryption key beside encrypted values keeps the server from starting; Flowise makes a new one.",
        ]
    if settings.database.type == "sqlite":
        found.append("SQLite is switched to a write-ahead log, which Flowise reads and writes as well.")
    return tuple(found)


def way_back(settings: Settings) -> tuple[str, ...]:
    """The steps, in order."""
    steps = ["Stop main and workers with SIGTERM; they finish what runs."]
    if settings.mode == "queue":
        steps.append("`flowisectl status` before that shows whether anything waits: the queue of this project is not Flowise's.")
    steps.append("Start Flowise with the same environment. Its tables were never altered, and every row is in its own formats.")
    own = "flowisectl_* tables and indexes"
    steps.append(f"What is left in the database are {own}; Flowise does not see them, and they may be dropped.")
    return tuple(steps)
