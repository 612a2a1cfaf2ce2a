"""Ports, readiness and the environment of roles."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from roles.probe import answers_http
from roles.process import SUPERVISED, PortTaken, bound_socket, free_port, supervised_environment


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_names_the_variable(listener: int) -> None:
    with pytest.raises(PortTaken, match=f"PORT {listener} is taken on 127.0.0.1"):
        bound_socket("127.0.0.1", listener, "PORT")


def test_an_address_of_another_machine_is_refused_with_the_host_to_change() -> None:
    with pytest.raises(PortTaken, match="set HOST to an address of this machine"):
        bound_socket("192.0.2.1", 0, "PORT")


def test_the_next_free_port_is_taken(listener: int) -> None:
    taken: set[int] = set()

    first = free_port("127.0.0.1", listener, "WORKER_PORT", taken=taken)
    second = free_port("127.0.0.1", listener, "WORKER_PORT", taken=taken)

    assert listener < first < second
    assert taken == {first, second}


def test_no_free_port_at_all_is_said() -> None:
    with pytest.raises(PortTaken, match="no free port"):
        free_port("127.0.0.1", 65_535, "WORKER_PORT", taken={65_535})


def test_port_zero_is_any_free_port() -> None:
    assert free_port("127.0.0.1", 0, "WORKER_PORT", taken=set()) > 0


def test_a_supervised_role_gets_the_variables_in_force_and_the_supervisors_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_PROCESS", "1")

    environment = supervised_environment({"FROM_FILE": "2", "PORT": "3000"}, {"PORT": "4000"})

    assert (environment["FROM_PROCESS"], environment["FROM_FILE"], environment["PORT"]) == ("1", "2", "4000")
    assert SUPERVISED in environment


@pytest.mark.parametrize(("status", "expected"), [(b"200 OK", True), (b"503 Service Unavailable", False)])
async def test_a_role_is_ready_when_it_answers_200(status: bytes, expected: bool) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        ready = await answers_http("127.0.0.1", server.sockets[0].getsockname()[1], "/healthz")

    assert ready is expected
    assert asked == [b"GET /healthz HTTP/1.1\r\n"]


async def test_nothing_that_listens_is_not_ready() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        assert await answers_http("127.0.0.1", unused.getsockname()[1], "/") is False
