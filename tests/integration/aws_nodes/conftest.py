"""Amazon's services on loopback, and the process's real HTTP client to reach them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from flowisectl.clients.http import open_http
from flowisectl.interfaces.http import HttpClient

REGION = "eu-west-1"
KEY_ID, SECRET = "AKIAEXAMPLE", "very-secret-access-key"


class Aws:
    """Where the services are, and the official client of each, to fill and look into them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.credential = {"awsKey": KEY_ID, "awsSecret": SECRET}

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[Aws]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def aws(aws_server: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return aws_server


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with open_http() as client:
        yield client
