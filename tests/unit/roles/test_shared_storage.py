"""Which workers would not find the files of this server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowisectl.queue.roster import STALE_SECONDS, RoleSeen
from roles.shared_storage import UNUSABLE, storage_problem

WORKER = RoleSeen(id="host-b:7:ff", beat_age_seconds=0.1, role="worker", version="1", started_ms=1, state="ready", storage="mine")
STRANGER = replace(WORKER, id="host-c:8:ee", storage="other")
MAIN = replace(WORKER, id="host-a:1:aa", role="main")


@pytest.mark.parametrize(
    "roles",
    [
        (),
        (MAIN,),
        (MAIN, WORKER, WORKER),
        (replace(MAIN, storage="another server's"), WORKER),
        (WORKER, replace(STRANGER, storage="")),
        (WORKER, replace(STRANGER, beat_age_seconds=STALE_SECONDS + 1)),
        (WORKER, replace(STRANGER, state="draining")),
    ],
    ids=["nobody", "no worker", "all share", "another main", "older version", "gone", "ending"],
)
def test_files_are_taken_when_every_live_worker_sees_them_or_none_is_there(roles: tuple[RoleSeen, ...]) -> None:
    assert storage_problem("mine", roles) == ""


def test_one_worker_with_another_storage_is_named() -> None:
    problem = storage_problem("mine", (MAIN, WORKER, STRANGER))

    assert "1 of 2 workers (host-c:8)" in problem and "host-b" not in problem
    assert "BLOB_STORAGE_PATH" in problem and "STORAGE_TYPE=s3" in problem


def test_a_folder_that_cannot_be_written_is_shared_with_nobody() -> None:
    assert "1 of 1 workers" in storage_problem("mine", (replace(WORKER, storage=UNUSABLE),))
    assert "1 of 1 workers" in storage_problem(UNUSABLE, (replace(WORKER, storage=UNUSABLE),))


def test_of_many_workers_three_are_named() -> None:
    problem = storage_problem("mine", tuple(replace(STRANGER, id=f"host:{number}:x") for number in range(5)))

    assert "5 of 5 workers (host:0, host:1, host:2 …)" in problem
