"""The way to Redis: one opener, one pipeline that all coroutines of a process share, scripts sent by their hash."""

from flowisectl.redis_connection.failures import failures_named, is_refusal, to_unavailable, where_is
from flowisectl.redis_connection.opening import open_redis
from flowisectl.redis_connection.pipeline import Pipeline
from flowisectl.redis_connection.script import Script

__all__ = ["Pipeline", "Script", "failures_named", "is_refusal", "open_redis", "to_unavailable", "where_is"]
