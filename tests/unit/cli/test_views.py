"""What people see: aligned, at most 80 columns, nothing lost."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import RenderableType

from flowisectl.cli.database_look import DatabaseLook
from flowisectl.cli.judgement import findings_of
from flowisectl.cli.views import units
from flowisectl.cli.views.flows import flow_view, flows_view
from flowisectl.cli.views.job import answer_text, job_view
from flowisectl.cli.views.jobs import jobs_view
from flowisectl.cli.views.nodes import node_view, nodes_view
from flowisectl.cli.views.plain_status import plain_lines
from flowisectl.cli.views.status import Status, fitting, lost_view, status_view
from flowisectl.cli.views.theme import make_console
from flowisectl.engine.flow import parse_flow
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.queue.inspection import Attempt, JobDetail, JobSummary, NodeLine, Pace, QueueSnapshot, WorkerSummary
from flowisectl.queue.overview import Overview, RedisFacts
from flowisectl.queue.roster import RoleSeen

NOW = 1_700_000_000_000
JOB = JobSummary(
    id="1a2b3c4d5e6f",
    state="done",
    flow_id="7d3f9e1a-0000-4000-8000-000000000000",
    flow_name="Support bot",
    chat_id="chat-1",
    attempts=1,
    worker="host:12",
    accepted_ms=NOW - 12_000,
    started_ms=NOW - 11_997,
    finished_ms=NOW - 10_000,
    error="",
    waited_seconds=0.003,
    took_seconds=1.3,
)
WORKER = WorkerSummary(
    id="w1",
    name="a-host-with-a-rather-long-name.example:23412",
    state="taking",
    busy=3,
    capacity=10_000,
    rss_bytes=62 * 1024 * 1024,
    beat_age_seconds=0.4,
    version="0.1.0",
    started_ms=NOW - 4_000_000,
    health_port=5566,
    finished=120,
)
SNAPSHOT = QueueSnapshot(
    name="flowise-queue",
    queue="prediction",
    taken_ms=NOW,
    waiting=0,
    running=3,
    oldest_wait_seconds=0,
    kept_done=120,
    kept_failed=3,
    workers=(WORKER,),
    last_jobs=(JOB,),
    redis_version="9.1.2",
    redis_memory_bytes=1_300_000,
    pace=Pace(in_per_second=12.3, out_per_second=0.4, wait_p50_seconds=0.12, wait_p95_seconds=0.48, failed_last_hour=3),
)
ROLE = RoleSeen(
    id="a-host-with-a-rather-long-name.example:23412:ab",
    beat_age_seconds=1,
    role="worker",
    version="0.1.0",
    started_ms=NOW - 4_000_000,
    state="ready",
    busy=3,
    capacity=10_000,
    rss_bytes=62 * 1024 * 1024,
    key_fingerprint="00ff00ff00ff00ff",
    schema="m001",
)
REDIS = RedisFacts(
    version="9.1.2",
    round_trip_ms=0.4,
    memory_bytes=1_300_000,
    memory_limit_bytes=0,
    eviction_policy="noeviction",
    has_append_only_file=True,
    saves=False,
    role="master",
)
OVERVIEW = Overview(taken_ms=NOW, redis=REDIS, queues=(SNAPSHOT,), roles=(replace(ROLE, role="main", capacity=0, busy=2), ROLE))
DATABASE = DatabaseLook(place="sqlite /data/database.sqlite", schema="m001", milliseconds=2)


def status_of(overview: Overview = OVERVIEW, database: DatabaseLook = DATABASE) -> Status:
    return Status(
        version="0.1.0",
        queue_name="flowise-queue",
        redis_address="redis://localhost:6379",
        overview=overview,
        database=database,
        own_key="00ff00ff00ff00ff",
        last_jobs=(JOB,),
        findings=findings_of(overview, database, "00ff00ff00ff00ff"),
    )


DETAIL = JobDetail(
    **JOB.__dict__,
    nodes=(
        NodeLine(node_id="start_0", node_name="start", label="Start", status="finished", started_ms=NOW, duration_seconds=0.001, error=""),
        NodeLine(
            node_id="llm_0", node_name="llm", label="Think", status="error", started_ms=NOW + 500, duration_seconds=0.5, error="it\nbroke"
        ),
    ),
    notes=("the model was asked again after 429",),
    result='{"text": "Hello"}',
    is_streaming=True,
    events=42,
    message_id="m",
    question="Who is there?",
)


def lines_of(view: RenderableType) -> list[str]:
    stream = io.StringIO()
    make_console(stream, width=80).print(view)
    return stream.getvalue().splitlines()


def test_status_fits_into_80_columns_and_shows_every_part() -> None:
    lines = lines_of(status_view(status_of()))

    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    for part in (
        "flowise-queue",
        "redis://localhost:6379",
        "9.1.2, 0.4 ms, 1.2 MB, noeviction",
        "schema m001",
        "00ff00ff00ff00ff, the same on all roles",
        "12.3",
        "480 ms",
        "3/10,000",
        "2 open",
        "62 MB",
        "Support bot",
        "all is well",
    ):
        assert part in text


def test_every_column_of_a_role_ends_under_its_title() -> None:
    lines = lines_of(status_view(status_of()))
    head = next(number for number, line in enumerate(lines) if "memory" in line)
    titles, row = lines[head], lines[head + 2]

    for title, value in (("busy", "3/10,000"), ("memory", "62 MB"), ("up", "67 m"), ("beat", "1 s")):
        assert titles.index(title) + len(title) == row.rindex(value) + len(value)


def test_a_role_shows_its_last_error_below_itself() -> None:
    role = replace(ROLE, last_error="the database went away " * 9, last_error_ms=NOW - 60_000)

    lines = lines_of(status_view(status_of(replace(OVERVIEW, roles=(ROLE, role)))))

    error = next(line for line in lines if "the database went away" in line)
    assert "60 s ago" in error and len(error) <= 80


def test_different_keys_are_called_a_mismatch() -> None:
    roles = (replace(ROLE, role="main"), replace(ROLE, key_fingerprint="ee"))

    text = "\n".join(lines_of(status_view(status_of(replace(OVERVIEW, roles=roles)))))

    assert "MISMATCH" in text and "SECRETKEY_PATH" in text


def test_a_long_address_keeps_its_ends() -> None:
    status = replace(status_of(), redis_address="unix:///run/user/1000/a-very-long-folder-name/" + "x" * 60 + "/queue.sock")

    lines = lines_of(status_view(status))

    assert max(map(len, lines)) <= 80
    assert "unix:///" in lines[1] and "queue.sock" in lines[1]


def test_on_a_low_terminal_what_is_wrong_stays_in_sight() -> None:
    status = replace(status_of(database=replace(DATABASE, reason="gone")), last_jobs=(JOB,) * 5)
    console = make_console(io.StringIO(), width=80)
    console.height = 18

    lines = lines_of(fitting(status, console))

    assert len(lines) <= 18
    assert any("database: gone" in line for line in lines)


@pytest.mark.parametrize("height", [24, 30, 50])
def test_many_roles_leave_room_for_what_is_wrong(height: int) -> None:
    workers = [replace(ROLE, id=f"app-{number}:{number}:a") for number in range(64)]
    workers[50] = replace(workers[50], beat_age_seconds=30)
    status = status_of(overview=replace(OVERVIEW, roles=tuple(workers)), database=replace(DATABASE, reason="gone"))
    console = make_console(io.StringIO(), width=80)
    console.height = height

    lines = lines_of(fitting(status, console))

    assert len(lines) <= height
    assert any("database: gone" in line for line in lines)
    assert any("app-50:50" in line and "stale" in line for line in lines)
    assert any(line.startswith("… ") and line.endswith(" more, all ready") for line in lines)


def test_all_roles_are_shown_where_there_is_room() -> None:
    workers = tuple(replace(ROLE, id=f"app-{number}:{number}:a") for number in range(64))
    console = make_console(io.StringIO(), width=80)
    console.height = 200

    lines = lines_of(fitting(status_of(overview=replace(OVERVIEW, roles=workers)), console))

    assert sum("app-" in line for line in lines) == 64 and not any("more" in line for line in lines)


def names_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {str(name) for name in value}.union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, (list, tuple)) else set()


def test_names_in_the_json_of_a_status_are_all_written_alike() -> None:
    names = names_in(status_of().to_json())

    assert {"queue_name", "taken_ms", "findings", "wait_p95_seconds"} <= names
    assert {name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)} == set()


def test_plain_status_is_one_name_and_value_a_line() -> None:
    lines = plain_lines(status_of(database=replace(DATABASE, reason="gone")))

    values = dict(line.split(" ", 1) for line in lines)
    assert values["level"] == "down"
    assert values["queue.prediction.waiting"] == "0"
    assert values["queue.prediction.wait_p95_seconds"] == "0.480"
    assert values["role.worker.a-host-with-a-rather-long-name.example:23412"].startswith("ready busy=3")


def test_a_failed_job_says_why_on_one_line() -> None:
    lines = lines_of(jobs_view((replace(JOB, state="failed", error="500 the model\nsaid " + "no " * 50),), NOW))

    assert len(lines) == 3
    assert lines[2].strip().startswith("500 the model said no")
    assert max(map(len, lines)) <= 80


def test_a_job_shows_its_times_its_nodes_and_its_answer() -> None:
    lines = lines_of(job_view(DETAIL, payload=True))

    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    for part in (
        "1a2b3c4d5e6f",
        "Support bot",
        "chat-1",
        "host:12",
        "1.30 s",
        "3.0 ms",
        "it broke",
        "asked again after 429",
        "Who is there?",
        "Hello",
    ):
        assert part in text


def test_bars_show_when_a_node_worked() -> None:
    detail = replace(DETAIL, nodes=tuple(replace(node, started_ms=node.started_ms - 12_000) for node in DETAIL.nodes))

    _, start, think = (line for line in lines_of(job_view(detail)) if "━" in line)

    assert start.index("━") < think.index("━")
    assert think.count("━") > start.count("━")


def test_a_failed_jobs_error_stands_in_place_of_an_answer() -> None:
    text = "\n".join(lines_of(job_view(replace(DETAIL, state="failed", error="500 no model", result=""))))

    assert "Error" in text and "500 no model" in text
    assert "Answer" not in text


def test_a_long_answer_is_clipped_unless_all_is_asked_for() -> None:
    job = replace(DETAIL, result='{"text": "' + "word " * 500 + 'END"}')

    clipped = "\n".join(lines_of(job_view(job, payload=True)))
    full = "\n".join(lines_of(job_view(job, payload=True, full=True)))

    assert "END" not in clipped and "--full" in clipped
    assert "END" in full


def test_question_and_answer_are_hidden_unless_they_are_asked_for() -> None:
    text = "\n".join(lines_of(job_view(DETAIL)))

    assert "Who is there?" not in text and "Hello" not in text
    assert "--payload" in text


def test_a_model_node_shows_tokens_first_token_and_status() -> None:
    asked = replace(DETAIL.nodes[0], model="m", tokens_in=1200, tokens_out=345, first_token_seconds=0.23, http_status=429)

    line = next(line for line in lines_of(job_view(replace(DETAIL, nodes=(asked,)))) if "Start" in line)

    for part in ("1.2k/345", "230 ms", "429"):
        assert part in line


def test_each_attempt_has_a_waterfall_and_what_ran_again_is_marked() -> None:
    first = Attempt(number=1, started_ms=NOW, finished_ms=0, worker="one:1", error="", nodes=DETAIL.nodes, notes=())

    lines = lines_of(job_view(replace(DETAIL, run=2, earlier=(first,))))

    assert max(map(len, lines)) <= 80
    assert any(line.startswith("Attempt 1") and "its worker was lost" in line for line in lines)
    assert any(line.startswith("Attempt 2") for line in lines)
    assert any("Start again" in line for line in lines)
    assert not any("Think again" in line for line in lines)


def test_a_failed_job_names_the_node_that_failed() -> None:
    lines = lines_of(job_view(replace(DETAIL, state="failed", error="500 no model", result="")))

    assert "Error  in Think (llm_0)" in lines


@pytest.mark.parametrize(
    ("result", "text"),
    [('{"text": "a"}', "a"), ('{"json": {"b": 1}}', '{\n  "b": 1\n}'), ("no json", "no json"), ('{"other": 1}', '{"other": 1}')],
)
def test_the_text_of_an_answer_is_found(result: str, text: str) -> None:
    assert answer_text(result) == text


def test_wide_characters_keep_the_columns() -> None:
    plain, wide = (lines_of(jobs_view((replace(JOB, flow_name=name),), NOW))[1] for name in ("plain", "支持机器人" * 10))

    assert wide.index("…") < plain.index("1.30 s")
    assert wide.endswith("10 s ago") and plain.endswith("10 s ago")


def test_flows_show_whole_ids_and_unknown_nodes() -> None:
    row = {"id": "7d3f9e1a-0000-4000-8000-000000000000", "type": "AGENTFLOW", "name": "A" * 100, "updatedDate": "2026-01-01T00:00:00.000Z"}
    data = {"nodes": [{"id": "n_0", "data": {"name": "somethingNew", "category": "Chains"}}], "edges": []}

    listed = lines_of(flows_view([row]))
    shown = lines_of(flow_view(parse_flow(data, id=row["id"], name="Bot"), row, unknown={"n_0"}))

    assert row["id"] in listed[1]
    assert any(line.startswith("✗ n_0") for line in shown)
    assert max(map(len, listed + shown)) <= 80


def test_every_node_type_can_be_shown() -> None:
    definitions = [node.definition for node in load_catalogue()]

    listed = lines_of(nodes_view(definitions))
    shown = [line for definition in definitions for line in lines_of(node_view(definition))]

    assert sum(definition.name in line for definition in definitions for line in listed) >= len(definitions)
    assert max(map(len, listed + shown)) <= 80


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0032, "3.2 ms"),
        (0.048, "48 ms"),
        (0.9999, "1.00 s"),
        (1.42, "1.42 s"),
        (12.4, "12 s"),
        (119, "119 s"),
        (240, "4 m"),
        (10_800, "3 h"),
        (200_000, "2 d"),
    ],
)
def test_time_spans_are_short(seconds: float, text: str) -> None:
    assert units.seconds(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(None, "-"), (0, "0"), (0.04, "0.1"), (12.34, "12.3"), (1234.5, "1,234")])
def test_rates_are_short(rate: float | None, text: str) -> None:
    assert units.rate(rate) == text


@pytest.mark.parametrize(("number", "text"), [(812, "812"), (9_900, "9.9k"), (120_400, "120k"), (3_000_000, "3M")])
def test_counts_of_tokens_are_short(number: int, text: str) -> None:
    assert units.short_count(number) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (812, "812 B"), (1300, "1.3 KB"), (65_011_712, "62 MB"), (1_300_000_000, "1.2 GB")])
def test_sizes_are_short(size: int, text: str) -> None:
    assert units.size(size) == text


def test_there_is_no_colour_outside_a_terminal() -> None:
    assert not any("\x1b" in line for line in lines_of(status_view(status_of())))


@pytest.mark.parametrize(
    ("result", "told"), [('{"text": "seven77", "chatId": "x"}', "7 characters of answer;"), ('{"text": "1"}', "1 character of answer;")]
)
def test_the_length_that_is_told_is_that_of_the_answer_not_of_its_json(result: str, told: str) -> None:
    assert told in "\n".join(lines_of(job_view(replace(DETAIL, result=result))))


@pytest.mark.parametrize(("number", "text"), [(0, "none is stored"), (1, "the stored one runs"), (3, "all 3 run")])
def test_one_is_not_told_of_as_many(number: int, text: str) -> None:
    assert units.all_stored(number, "the stored one runs", "run") == text


def test_what_was_seen_last_stays_below_the_reason_why_nothing_is_seen() -> None:
    console = make_console(io.StringIO(), width=80)

    first = lines_of(lost_view("Redis at h:6379 did not answer in time", 1.0, None, console))
    later = lines_of(lost_view("Redis at h:6379 did not answer in time", 1.0, status_of(), console))

    assert first == ["✗ down: Redis at h:6379 did not answer in time", "looking again every 1 s"]
    assert later[0] == first[0] and later[1].startswith("looking again every 1 s; as it was at ")
    assert any("Support bot" in line for line in later)
