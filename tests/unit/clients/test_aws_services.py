"""Requests to AWS that are no JSON, whose keys they are signed with, and tokens that are kept."""

from __future__ import annotations

import pytest
from scripted_server import Answer, Pauses, ScriptedServer

from flowisectl.clients import s3_files
from flowisectl.clients.aws_keys import credential_keys, static_keys
from flowisectl.clients.aws_services import AwsService
from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.kept_tokens import asked_token, kept_token
from flowisectl.clients.s3_files import S3Bucket, S3Entry
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpClient
from flowisectl.testing import ScriptedHttp

KEYS = AwsKeys(access_key="AKIAEXAMPLE", secret_key="secret-key-0123")
FIELDS = {"awsKey": "AKIAEXAMPLE", "awsSecret": "secret-key-0123", "roleArn": "arn:aws:iam::123456789012:role/reader"}
BUSY = Answer(status=503, body=b"<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>")


def service(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> AwsService:
    return AwsService(http, KEYS, provider="AWS SNS", service="sns", region="us-east-1", base_url=server.url, pause=pauses)


@pytest.fixture(autouse=True)
def _no_keys_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


class TestService:
    async def test_a_form_is_sent_signed_and_answered_in_xml(self, http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
        server.script(Answer(body=b'<R xmlns="urn:x"><A><MessageId>m-1</MessageId></A></R>'))

        answer = await service(http, server, pauses).form({"Action": "Publish", "Message": "a&b é"})

        assert answer.findtext(".//{*}MessageId") == "m-1"
        seen = server.seen[0]
        assert (seen.method, seen.path, seen.body) == ("POST", "/", b"Action=Publish&Message=a%26b+%C3%A9")
        assert "SignedHeaders=content-type;host;x-amz-date" in seen.headers["authorization"]

    async def test_a_busy_service_is_asked_again(self, http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
        server.script(BUSY, Answer(body=b"<R/>"))

        await service(http, server, pauses).form({})

        assert (len(server.seen), len(pauses.seconds)) == (2, 1)

    async def test_a_service_that_stays_busy_is_given_up(self, http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
        server.script(BUSY)

        with pytest.raises(ProviderError, match="AWS SNS refused the request: 503 SlowDown: Reduce your rate"):
            await service(http, server, pauses).form({})

        assert len(server.seen) == 3

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (Answer(status=403, body=b"<E><Code>Denied</Code><Message>no secret-key-0123</Message></E>"), r"403 Denied: no \*\*\*"),
            (Answer(status=400, body=b"no XML: AKIAEXAMPLE"), r"400 no XML: \*\*\*"),
            (Answer(status=301, headers={"location": "https://elsewhere.example/"}), "301 Moved Permanently"),
            (Answer(body=b"{}"), "something that cannot be read"),
        ],
    )
    async def test_what_goes_wrong_is_told_without_keys(
        self, http: HttpClient, server: ScriptedServer, pauses: Pauses, answer: Answer, message: str
    ) -> None:
        server.script(answer)

        with pytest.raises(ProviderError, match=message):
            await service(http, server, pauses).form({})

        assert len(server.seen) == 1


class TestKeys:
    async def test_a_role_that_is_refused_is_told(self, http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        server.script(Answer(status=403, body=b"<E><Error><Code>AccessDenied</Code><Message>not you</Message></Error></E>"))

        with pytest.raises(ProviderError, match="AWS STS refused the request: 403 AccessDenied: not you"):
            await credential_keys(http, lambda name: FIELDS.get(name, ""), region="us-east-1", owner="node 'b'")

        assert b"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader" in server.seen[0].body

    async def test_an_answer_without_keys_is_told(self, http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        server.script(Answer(body=b"<R><Credentials><AccessKeyId>A</AccessKeyId></Credentials></R>"))

        with pytest.raises(ProviderError, match="gave no keys for the role"):
            await credential_keys(http, lambda name: FIELDS.get(name, ""), region="us-east-1", owner="node 'b'")

    def test_a_session_of_the_environment_does_not_mix_with_keys_of_a_credential(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-env")

        assert static_keys("AKIAEXAMPLE", "secret-key-0123", owner="o") == KEYS
        with pytest.raises(MissingInput, match="o has no AWS keys"):
            static_keys("", "", owner="o")


class TestKeptTokens:
    async def test_a_token_is_kept_for_its_time_and_its_client_alone(self) -> None:
        http, other, asked = ScriptedHttp(), ScriptedHttp(), []

        async def fetch() -> tuple[str, float]:
            asked.append(1)
            return f"t{len(asked)}", 3600

        found = [await kept_token(http, ("a", "secret"), fetch) for _ in range(2)]

        assert found == ["t1", "t1"]
        assert await kept_token(http, ("a", "other secret"), fetch) == "t2"
        assert await kept_token(other, ("a", "secret"), fetch) == "t3"

    async def test_no_more_than_so_many_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("flowisectl.clients.kept_tokens._MOST", 2)
        http, asked = ScriptedHttp(), []

        async def fetch() -> tuple[str, float]:
            asked.append(1)
            return "t", 3600

        for name in ("a", "b", "c", "b", "a"):
            await kept_token(http, (name,), fetch)

        assert len(asked) == 4, "the oldest had to go, and was asked for anew"

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (Answer(status=400, body=b'{"error": "invalid_grant", "hint": "key-0123"}'), "400 invalid_grant"),
            (Answer(status=200, body=b'{"token": "x"}'), "200 no reason told"),
            (Answer(status=500, body=b"key-0123"), "500 no reason told"),
        ],
    )
    async def test_a_refusal_tells_nothing_of_what_was_sent(
        self, http: HttpClient, server: ScriptedServer, answer: Answer, message: str
    ) -> None:
        server.script(answer)

        with pytest.raises(ProviderError, match=f"IBM gave no access token: {message}") as caught:
            await asked_token(http, server.url, {"apikey": "key-0123"}, provider="IBM")

        assert "key-0123" not in str(caught.value)


async def test_a_listing_without_an_end_is_bounded(http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_files, "_MOST_PAGES", 2)
    page = b"<R><Contents><Key>a/</Key></Contents><Contents><Key>a.txt</Key><Size>3</Size></Contents>"
    server.script(Answer(body=page + b"<NextContinuationToken>again</NextContinuationToken></R>"))

    found = await S3Bucket(http, KEYS, region="us-east-1", bucket="b", server_url=server.url).entries("", most=10)

    assert found == [S3Entry(key="a.txt", size=3)] * 2 and len(server.seen) == 2
