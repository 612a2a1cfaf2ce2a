"""DATABASE_SSL and its kin against real servers that take encrypted connections only, with certificates made here."""

from __future__ import annotations

import getpass
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from own_servers import PASSWORD, OwnMariaDb, OwnPostgres, Pair, certificate, certificate_pem, write_pair

from config.settings import DatabaseSettings
from flowisectl.database.connection import open_database
from flowisectl.errors import DatabaseUnavailable


@dataclass(frozen=True, kw_only=True)
class TlsServer:
    settings: DatabaseSettings
    """Without anything about encryption."""
    authority: str
    query: str
    """Tells whether the connection that asks is encrypted."""


@pytest.fixture(scope="module")
def authority() -> Pair:
    return certificate("authority")


@pytest.fixture(scope="module")
def postgres_tls(authority: Pair) -> Iterator[TlsServer]:
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-tls-") as name:
        folder = Path(name)
        files = {"ssl": "on", "ssl_cert_file": folder / "server.pem", "ssl_key_file": folder / "server.key"}
        server = OwnPostgres(folder, access="hostssl all all 127.0.0.1/32 scram-sha-256\n", options=files)
        write_pair(folder, certificate("postgres", authority), server.user)
        query = "SELECT ssl AS encrypted FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        with server.running():
            yield TlsServer(settings=server.settings, authority=certificate_pem(authority), query=query)


@pytest.fixture(scope="module")
def mariadb_tls(authority: Pair) -> Iterator[TlsServer]:
    with tempfile.TemporaryDirectory(prefix="flowisectl-mariadb-tls-") as name:
        folder = Path(name)
        write_pair(folder, certificate("mariadb", authority), getpass.getuser())
        switches = [f"--ssl-cert={folder / 'server.pem'}", f"--ssl-key={folder / 'server.key'}", "--require-secure-transport=ON"]
        server = OwnMariaDb(folder, *switches)
        query = "SELECT VARIABLE_VALUE <> '' AS encrypted FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'"
        with server.running():
            yield TlsServer(settings=server.settings, authority=certificate_pem(authority), query=query)


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest) -> TlsServer:
    found: TlsServer = request.getfixturevalue(f"{request.param}_tls")
    return found


async def opens(server: TlsServer, settings: DatabaseSettings) -> bool:
    """Whether the database can be opened and brought up to date, over an encrypted connection."""
    async with open_database(settings) as database:
        return bool((await database.fetch(sa.text(server.query)))[0]["encrypted"])


async def test_an_authority_is_not_checked_unless_that_is_asked_for(server: TlsServer) -> None:
    other = certificate_pem(certificate("another"))

    assert await opens(server, replace(server.settings, ssl_ca_pem=other))


async def test_the_given_authority_verifies_the_server(server: TlsServer) -> None:
    assert await opens(server, replace(server.settings, ssl_ca_pem=server.authority, reject_unauthorized=True))


async def test_an_authority_wins_over_the_plain_switch(server: TlsServer) -> None:
    assert await opens(server, replace(server.settings, ssl=True, ssl_ca_pem=server.authority, reject_unauthorized=True))


async def test_a_server_of_another_authority_is_refused_with_what_to_do(server: TlsServer) -> None:
    settings = replace(server.settings, ssl_ca_pem=certificate_pem(certificate("another")), reject_unauthorized=True)

    with pytest.raises(DatabaseUnavailable, match=r"certificate.*DATABASE_SSL_KEY_BASE64") as caught:
        await opens(server, settings)

    assert PASSWORD not in str(caught.value)


async def test_the_plain_switch_verifies_against_the_systems_authorities(
    server: TlsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = replace(server.settings, ssl=True)
    with pytest.raises(DatabaseUnavailable, match=r"certificate.*DATABASE_SSL_KEY_BASE64"):
        await opens(server, settings)

    (tmp_path / "authorities.pem").write_text(server.authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))

    assert await opens(server, settings)


async def test_a_certificate_for_another_host_is_refused(server: TlsServer) -> None:
    settings = replace(server.settings, host="localhost", ssl_ca_pem=server.authority, reject_unauthorized=True)

    with pytest.raises(DatabaseUnavailable, match="certificate"):
        await opens(server, settings)


async def test_postgresql_is_encrypted_where_the_server_offers_it(postgres_tls: TlsServer) -> None:
    assert await opens(postgres_tls, postgres_tls.settings)


async def test_a_mariadb_that_insists_on_encryption_is_not_opened_without(mariadb_tls: TlsServer) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await opens(mariadb_tls, mariadb_tls.settings)

    assert PASSWORD not in str(caught.value)


async def test_a_server_without_encryption_is_refused_when_it_is_asked_for() -> None:
    with tempfile.TemporaryDirectory(prefix="flowisectl-mariadb-plain-") as name:
        server = OwnMariaDb(Path(name), "--skip-ssl")
        with server.running():
            async with open_database(server.settings) as database:
                assert database.columns
            with pytest.raises(DatabaseUnavailable, match=r"not encrypted.*DATABASE_SSL"):
                async with open_database(replace(server.settings, ssl=True)):
                    pass
