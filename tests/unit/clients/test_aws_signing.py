"""Signatures for AWS: the published examples, and what AWS's own client makes of the same requests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from scripted_server import ScriptedServer

from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys, aws_quote, signed_headers
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.http import HttpClient

EXAMPLE_KEYS = AwsKeys(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
EXAMPLE_TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"

# From AWS's published test suite: (name, method, path and query, headers, body, signature)
PUBLISHED = [
    ("get-vanilla", "GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("post-vanilla", "POST", "/", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        "get-vanilla-query-order-key-case",
        "GET",
        "/?Param2=value2&Param1=value1",
        {},
        b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "post-x-www-form-urlencoded",
        "POST",
        "/",
        {"Content-Type": FORM},
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
]


@pytest.mark.parametrize(("name", "method", "path", "headers", "body", "signature"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_the_published_examples_come_out(name: str, method: str, path: str, headers: dict[str, str], body: bytes, signature: str) -> None:
    url = f"https://example.amazonaws.com{path}"

    signed = signed_headers(
        EXAMPLE_KEYS, method=method, url=url, headers=headers, body=body, region="us-east-1", service="service", now=EXAMPLE_TIME
    )

    assert signed["authorization"].endswith(f"Signature={signature}")
    assert "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request" in signed["authorization"]
    assert signed["x-amz-date"] == "20150830T123600Z"


@pytest.mark.parametrize("token", ["", "session/token+="])
@pytest.mark.parametrize(
    ("service", "method", "path", "headers", "body"),
    [
        ("bedrock", "POST", f"/model/{aws_quote('anthropic.claude-v2:1')}/converse", {"content-type": "application/json"}, b'{"a": 1}'),
        ("bedrock", "POST", f"/model/{aws_quote('arn:aws:bedrock:us-east-1:1:imported-model/x')}/converse", {}, b""),
        ("dynamodb", "POST", "/", {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.GetItem"}, b"{}"),
        ("s3", "GET", f"/bucket/{aws_quote('a folder/é+(1)~.txt', '/')}", {}, b""),
        ("s3", "GET", f"/bucket?list-type=2&prefix={aws_quote('a/b c')}&continuation-token={aws_quote('x+/=')}&empty=", {}, b""),
    ],
)
def test_the_signature_is_that_of_the_official_client(
    monkeypatch: pytest.MonkeyPatch, service: str, method: str, path: str, headers: dict[str, str], body: bytes, token: str
) -> None:
    keys = AwsKeys(access_key="AKIAEXAMPLE", secret_key="secret-key-0123", session_token=token)
    url = f"http://127.0.0.1:9000{path}"
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None))
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    official = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("AKIAEXAMPLE", "secret-key-0123", token), service, "eu-west-1")
    official.add_auth(request)

    signed = signed_headers(keys, method=method, url=url, headers=headers, body=body, region="eu-west-1", service=service, now=now)

    assert signed["authorization"] == request.headers["Authorization"]
    assert signed.get("x-amz-security-token", "") == token


async def test_the_path_is_sent_as_it_was_signed(http: HttpClient, server: ScriptedServer) -> None:
    server.json({})
    endpoint = AwsEndpoint(http, EXAMPLE_KEYS, provider="p", service="bedrock", region="us-east-1")

    await endpoint.post(f"{server.url}/model/{aws_quote('m:0/x')}/converse", {})

    assert server.seen[0].path == "/model/m%3A0%2Fx/converse"
    assert server.seen[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


async def test_keys_show_in_no_message(http: HttpClient, server: ScriptedServer) -> None:
    keys = AwsKeys(access_key="AKIAEXAMPLE", secret_key="secret-key-0123", session_token="token-4567")
    server.json({"message": "the canonical string had x-amz-security-token:token-4567 and secret-key-0123"}, status=403)
    endpoint = AwsEndpoint(http, keys, provider="p", service="bedrock", region="us-east-1")

    with pytest.raises(Exception, match="403 the canonical string had") as caught:
        await endpoint.post(server.url, {})

    assert not any(secret in str(caught.value) for secret in keys.secrets)
    assert "secret" not in repr(keys) and "token-4567" not in repr(keys)


def test_a_region_becomes_part_of_an_address_only_when_it_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_url("sns", "us-gov-west-1") == "https://sns.us-gov-west-1.amazonaws.com"
    assert service_url("s3", "cn-north-1") == "https://s3.cn-north-1.amazonaws.com.cn"
    for region in ("evil.example/", "us-east-1.evil.example#", "", "x"):
        with pytest.raises(InvalidFlow, match="is no region of AWS"):
            service_url("sns", region)
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1/")
    assert service_url("bedrock-runtime", "us-east-1") == "http://127.0.0.1:1"
