"""What is each service's own: keys and headers as others who share the bucket know them, addresses, and what keeps a role from starting."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from config.settings import StorageSettings
from flowisectl.errors import InvalidSetting, StorageUnavailable
from flowisectl.storage.blob_store import MARKER
from flowisectl.storage.opening import storage_of

sys.path.insert(0, str(Path(__file__).resolve().parent))
from aws_services import KEY_ID, SECRET, AwsServer, GoogleFront

ORG, FLOW, CHAT = "5f1c-org", "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11", "chat1"


async def test_keys_in_s3_are_the_plain_path_and_files_keep_their_media_type(aws: AwsServer) -> None:
    settings = aws.settings()
    blobs = storage_of(settings).of_organization(ORG)

    await blobs.write(FLOW, CHAT, "ä b%20c.png", b"1", "image/png")
    await blobs.write(FLOW, "", "a.pdf", b"1", "application/pdf")
    await blobs.write(FLOW, "", "odd", b"1", "text/plain\r\nx-amz-acl: public-read")

    assert aws.keys(settings.s3_bucket) == [f"{ORG}/{FLOW}/a.pdf", f"{ORG}/{FLOW}/{CHAT}/ä b%20c.png", f"{ORG}/{FLOW}/odd"]
    head = aws.s3.head_object(Bucket=settings.s3_bucket, Key=f"{ORG}/{FLOW}/{CHAT}/ä b%20c.png")
    assert head["ContentType"] == "image/png" and "ContentEncoding" not in head


async def test_a_body_that_others_marked_as_base64_is_read_as_it_is(aws: AwsServer) -> None:
    settings = aws.settings()
    aws.s3.put_object(Bucket=settings.s3_bucket, Key=f"{ORG}/{FLOW}/a.bin", Body=b"\x00raw\xff", ContentEncoding="base64")

    assert await storage_of(settings).of_organization(ORG).read(FLOW, "", "a.bin") == b"\x00raw\xff"


async def test_a_folder_of_more_than_a_thousand_files_is_deleted_as_a_whole(aws: AwsServer) -> None:
    settings = aws.settings()
    blobs = storage_of(settings).of_organization(ORG)
    await asyncio.gather(*(blobs.write(FLOW, CHAT, f"{number}.txt", b"x", "text/plain") for number in range(1005)))

    assert (await blobs.usage(FLOW)).files == 1005
    await blobs.delete_chat(FLOW, CHAT)

    assert aws.keys(settings.s3_bucket) == []


@pytest.mark.parametrize("is_path_style", [True, False])
async def test_the_bucket_stands_in_the_path_or_in_the_host(aws: AwsServer, is_path_style: bool) -> None:
    settings = aws.settings()
    port = aws.url.rpartition(":")[2]
    # `*.localhost` is this machine wherever its resolver knows the rule; elsewhere the address of numbers is the one that works.
    host = "localhost" if _resolves(f"{settings.s3_bucket}.localhost") else "127.0.0.1"
    named = replace(settings, s3_force_path_style=is_path_style, s3_endpoint_url=f"http://{host}:{port}")

    await storage_of(named).of_organization(ORG).write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    assert aws.keys(settings.s3_bucket) == [f"{ORG}/{FLOW}/{CHAT}/a.txt"]


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False


async def test_without_keys_the_environment_is_asked(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(aws.settings(), s3_access_key_id="", s3_secret_access_key="")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    await storage_of(settings).of_organization(ORG).write(FLOW, CHAT, "a.txt", b"x", "text/plain")

    assert aws.keys(settings.s3_bucket) == [f"{ORG}/{FLOW}/{CHAT}/a.txt"]


async def test_google_is_asked_with_a_token_that_the_key_file_signs(google: GoogleFront, aws: AwsServer, tmp_path: Path) -> None:
    account = google.service_account()
    file = tmp_path / "key.json"
    file.write_text(json.dumps({"type": "service_account", "client_email": "me@example.com", "private_key_id": "k1", **account}))
    google.authorizations.clear()

    settings = StorageSettings(type="gcs", gcs_bucket=aws.make_bucket(), gcs_credential_file=str(file))
    await storage_of(settings).of_organization(ORG).write(FLOW, CHAT, "a b.txt", b"x", "text/plain")

    assert aws.keys(settings.gcs_bucket) == [f"{ORG}/{FLOW}/{CHAT}/a b.txt"]
    kind, _, token = google.authorizations[-1].partition(" ")
    assert kind == "Bearer" and jwt.decode(token, options={"verify_signature": False})["iss"] == "me@example.com"


Change = Callable[[AwsServer, Path], StorageSettings]
MISSING: list[tuple[Change, str, str]] = [
    (lambda aws, folder: replace(aws.settings(), s3_bucket=""), "S3_STORAGE_BUCKET_NAME", "STORAGE_TYPE=s3 needs it"),
    (lambda aws, folder: replace(aws.settings(), s3_region=""), "S3_STORAGE_REGION", "STORAGE_TYPE=s3 needs it"),
    (lambda aws, folder: replace(aws.settings(), s3_access_key_id=""), "S3_STORAGE_ACCESS_KEY_ID", "come together"),
    (lambda aws, folder: replace(aws.settings(), s3_secret_access_key=""), "S3_STORAGE_SECRET_ACCESS_KEY", "come together"),
    (lambda aws, folder: replace(aws.settings(), s3_endpoint_url="minio:9000"), "S3_ENDPOINT_URL", "an address such as"),
    (lambda aws, folder: StorageSettings(type="gcs"), "GOOGLE_CLOUD_STORAGE_BUCKET_NAME", "STORAGE_TYPE=gcs needs it"),
    (
        lambda aws, folder: StorageSettings(type="gcs", gcs_bucket="b", gcs_credential_file=str(folder / "none.json")),
        "GOOGLE_CLOUD_STORAGE_CREDENTIAL",
        "No such file",
    ),
    (
        lambda aws, folder: StorageSettings(type="gcs", gcs_bucket="b", gcs_credential_file=_file(folder, f"key {SECRET}")),
        "GOOGLE_CLOUD_STORAGE_CREDENTIAL",
        "this file is no JSON",
    ),
    (
        lambda aws, folder: StorageSettings(type="gcs", gcs_bucket="b", gcs_credential_file=_file(folder, json.dumps({"x": SECRET}))),
        "GOOGLE_CLOUD_STORAGE_BUCKET_NAME",
        "check them all",
    ),
    (lambda aws, folder: StorageSettings(type="azure"), "AZURE_BLOB_STORAGE_CONTAINER_NAME", "STORAGE_TYPE=azure needs it"),
    (lambda aws, folder: StorageSettings(type="azure", azure_container="c"), "AZURE_BLOB_STORAGE_CONNECTION_STRING", "ACCOUNT_KEY"),
    (
        lambda aws, folder: StorageSettings(type="azure", azure_container="c", azure_connection_string=f"AccountKey={SECRET}"),
        "AZURE_BLOB_STORAGE_CONNECTION_STRING",
        "AccountName=",
    ),
    (
        lambda aws, folder: StorageSettings(type="azure", azure_container="c", azure_account_name="a", azure_account_key=f"!{SECRET}"),
        "AZURE_BLOB_STORAGE_CONTAINER_NAME",
        "check them all",
    ),
]


def _file(folder: Path, text: str) -> str:
    (folder / "key.json").write_text(text)
    return str(folder / "key.json")


@pytest.mark.parametrize(("change", "variable", "text"), MISSING, ids=[f"{row[1]}-{number}" for number, row in enumerate(MISSING)])
def test_what_is_missing_or_wrong_is_named_without_a_secret(
    aws: AwsServer, tmp_path: Path, change: Change, variable: str, text: str
) -> None:
    settings = change(aws, tmp_path)

    with pytest.raises(InvalidSetting) as refused:
        storage_of(settings)

    assert refused.value.name == variable and text in str(refused.value)
    assert SECRET not in str(refused.value) + repr(settings)


def test_without_the_extra_the_command_to_install_it_is_said(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = aws.settings()
    monkeypatch.delitem(sys.modules, "flowisectl.storage.services", raising=False)
    monkeypatch.delitem(sys.modules, "flowisectl.storage.objects", raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)

    with pytest.raises(InvalidSetting, match=r"pip install 'flowisectl\[storage\]'"):
        storage_of(settings)


async def test_a_bucket_that_is_not_there_keeps_a_role_from_starting(aws: AwsServer) -> None:
    settings = aws.settings("no-such-bucket")

    with pytest.raises(InvalidSetting, match=r"S3_STORAGE_BUCKET_NAME='no-such-bucket'.*there is no such S3 bucket") as refused:
        await storage_of(settings).identity()

    assert SECRET not in str(refused.value)


async def test_a_container_that_is_not_there_keeps_a_role_from_starting(azurite: Any) -> None:
    settings = StorageSettings(type="azure", azure_connection_string=azurite.connection, azure_container="nothing")

    with pytest.raises(InvalidSetting, match=r"AZURE_BLOB_STORAGE_CONTAINER_NAME='nothing'.*there is no such Azure container"):
        await storage_of(settings).identity()


async def test_a_wrong_key_is_said_as_such_and_not_shown(azurite: Any) -> None:
    wrong = "aHVudGVyMmh1bnRlcjJodW50ZXIy"
    account, endpoint = azurite.url.rpartition("/")[2], azurite.url
    connection = f"AccountName={account};AccountKey={wrong};BlobEndpoint={endpoint}"
    settings = StorageSettings(type="azure", azure_connection_string=connection, azure_container=azurite.make_container())

    with pytest.raises(InvalidSetting, match=r"refuses .*40[13].* check the credentials") as refused:
        await storage_of(settings).identity()

    assert wrong not in str(refused.value) + repr(settings)


async def test_a_service_that_does_not_answer_is_unavailable_and_its_address_is_not_shown(aws: AwsServer) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings = replace(aws.settings("some-bucket"), s3_endpoint_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        blobs = storage_of(settings).of_organization(ORG)

        for attempt in (blobs.read(FLOW, CHAT, "a"), blobs.write(FLOW, CHAT, "a", b"", "text/plain"), blobs.delete_chat(FLOW, CHAT)):
            with pytest.raises(StorageUnavailable, match="S3 bucket some-bucket, where files are stored, cannot be used") as failed:
                await attempt
            assert "127.0.0.1" not in str(failed.value)


async def test_the_identity_is_one_small_file_in_the_root(aws: AwsServer, tmp_path: Path) -> None:
    settings = aws.settings()

    identity = await storage_of(settings).identity()

    assert aws.keys(settings.s3_bucket) == [MARKER]
    assert identity == aws.s3.get_object(Bucket=settings.s3_bucket, Key=MARKER)["Body"].read().decode()
    assert await storage_of(StorageSettings(path=tmp_path)).identity() == (tmp_path / MARKER).read_text() != identity
