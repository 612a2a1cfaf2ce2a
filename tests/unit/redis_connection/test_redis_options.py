from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection.failures import is_failure, to_unavailable
from flowisectl.redis_connection.opening import connection_options


def test_host_port_and_login(tmp_path: Path) -> None:
    settings = RedisSettings(host="cache", port=7000, username="me", password="secret")

    options = connection_options(settings, "flowisectl main", tmp_path)

    assert options["connection_class"] is Connection
    assert (options["host"], options["port"], options["username"], options["password"]) == ("cache", 7000, "me", "secret")
    assert options["client_name"] == "flowisectl-main"


def test_url_wins_over_host(tmp_path: Path) -> None:
    settings = RedisSettings(url="redis://u:p@cache:7001/3", host="other", password="ignored")

    options = connection_options(settings, "main", tmp_path)

    assert (options["host"], options["port"], options["db"], options["password"]) == ("cache", 7001, 3, "p")


def test_blocking_reads_have_no_time_limit_and_nothing_is_repeated(tmp_path: Path) -> None:
    options = connection_options(RedisSettings(), "main", tmp_path)

    assert options["socket_timeout"] is None
    assert options["retry"].get_retries() == 0


@pytest.mark.parametrize(
    "settings", [RedisSettings(url="rediss://cache"), RedisSettings(tls=True), RedisSettings(url="redis://c", tls=True)]
)
def test_tls_by_scheme_or_by_setting_verifies(settings: RedisSettings, tmp_path: Path) -> None:
    options = connection_options(settings, "main", tmp_path)
    kind = options.pop("connection_class")

    assert kind is SSLConnection
    assert kind(**options).cert_reqs == ssl.CERT_REQUIRED


def test_certificate_and_key_lie_in_files_of_this_user_alone(tmp_path: Path) -> None:
    settings = RedisSettings(tls=True, ca_pem="CA", cert_pem="CERT", key_pem="KEY")

    options = connection_options(settings, "main", tmp_path)

    assert options["ssl_ca_data"] == "CA"
    for option, text in (("ssl_certfile", "CERT"), ("ssl_keyfile", "KEY")):
        file = Path(options[option])
        assert file.read_text() == text
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_unix_socket_with_database(tmp_path: Path) -> None:
    options = connection_options(RedisSettings(url="unix:///run/valkey.sock?db=2", keep_alive_ms=1000), "main", tmp_path)

    assert options["connection_class"] is UnixDomainSocketConnection
    assert (options["path"], options["db"]) == ("/run/valkey.sock", 2)
    assert "socket_keepalive" not in options


def test_wrong_url_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(RedisUnavailable) as caught:
        connection_options(RedisSettings(url="http://me:secret@cache"), "main", tmp_path)

    assert "http://" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AuthenticationError("invalid username-password pair or user is disabled."), "REDIS_PASSWORD"),
        (ConnectionError("Error 111 connecting to cache:1. Connect call failed."), "start it, or set REDIS_URL"),
        (ResponseError("OOM command not allowed when used memory > 'maxmemory'."), "out of memory"),
        (ResponseError("DENIED Redis is running in protected mode because protected mode is enabled"), "give it a password"),
        (ResponseError("LOADING Redis is loading the dataset in memory"), "cannot serve now"),
        (TimeoutError(), "did not answer in time"),
        (ConnectionError("SSL: CERTIFICATE_VERIFY_FAILED"), "REDIS_CA"),
    ],
)
def test_failures_say_where_and_what_to_do(error: Exception, words: str) -> None:
    message = str(to_unavailable(error, "cache:6379"))

    assert "cache:6379" in message
    assert words in message


def test_a_wrong_command_is_no_failure_of_the_server() -> None:
    assert not is_failure(ResponseError("ERR unknown command"))
    assert is_failure(ResponseError("DENIED Redis is running in protected mode"))
    assert is_failure(ResponseError("READONLY You can't write against a read only replica."))
