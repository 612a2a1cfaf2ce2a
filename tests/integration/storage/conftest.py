"""Real servers of object storage on loopback: S3 by moto, Google's XML interface in front of it, Azure by azurite from npm."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.settings import StorageSettings
from flowisectl.storage.blob_store import Storage
from flowisectl.storage.opening import storage_of

sys.path.insert(0, str(Path(__file__).resolve().parent))
from aws_services import AwsServer, GoogleFront

AZURITE = "azurite@3"
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
START_SECONDS = 60


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    server = AwsServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def google(aws: AwsServer) -> Iterator[GoogleFront]:
    front = GoogleFront(aws.url)
    yield front
    front.close()


@dataclass(frozen=True)
class Azurite:
    url: str

    def make_container(self) -> str:
        """An empty container; gives its name."""
        name = f"c{uuid.uuid4().hex}"
        date = email.utils.formatdate(usegmt=True)
        headers = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
        said = "PUT" + "\n" * 12 + "".join(f"{key}:{value}\n" for key, value in headers.items())
        said += f"/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{name}\nrestype:container"
        signed = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), said.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{signed}"
        request = urllib.request.Request(f"{self.url}/{name}?restype=container", method="PUT", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 201
        return name

    @property
    def connection(self) -> str:
        return f"DefaultEndpointsProtocol=http;AccountName={AZURE_ACCOUNT};AccountKey={AZURE_KEY};BlobEndpoint={self.url};"


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    folder = _npm_folder(tmp_path_factory)
    data = tmp_path_factory.mktemp("azurite")
    command = ["node", str(folder / "node_modules/azurite/dist/src/blob/main.js"), "--blobPort", "0", "--location", str(data)]
    process = subprocess.Popen([*command, "--skipApiVersionCheck"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=data)
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
                yield Azurite(f"http://127.0.0.1:{found[1]}/{AZURE_ACCOUNT}")
                break
        else:
            pytest.fail(f"azurite did not start: {''.join(said)}")
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _npm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with azurite; FLOWISECTL_AZURITE_FOLDER names one that is there already."""
    if given := os.environ.get("FLOWISECTL_AZURITE_FOLDER"):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no npm here: Azure's storage is not tried")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", AZURITE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {AZURITE}, so Azure's storage is not tried: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(params=["local", "s3", "gcs", "azure"])
def storage_settings(request: pytest.FixtureRequest, tmp_path: Path) -> StorageSettings:
    """An empty storage of each type."""
    make: dict[str, Callable[[], StorageSettings]] = {
        "local": lambda: StorageSettings(path=tmp_path / "storage"),
        "s3": lambda: request.getfixturevalue("aws").settings(),
        "gcs": lambda: google_settings(request.getfixturevalue("google"), request.getfixturevalue("aws").make_bucket(), tmp_path),
        "azure": lambda: azure_settings(request.getfixturevalue("azurite")),
    }
    return make[request.param]()


@pytest.fixture
def storage(storage_settings: StorageSettings) -> Storage:
    return storage_of(storage_settings)


def google_settings(google: GoogleFront, bucket: str, folder: Path, **members: Any) -> StorageSettings:
    key = {"type": "service_account", "client_email": "me@example.com", "private_key_id": "1", **google.service_account(), **members}
    file = folder / "google-key.json"
    file.write_text(json.dumps(key))
    return StorageSettings(type="gcs", gcs_bucket=bucket, gcs_credential_file=str(file))


def azure_settings(azurite: Azurite) -> StorageSettings:
    return StorageSettings(type="azure", azure_connection_string=azurite.connection, azure_container=azurite.make_container())
