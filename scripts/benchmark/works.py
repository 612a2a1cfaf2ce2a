"""The kinds of load, and one round of one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmark import flows
from benchmark.load import Round, run_round
from benchmark.measures import Figures, percentile
from benchmark.stack import MAIN, REDIS, WORKER, Stack

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Work:
    """A flow, what it is asked, by how many clients, and how often."""

    name: str
    flow: str
    make: Callable[[str], Json]
    """The flow, for the address of the model server."""
    question: str
    clients: int
    requests: int
    quick_requests: int
    tokens: int = 0
    """How many tokens each answer is streamed in; 0: it is not streamed."""
    rounds: int = 0
    """At most so many in a quick run, when it is not 0."""
    stagger_seconds: float = 0.0
    """Clients begin one after another within this time instead of all at once."""
    is_guarded: bool = True
    """Whether it belongs to what `--guard` looks at."""
    body: Mapping[str, Any] = field(default_factory=dict)


def _function(_: str) -> Json:
    return flows.function_flow()


FUNCTION = Work(
    name="custom function, 64 clients",
    flow="function",
    make=_function,
    question="four",
    clients=64,
    requests=3000,
    quick_requests=800,
)
CHAIN = Work(
    name="LLM Chain, 64 clients",
    flow="chain",
    make=flows.chain_flow,
    question="hello",
    clients=64,
    requests=3000,
    quick_requests=800,
)
AGENTFLOW = Work(
    name="AgentFlow, 64 clients",
    flow="agentflow",
    make=flows.agent_flow,
    question="hello",
    clients=64,
    requests=2400,
    quick_requests=700,
)
STREAM = Work(
    name="200-token stream, 64 clients",
    flow="chain",
    make=flows.chain_flow,
    question="tokens=200",
    clients=64,
    requests=512,
    quick_requests=192,
    tokens=200,
)
WORKS = [
    FUNCTION,
    CHAIN,
    Work(
        name="LLM Chain, 1 client",
        flow="chain",
        make=flows.chain_flow,
        question="hello",
        clients=1,
        requests=400,
        quick_requests=150,
    ),
    AGENTFLOW,
    STREAM,
    Work(
        name="200-token stream, 256 clients",
        flow="chain",
        make=flows.chain_flow,
        question="tokens=200",
        clients=256,
        requests=768,
        quick_requests=256,
        tokens=200,
        is_guarded=False,
    ),
    Work(
        name="1 s model, 1000 clients",
        flow="chain",
        make=flows.chain_flow,
        question="first_ms=1000",
        clients=1000,
        requests=3000,
        quick_requests=1000,
        rounds=2,
        is_guarded=False,
    ),
    Work(
        name="paced streams, 64 clients",
        flow="chain",
        make=flows.chain_flow,
        question="tokens=200 every_ms=20",
        clients=64,
        requests=64,
        quick_requests=64,
        tokens=200,
        rounds=2,
    ),
    Work(
        name="paced streams, 64 clients one after another",
        flow="chain",
        make=flows.chain_flow,
        question="tokens=200 every_ms=20",
        clients=64,
        requests=128,
        quick_requests=64,
        tokens=200,
        rounds=1,
        stagger_seconds=4.0,
        is_guarded=False,
    ),
]


async def warm_up(stack: Stack, work: Work) -> None:
    """Imports, connections, processes for user code: what happens once. Short answers, however slow those of the work are."""
    short = replace(work, question="tokens=20" if work.tokens else "hello", stagger_seconds=0.0)
    await measure(stack, short, clients=min(work.clients, 64), requests=max(32, min(work.clients, 128)))


async def measure(
    stack: Stack,
    work: Work,
    *,
    clients: int,
    requests: int,
    flow_id: str = "",
    body: Mapping[str, Any] | Callable[[int], Mapping[str, Any]] | None = None,
) -> Figures:
    """One round. CPU is per prediction, of all processes of a kind together."""
    flow_id = flow_id or await stack.flow(work.flow, work.make(stack.model_url))
    fixed: Json = {"question": work.question, **({"streaming": True} if work.tokens else {}), **work.body}
    asked = (lambda number: {**fixed, **body(number)}) if callable(body) else {**fixed, **(body or {})}
    await stack.in_flight()
    before = stack.cpu()
    path = f"/api/v1/prediction/{flow_id}"
    done = await run_round(stack.addresses, path, asked, clients=clients, requests=requests, stagger=work.stagger_seconds)
    used = {kind: seconds - before[kind] for kind, seconds in stack.cpu().items()}
    return {**figures_of(done, used, work.tokens), "in_flight": await stack.in_flight(), **_memory(stack)}


def figures_of(done: Round, cpu_seconds: Mapping[str, float], tokens: int) -> Figures:
    """The figures of a round whose streams should bring `w0 w1 …`, so many tokens each (0: no streams)."""
    good = [sample for sample in done.samples if sample.status == 200]
    count = max(1, len(good))
    took = [1000 * sample.took for sample in good]
    per_kind = {kind: 1000 * cpu_seconds.get(kind, 0.0) / count for kind in (MAIN, WORKER, REDIS)}
    found = {
        "requests": len(done.samples) + len(done.errors),
        "errors": len(done.errors) + len(done.samples) - len(good),
        "per_second": len(good) / done.seconds if done.seconds else 0.0,
        "p50_ms": percentile(took, 0.5),
        "p95_ms": percentile(took, 0.95),
        "p99_ms": percentile(took, 0.99),
        "cpu_main_ms": per_kind[MAIN],
        "cpu_worker_ms": per_kind[WORKER],
        "cpu_redis_ms": per_kind[REDIS],
        "cpu_ms": sum(per_kind.values()),
    }
    if tokens:
        expected = "".join(f"w{number} " for number in range(tokens))
        arrived = sum(min(len(sample.text.split()), tokens) for sample in good)
        sent = tokens * int(found["requests"])
        found |= {
            "broken_streams": sum(sample.text != expected or sample.events[-1:] != ["end"] or "error" in sample.events for sample in good),
            "first_token_ms": percentile([1000 * sample.first_token for sample in good if sample.first_token], 0.5),
            "tokens_per_second": arrived / done.seconds if done.seconds else 0.0,
            "tokens_lost": 1 - arrived / sent if sent else 0.0,
        }
    return found


def _memory(stack: Stack) -> Figures:
    rss = stack.rss()
    return {"rss_main_mib": rss[MAIN], "rss_worker_mib": rss[WORKER], "rss_redis_mib": rss[REDIS]}
