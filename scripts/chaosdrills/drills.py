"""The drills by name: what each disturbs, and which promises it holds the stack to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chaosdrills.chat_drills import abort_matrix, same_chat
from chaosdrills.database_drills import freeze_worker, sqlite_crowd, stop_postgres
from chaosdrills.drill import Drill
from chaosdrills.load_drills import KEPT, busy_loop, large_bodies, many_jobs, overload, soak
from chaosdrills.neighbour_drills import heavy_jobs, large_neighbour
from chaosdrills.process_drills import kill_main, kill_worker, poison, rolling
from chaosdrills.processes import WORKERS
from chaosdrills.redis_drills import cut_redis, freeze_redis, redis_oom, restart_redis
from chaosdrills.rows import POSTGRES

OVERLOAD_OPTIONS = {"WORKER_CONCURRENCY": "4", "QUEUE_MAX_WAITING": "20"}
ONE_WORKER = {WORKERS: "1", "WORKER_CONCURRENCY": "4"}
DRILLS: dict[str, tuple[Callable[[Drill], Awaitable[None]], dict[str, str]]] = {
    "kill-worker": (kill_worker, {}),
    "kill-main": (kill_main, {}),
    "rolling": (rolling, {}),
    "cut-redis": (cut_redis, {}),
    "restart-redis": (restart_redis, {}),
    "freeze-redis": (freeze_redis, {}),
    "redis-oom": (redis_oom, {}),
    "poison": (poison, {}),
    "abort-matrix": (abort_matrix, {}),
    "same-chat": (same_chat, {}),
    "busy-loop": (busy_loop, {}),
    "large-bodies": (large_bodies, {}),
    "sqlite-crowd": (sqlite_crowd, {}),
    "soak": (soak, {}),
    "many-jobs": (many_jobs, {"REMOVE_ON_COUNT": str(KEPT)}),
    "overload": (overload, OVERLOAD_OPTIONS),
    "heavy-jobs": (heavy_jobs, ONE_WORKER),
    "large-neighbour": (large_neighbour, ONE_WORKER),
    "stop-postgres": (stop_postgres, {POSTGRES: "1"}),
    "freeze-worker": (freeze_worker, {POSTGRES: "1"}),
}
"""By name: the drill, and the settings of a stack of its own when it needs one."""
