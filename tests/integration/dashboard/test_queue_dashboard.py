"""The queue's page over a real queue: who sees what, and what is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import orjson
import pytest

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.claims import Outcome, WorkerClaims
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob, new_job_id
from flowisectl.queue.retention import Retention
from flowisectl.queue.shown_queue import HIDDEN
from flowisectl.web.access.callers import Caller
from flowisectl.web.access.rate_limit import LocalCounters
from flowisectl.web.errors import HttpError
from flowisectl.web.pages import dashboard
from flowisectl.web.pages.dashboard import PREFIX, TOO_MANY, Dashboard, shown_queues

REQUEST = orjson.dumps({"body": {"question": "Where is Rome?", "overrideConfig": {"openAIApiKey": "sk-verysecretkey123"}}})


class Doorman:
    """Tells callers apart by a cookie of the test."""

    async def by_cookies(self, cookies: str) -> Caller:
        if "admin" in cookies:
            return Caller(workspace_id="w", is_admin=True)
        if "member" in cookies:
            return Caller(workspace_id="w", permissions=frozenset({"executions:view"}))
        raise HttpError(401, "Invalid or Missing token", body={"message": "x", "retry": "expired" in cookies})


async def inner(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"inner"})


@pytest.fixture
async def page(redis, queue_settings) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    queues = shown_queues(redis, queue_settings)
    app = Dashboard(inner, queues, authentication=Doorman(), counters=LocalCounters(), trust_proxy="")  # type: ignore[arg-type]
    clients: list[httpx.AsyncClient] = []

    def as_(who: str = "") -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x", cookies={"who": who} if who else {})
        clients.append(client)
        return client

    yield as_
    for client in clients:
        await client.aclose()
    for queue in queues:
        await queue.disconnect()


@pytest.fixture
async def jobs(redis, pipeline, queue_settings) -> dict[str, str]:
    """A job in each state that the page must show."""
    keys = QueueKeys(queue_settings.name, "prediction")
    lifecycle = Lifecycle(pipeline, keys, queue_settings)
    worker = WorkerClaims(pipeline, keys, "host:1:a", lease_ms=60_000, retention=Retention.from_settings(queue_settings))
    await worker.beat(b"{}", is_first=True)
    ids = {}
    for state in ("done", "failed"):
        ids[state] = new_job_id()
        await lifecycle.enqueue(NewJob(id=ids[state], request=REQUEST, flow_id="f", chat_id="c"))
        [job] = await worker.claim(1, ())
        error = "no model" if state == "failed" else ""
        await worker.finish(job, Outcome(state, error, b'{"error":""}\n{"text":"In Italy"}'), events=0, trace=b"")
    ids["running"] = new_job_id()
    await lifecycle.enqueue(NewJob(id=ids["running"], request=REQUEST, flow_id="f", chat_id="c"))
    await worker.claim(1, ())
    for _ in range(30):
        ids["queued"] = new_job_id()
        await lifecycle.enqueue(NewJob(id=ids["queued"], request=REQUEST, flow_id="f", chat_id="c"))
    return ids


def queue_path(settings, rest: str = "") -> str:
    return f"{PREFIX}/api/queues/{settings.name}:prediction{rest}"


async def test_without_a_session_the_page_leads_to_the_login(page) -> None:
    paths = (PREFIX, f"{PREFIX}/", f"{PREFIX}/queues/x")

    answers = [await page(who).get(path) for who in ("", "expired") for path in paths]

    assert {answer.status_code for answer in answers} == {302}
    assert [answer.headers["location"] for answer in answers] == ["/signin"] * 3 + ["/signin?retry=true"] * 3


async def test_without_a_session_the_data_is_refused(page, queue_settings, jobs) -> None:
    answer = await page().get(queue_path(queue_settings))

    assert answer.status_code == 401
    assert jobs["done"] not in answer.text


async def test_finished_and_failed_jobs_are_shown_beside_many_that_wait(page, queue_settings, jobs) -> None:
    queue = (await page("member").get(queue_path(queue_settings))).json()["queue"]

    shown = {job["key"]: job["status"] for job in queue["jobs"]}
    assert (shown[jobs["done"]], shown[jobs["failed"]], shown[jobs["running"]]) == ("complete", "failed", "active")
    assert (queue["queued"], queue["active"]) == (30, 1)


async def test_an_administrator_sees_question_and_answer_without_keys(page, queue_settings, jobs) -> None:
    job = (await page("admin").get(queue_path(queue_settings, f"/jobs/{jobs['done']}"))).json()["job"]

    assert "Where is Rome?" in job["kwargs"]
    assert "In Italy" in job["result"]
    assert "verysecretkey" not in str(job)


async def test_others_see_the_state_but_not_what_was_said(page, queue_settings, jobs) -> None:
    client = page("member")

    done = (await client.get(queue_path(queue_settings, f"/jobs/{jobs['done']}"))).json()["job"]
    failed = (await client.get(queue_path(queue_settings, f"/jobs/{jobs['failed']}"))).json()["job"]

    assert (done["status"], failed["status"], failed["error"]) == ("complete", "failed", "no model")
    assert "Rome" not in str(done) and "Italy" not in str(done)
    assert HIDDEN in done["result"]


async def test_only_an_administrator_on_this_page_steers_jobs(page, queue_settings, jobs, redis) -> None:
    retry = queue_path(queue_settings, f"/jobs/{jobs['failed']}/retry")

    refused = await page("member").post(retry)
    foreign = await page("admin").post(retry, headers={"sec-fetch-site": "cross-site"})
    state = await redis.hget(QueueKeys(queue_settings.name, "prediction").job(jobs["failed"]), "state")
    allowed = await page("admin").post(retry, headers={"sec-fetch-site": "same-origin"})
    after = await redis.hget(QueueKeys(queue_settings.name, "prediction").job(jobs["failed"]), "state")

    assert (refused.status_code, foreign.status_code, allowed.status_code) == (403, 403, 200)
    assert (state, after) == (b"failed", b"queued")


@pytest.mark.parametrize("rest", ["nope", "nope/jobs/abc", "{name}:prediction/jobs/feed", "{name}:upsert/jobs/feed"])
async def test_what_is_not_there_is_told_in_one_sentence(page, queue_settings, rest: str) -> None:
    answer = await page("admin").get(f"{PREFIX}/api/queues/{rest.format(name=queue_settings.name)}")

    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert list(answer.json()) == ["error"]


async def test_a_redis_that_is_away_is_told_without_a_trace(page, queue_settings, monkeypatch) -> None:
    async def away(*_args, **_changes) -> None:
        raise RedisUnavailable("Redis at x cannot be reached")

    monkeypatch.setattr("flowisectl.queue.queue.snapshot", away)

    answer = await page("admin").get(f"{PREFIX}/api/queues")

    assert answer.status_code == 503
    assert answer.json() == {"error": "Redis at x cannot be reached"}


async def test_too_many_requests_are_refused(page, monkeypatch) -> None:
    monkeypatch.setattr(dashboard, "REQUESTS", 3)
    client = page("admin")

    statuses = [(await client.get(f"{PREFIX}/static/app.js")).status_code for _ in range(5)]
    last = await client.get(f"{PREFIX}/")

    assert statuses == [200, 200, 200, 429, 429]
    assert last.text == TOO_MANY and int(last.headers["retry-after"]) > 0


async def test_no_answer_may_be_framed_or_kept(page) -> None:
    for path in ("/signin", f"{PREFIX}/", f"{PREFIX}/static/app.js", f"{PREFIX}/api/queues/nope"):
        headers = (await page("admin").get(path)).headers

        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/api/v1/ping", "/admin", "/admin/queuesx", "/signin2"])
async def test_everything_else_goes_to_the_api(page, path: str) -> None:
    assert (await page().get(path)).text == "inner"


async def test_no_link_of_the_page_leads_out_of_its_prefix(page) -> None:
    answer = await page("member").get(f"{PREFIX}/static/app.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert 'href: "/' not in answer.text
    assert answer.text.count('root_path + "/queues/"') >= 3
