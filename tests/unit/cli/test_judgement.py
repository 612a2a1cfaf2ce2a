"""What is wrong is said with what to do, and its weight is the exit status."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_views import DATABASE, OVERVIEW, REDIS, ROLE, SNAPSHOT

from flowisectl.cli.database_look import DatabaseLook
from flowisectl.cli.judgement import Level, findings_of
from flowisectl.queue.overview import Overview
from flowisectl.queue.roster import UNUSABLE
from flowisectl.queue.summary import Pace, QueueSnapshot

MAIN = replace(ROLE, role="main", id="h:1:a", storage="mine")
WORKER = replace(ROLE, id="h:2:b", storage="mine")
KEY = ROLE.key_fingerprint


def judged(overview: Overview = OVERVIEW, database: DatabaseLook = DATABASE, key: str = KEY, most: int = 0) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in findings_of(overview, database, key, most)]


def with_queue(**changes: object) -> Overview:
    workers = tuple(replace(worker, capacity=40, busy=0) for worker in SNAPSHOT.workers)
    queue = replace(SNAPSHOT, workers=workers, running=0, pace=Pace(), **changes)  # type: ignore[arg-type]
    assert isinstance(queue, QueueSnapshot)
    return replace(OVERVIEW, queues=(queue,))


def test_a_service_that_is_well_has_no_findings() -> None:
    assert judged() == []


def test_slow_waits_with_full_slots_ask_for_another_worker() -> None:
    overview = with_queue(waiting=9)
    queue = replace(overview.queues[0], running=40, pace=Pace(wait_p95_seconds=1.6, slow_minutes=4))

    [(level, text)] = judged(replace(overview, queues=(queue,)))

    assert level is Level.WARNING
    assert text == "p95 wait 1.60 s for 4 min: 40 of 40 slots busy; add a worker or raise WORKER_CONCURRENCY"


def test_waiting_jobs_without_a_worker_are_an_outage() -> None:
    overview = replace(with_queue(waiting=5, oldest_wait_seconds=75), roles=(MAIN,))
    queue = replace(overview.queues[0], workers=())

    found = judged(replace(overview, queues=(queue,)))

    assert [level for level, _ in found] == [Level.DOWN, Level.DOWN]
    assert all("flowisectl start-worker" in text for _, text in found)


def test_jobs_that_wait_beside_free_slots_point_to_the_logs() -> None:
    [(level, text)] = judged(with_queue(waiting=1, oldest_wait_seconds=12))

    assert level is Level.WARNING and "workers' logs" in text


@pytest.mark.parametrize(
    ("facts", "level", "part"),
    [
        ({"eviction_policy": "allkeys-lru"}, Level.WARNING, "noeviction"),
        ({"has_append_only_file": False}, Level.WARNING, "appendonly yes"),
        ({"memory_bytes": 900, "memory_limit_bytes": 1000}, Level.WARNING, "raise maxmemory"),
        ({"round_trip_ms": 80.0}, Level.WARNING, "80 ms"),
        ({"role": "slave"}, Level.WARNING, "primary"),
    ],
)
def test_a_queue_server_that_is_not_safe_is_told(facts: dict[str, object], level: Level, part: str) -> None:
    [found] = judged(replace(OVERVIEW, redis=replace(REDIS, **facts)))  # type: ignore[arg-type]

    assert found[0] is level and part in found[1]


def test_a_database_that_does_not_answer_is_an_outage() -> None:
    assert judged(database=replace(DATABASE, reason="refused", schema="")) == [(Level.DOWN, "database: refused")]


def test_a_schema_that_roles_do_not_know_is_told() -> None:
    [(level, text)] = judged(database=replace(DATABASE, schema="m000"))

    assert level is Level.WARNING and "m000" in text and "database migrate" in text


@pytest.mark.parametrize(
    ("worker", "levels", "part"),
    [
        (replace(WORKER, beat_age_seconds=20), [Level.DOWN, Level.WARNING], "silent for 20 s"),
        (replace(WORKER, state="not ready", reason="no Redis"), [Level.DOWN, Level.WARNING], "no Redis"),
        (replace(WORKER, state="draining"), [Level.DOWN, Level.NOTE], "stopping"),
        (replace(WORKER, version="0.0.9"), [Level.WARNING], "different versions"),
        (replace(WORKER, key_fingerprint="other"), [Level.WARNING], "different encryption keys"),
        (replace(WORKER, storage="other"), [Level.WARNING], "store files in different places"),
    ],
)
def test_roles_that_are_not_well_are_told(worker: object, levels: list[Level], part: str) -> None:
    found = judged(replace(OVERVIEW, roles=(MAIN, worker)))  # type: ignore[arg-type]

    assert [level for level, _ in found] == levels
    assert part in found[-1][1]


def test_roles_whose_folder_of_files_cannot_be_written_are_told() -> None:
    found = judged(replace(OVERVIEW, roles=(replace(MAIN, storage=UNUSABLE), replace(WORKER, storage=UNUSABLE))))

    assert [level for level, _ in found] == [Level.WARNING, Level.WARNING]
    assert all("cannot store files" in text and "BLOB_STORAGE_PATH" in text for _, text in found)


def test_a_shell_with_another_key_gets_a_note_only() -> None:
    [(level, text)] = judged(key="another")

    assert level is Level.NOTE and "--data-dir" in text


def test_dead_jobs_are_told_with_the_commands_for_them() -> None:
    [(level, text)] = judged(with_queue(dead=2))

    assert level is Level.WARNING
    assert "jobs list --state dead" in text and "jobs retry" in text


@pytest.mark.parametrize(
    ("ended", "failed", "is_told"),
    [(10, 8, True), (5, 5, True), (100, 21, True), (100, 20, False), (4, 4, False)],
    ids=["most", "all", "more than a fifth", "a fifth", "too few to tell"],
)
def test_a_service_whose_jobs_fail_is_not_well(ended: int, failed: int, is_told: bool) -> None:
    queue = replace(with_queue().queues[0], pace=Pace(ended_lately=ended, failed_lately=failed, failed_last_hour=failed))

    found = judged(replace(OVERVIEW, queues=(queue,)))

    assert [level for level, _ in found] == [Level.WARNING] * is_told
    assert all(f"{failed} of {ended} jobs of the last 10 min failed: see `flowisectl jobs list" in text for _, text in found)


def test_one_job_is_told_of_as_one() -> None:
    one = with_queue(waiting=1, dead=1, suspects=1)
    texts = [text for _, text in judged(replace(one, queues=(replace(one.queues[0], workers=(), pace=Pace(again_last_hour=1)),)))]

    assert sum(text.startswith("1 job") for text in texts) == 3 and sum(text.startswith("1 waiting job has") for text in texts) == 1
    assert not any("1 jobs" in text for text in texts)


def test_a_role_whose_writes_hang_points_to_who_locks_the_database() -> None:
    hangs = replace(WORKER, write_trouble="a write has waited 12 s: another process locks it, or it is slow")

    [(level, text)] = judged(replace(OVERVIEW, roles=(MAIN, hangs)))

    assert level is Level.WARNING
    assert "worker h:2 cannot write to the database: a write has waited 12 s" in text and "`fuser /data/database.sqlite`" in text


def test_roles_older_than_the_databases_schema_are_to_be_renewed() -> None:
    [(level, text)] = judged(database=replace(DATABASE, schema="m009"))

    assert level is Level.WARNING
    assert "m009" in text and "bring the older roles to the newest version" in text


def test_slow_waits_that_have_passed_are_told_as_passed() -> None:
    overview = with_queue()
    queue = replace(overview.queues[0], pace=Pace(wait_p95_seconds=11))

    [(level, text)] = judged(replace(overview, queues=(queue,)))

    assert level is Level.WARNING
    assert text.startswith("p95 wait 11 s: 0 of 40 slots busy; nothing waits now")


def test_slow_waits_without_a_worker_do_not_ask_for_more_slots() -> None:
    queue = replace(with_queue().queues[0], workers=(), pace=Pace(wait_p95_seconds=11))

    found = judged(replace(OVERVIEW, queues=(queue,), roles=(MAIN,)))

    assert [level for level, _ in found] == [Level.DOWN] and "WORKER_CONCURRENCY" not in found[0][1]


def test_a_full_redis_is_an_outage_and_a_nearly_full_one_a_warning() -> None:
    full, nearly = (replace(REDIS, memory_bytes=used, memory_limit_bytes=100) for used in (100, 90))

    [(is_full, text)] = judged(replace(OVERVIEW, redis=full, roles=(MAIN, WORKER)))
    [(is_nearly, _)] = judged(replace(OVERVIEW, redis=nearly, roles=(MAIN, WORKER)))

    assert is_full is Level.DOWN and "takes no jobs: raise maxmemory" in text
    assert is_nearly is Level.WARNING


def test_a_redis_just_below_its_limit_is_full() -> None:
    """A server refuses what goes beyond its limit, so that it never quite reaches it."""
    [(level, text)] = judged(replace(OVERVIEW, redis=replace(REDIS, memory_bytes=8_380_000, memory_limit_bytes=8_388_608)))

    assert level is Level.DOWN and "Redis is full (8.0 MB of 8.0 MB)" in text


def test_a_redis_that_refuses_to_write_is_an_outage_and_says_why() -> None:
    refuses = replace(REDIS, refusal="Redis at h:6379 cannot serve now: MISCONF Errors writing to the AOF file")

    [(level, text)] = judged(replace(OVERVIEW, redis=refuses))
    [(of_replica, about)] = judged(replace(OVERVIEW, redis=replace(refuses, role="slave")))

    assert level is Level.DOWN and "MISCONF" in text
    assert of_replica is Level.WARNING and "primary" in about


def test_a_database_that_is_locked_while_nobody_writes_is_told_once() -> None:
    locked = replace(DATABASE, lock="another process has locked it for more than 1 s; `fuser /data/database.sqlite` names who has it")
    hangs = replace(WORKER, write_trouble="a write has waited 12 s: another process locks it, or it is slow")

    [(level, text)] = judged(database=locked)
    both = judged(replace(OVERVIEW, roles=(MAIN, hangs)), database=locked)

    assert level is Level.WARNING and "nothing can be stored" in text and "`fuser /data/database.sqlite`" in text
    assert both == [(level, text)]


def test_a_queue_that_takes_no_more_is_an_outage() -> None:
    [(level, text)] = judged(with_queue(waiting=10_000), most=10_000)
    below = judged(with_queue(waiting=9_999), most=10_000)

    assert level is Level.DOWN
    assert text == "10,000 jobs wait, the most that may (QUEUE_MAX_WAITING): requests get 429; add workers"
    assert below == []


def test_many_roles_with_the_same_trouble_are_one_line() -> None:
    silent = tuple(replace(WORKER, id=f"app-{number}:{number}:x", beat_age_seconds=20 + number) for number in range(40))
    waiting = tuple(replace(WORKER, id=f"db-{number}:{number}:x", state="not ready", reason="no Redis") for number in range(9))

    texts = [text for _, text in judged(replace(OVERVIEW, roles=(MAIN, *silent, *waiting)))]

    assert texts[1:] == [
        "40 workers (app-0:0, app-1:1, app-2:2 …) have been silent for up to 59 s: they were killed, are stuck, or cut off; see their logs",
        "9 workers (db-0:0, db-1:1, db-2:2 …) are not ready: no Redis",
    ]


def test_few_roles_are_named_one_by_one() -> None:
    silent = tuple(replace(WORKER, id=f"app-{number}:{number}:x", beat_age_seconds=20) for number in range(3))

    texts = [text for _, text in judged(replace(OVERVIEW, roles=(MAIN, *silent)))]

    assert [text.partition(" has been silent")[0] for text in texts[1:]] == ["worker app-0:0", "worker app-1:1", "worker app-2:2"]


def test_many_roles_that_cannot_write_are_one_line() -> None:
    hang = tuple(replace(WORKER, id=f"app-{number}:{number}:x", write_trouble="has no room left") for number in range(9))

    [(_, text)] = judged(replace(OVERVIEW, roles=(MAIN, *hang)))

    assert text == "9 workers (app-0:0, app-1:1, app-2:2 …) cannot write to the database: has no room left"
