"""Schemathesis over the API's own description, against running processes: whatever comes, every answer is one that is described.

FLOWISECTL_SCHEMATHESIS_REQUESTS is how many requests are made in all.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
import requests  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis.errors import Unsatisfiable  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.core.failures import FailureGroup  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

REQUESTS = int(os.environ.get("FLOWISECTL_SCHEMATHESIS_REQUESTS", "1500"))
SEED = 20_261_123
LEFT_OUT = ("/api/v1/account/logout",)
"""It would end the session that all requests are made with."""
UNEXPECTED = "the server's log has the cause"
CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]


class Tally:
    """What came of the requests."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.problems: list[str] = []

    def note(self, case: Any, answer: requests.Response) -> None:
        self.statuses[answer.status_code] += 1
        where = f"{case.method} {case.formatted_path} {str(case.query)[:200]} {str(case.body)[:300]} → {answer.status_code}"
        text = answer.text[:2000]
        if UNEXPECTED in text or "Traceback" in text:
            self.problems.append(f"{where} {text[:300]}")
        elif answer.status_code >= 500 and not is_told(answer):
            self.problems.append(f"{where} is no answer of a route: {text[:300]}")


def is_told(answer: requests.Response) -> bool:
    """Whether a 500 is one of those that clients know: the service that refused, or a plain text of one line."""
    if answer.headers["content-type"].startswith("text/html"):
        return len(answer.text) < 200 and "<" not in answer.text
    body = answer.json()
    return isinstance(body.get("error") or body.get("message"), str)


def test_every_answer_is_one_that_is_described(stack: Any) -> None:
    session = requests.Session()
    session.headers["x-request-from"] = "internal"
    for cookie in stack.owner.cookies.jar:
        session.cookies.set(cookie.name, cookie.value)
    known = [stack.make_flow(isPublic=True), stack.make_flow(type="CHATFLOW", flowData='{"nodes":[],"edges":[]}')]
    schema = schemathesis.openapi.from_url(f"{stack.url}/api/v1/openapi.json")
    schema.config.generation.update(with_security_parameters=False)  # the session is given
    operations = [found.ok() for found in schema.get_all_operations() if found.ok().path not in LEFT_OUT]
    tally, each = Tally(), max(2, REQUESTS // (2 * len(operations)) + 1)

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            run(operation, mode, each, session, known, tally)
    alive = session.get(f"{stack.url}/api/v1/ping", timeout=10)

    print(f"{sum(tally.statuses.values())} requests to {len(operations)} operations: {dict(sorted(tally.statuses.items()))}")
    assert alive.text == "pong" and tally.statuses[200] > 100
    assert tally.problems == [], "\n".join(tally.problems[:10])
    assert sum(tally.statuses.values()) >= REQUESTS * 0.8


def run(operation: Any, mode: Any, count: int, session: requests.Session, known: list[str], tally: Tally) -> None:
    @seed(SEED)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        turn = sum(tally.statuses.values())
        if turn % 2 and "flow_id" in (case.path_parameters or {}):
            case.path_parameters["flow_id"] = known[turn // 2 % len(known)]
        answer = case.call(session=session, timeout=30, allow_redirects=False)
        tally.note(case, requests_answer(answer))
        if not is_stream(answer):
            try:
                case.validate_response(answer, checks=CONFORMS)
            except FailureGroup as problem:
                tally.problems.append(f"{case.method} {case.formatted_path} {[str(failure)[:300] for failure in problem.exceptions]}")

    try:
        ask()
    except Unsatisfiable:  # there is nothing that could be wrong in such a request
        if mode is GenerationMode.NEGATIVE:
            run(operation, GenerationMode.POSITIVE, count, session, known, tally)


def requests_answer(answer: Any) -> requests.Response:
    """The answer in the shape of `requests`."""
    found = requests.Response()
    found.status_code = answer.status_code
    found._content = answer.content
    found.headers.update({name: values[0] for name, values in answer.headers.items()})
    return found


def is_stream(answer: Any) -> bool:
    return any(value.startswith("text/event-stream") for value in answer.headers.get("content-type", ()))
