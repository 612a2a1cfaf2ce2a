"""AWS Secrets Manager on loopback, asked through the variables that AWS's own libraries read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from config.settings import SecretSettings
from flowisectl.secrets import aws_secrets

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def secrets_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def secrets_manager(secrets_address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the same service."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", secrets_address)
    aws_secrets._opened.cache_clear()  # a client keeps the address that it was made with
    yield boto3.client("secretsmanager", region_name=REGION, aws_access_key_id="id", aws_secret_access_key="other")
    aws_secrets._opened.cache_clear()


@pytest.fixture
def aws_settings(secrets_manager: Any) -> SecretSettings:
    """Names that nobody else uses."""
    unique = uuid.uuid4().hex
    return SecretSettings(
        storage_type="aws",
        aws_access_key="id",
        aws_secret_key="very-secret",
        aws_region=REGION,
        aws_name=f"Key{unique}",
        aws_auth_prefix=f"Auth{unique}",
    )
