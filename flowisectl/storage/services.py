"""Settings → the client of S3, Google Cloud Storage or Azure Blob Storage."""

from __future__ import annotations

import ipaddress
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obstore.store import AzureStore, GCSStore, S3Store

from config.settings import StorageSettings
from flowisectl.errors import InvalidSetting
from flowisectl.storage.objects import ObjectBlobs

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_RETRIES: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
_DEVELOPMENT = "UseDevelopmentStorage"
_DEVELOPMENT_ACCOUNT = "devstoreaccount1"
_DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The published account of Azure's emulator, which `UseDevelopmentStorage=true` stands for."""


def s3_blobs(settings: StorageSettings, *, check_paths: bool) -> ObjectBlobs:
    """Raises InvalidSetting."""
    bucket = _needed("S3_STORAGE_BUCKET_NAME", settings.s3_bucket, "s3")
    config: dict[str, Any] = {"region": _needed("S3_STORAGE_REGION", settings.s3_region, "s3")}
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        missing = "S3_STORAGE_SECRET_ACCESS_KEY" if settings.s3_access_key_id else "S3_STORAGE_ACCESS_KEY_ID"
        raise InvalidSetting(missing, "", "key id and secret key come together, or none of them (then the AWS environment is asked)")
    if settings.s3_access_key_id:
        config |= {"access_key_id": settings.s3_access_key_id, "secret_access_key": settings.s3_secret_access_key}
    config["virtual_hosted_style_request"] = not settings.s3_force_path_style
    if settings.s3_endpoint_url:
        endpoint, is_path_style = _s3_endpoint(settings.s3_endpoint_url, bucket, is_path_style=settings.s3_force_path_style)
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": not is_path_style}
    store = _made("S3_STORAGE_BUCKET_NAME", bucket, S3Store, bucket, client_options=_client(settings.s3_endpoint_url), config=config)
    return ObjectBlobs(store, bucket, kind="S3 bucket", setting="S3_STORAGE_BUCKET_NAME", check_paths=check_paths)


def gcs_blobs(settings: StorageSettings, *, check_paths: bool) -> ObjectBlobs:
    """Raises InvalidSetting."""
    bucket = _needed("GOOGLE_CLOUD_STORAGE_BUCKET_NAME", settings.gcs_bucket, "gcs")
    config: dict[str, Any] = {}
    address = ""
    if settings.gcs_credential_file:
        key = _key_file(settings.gcs_credential_file)
        config["service_account_path" if key.get("type", "service_account") == "service_account" else "application_credentials"] = str(
            Path(settings.gcs_credential_file).expanduser()
        )
        address = str(key.get("gcs_base_url") or "")
    store = _made("GOOGLE_CLOUD_STORAGE_BUCKET_NAME", bucket, GCSStore, bucket, client_options=_client(address), config=config)
    return ObjectBlobs(
        store, bucket, kind="Google Cloud Storage bucket", setting="GOOGLE_CLOUD_STORAGE_BUCKET_NAME", check_paths=check_paths
    )


def azure_blobs(settings: StorageSettings, *, check_paths: bool) -> ObjectBlobs:
    """Raises InvalidSetting."""
    container = _needed("AZURE_BLOB_STORAGE_CONTAINER_NAME", settings.azure_container, "azure")
    if settings.azure_connection_string:
        config = _azure_connection(settings.azure_connection_string)
    elif settings.azure_account_name and settings.azure_account_key:
        config = {"account_name": settings.azure_account_name, "account_key": settings.azure_account_key}
    else:
        wanted = "STORAGE_TYPE=azure needs it, or AZURE_BLOB_STORAGE_ACCOUNT_NAME with AZURE_BLOB_STORAGE_ACCOUNT_KEY"
        raise InvalidSetting("AZURE_BLOB_STORAGE_CONNECTION_STRING", "", wanted)
    client = _client(config.get("endpoint", ""))
    store = _made("AZURE_BLOB_STORAGE_CONTAINER_NAME", container, AzureStore, container, client_options=client, config=config)
    return ObjectBlobs(store, container, kind="Azure container", setting="AZURE_BLOB_STORAGE_CONTAINER_NAME", check_paths=check_paths)


def _made(name: str, value: str, kind: Any, bucket: str, *, client_options: ClientConfig, config: dict[str, Any]) -> Any:
    try:
        return kind(bucket, client_options=client_options, retry_config=_RETRIES, **config)
    except Exception as error:  # the library refuses configurations with errors of several kinds
        # Its text may quote a key.
        allowed = f"together with the other variables it makes no usable client ({type(error).__name__}): check them all"
        raise InvalidSetting(name, value, allowed) from error


def _needed(name: str, value: str, kind: str) -> str:
    if not value.strip():
        raise InvalidSetting(name, value, f"STORAGE_TYPE={kind} needs it")
    return value.strip()


def _client(address: str) -> ClientConfig:
    """Encrypted, unless the operator gave an address that is not."""
    return {
        "allow_http": address.lower().startswith("http://"),
        "connect_timeout": timedelta(seconds=5),
        "timeout": timedelta(hours=1),
        "read_timeout": timedelta(seconds=30),
    }


def _s3_endpoint(address: str, bucket: str, *, is_path_style: bool) -> tuple[str, bool]:
    """The address with the bucket in its host, unless the path shall name it; an address of numbers has no room for a name."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidSetting("S3_ENDPOINT_URL", address, "an address such as https://s3.example.com or http://minio:9000")
    if not is_path_style:
        try:
            ipaddress.ip_address(parts.hostname)
        except ValueError:
            return parts._replace(netloc=f"{bucket}.{parts.netloc}").geturl().rstrip("/"), False
    return parts.geturl().rstrip("/"), True


def _key_file(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        allowed = f"the path of a key file that can be read ({error.strerror})"
        raise InvalidSetting("GOOGLE_CLOUD_STORAGE_CREDENTIAL", path, allowed) from error
    except ValueError as error:
        # The cause's text would quote the file.
        raise InvalidSetting("GOOGLE_CLOUD_STORAGE_CREDENTIAL", path, "the path of a key file: this file is no JSON") from error
    if not isinstance(found, dict):
        raise InvalidSetting("GOOGLE_CLOUD_STORAGE_CREDENTIAL", path, "the path of a key file: this file holds no JSON object")
    return found


def _azure_connection(text: str) -> dict[str, Any]:
    """`Name=value;…` as Azure's portal gives it. No error shows any of it."""
    members = dict(part.strip().partition("=")[::2] for part in text.split(";") if part.strip())
    if members.get(_DEVELOPMENT, "").lower() == "true":
        members = {
            "AccountName": _DEVELOPMENT_ACCOUNT,
            "AccountKey": _DEVELOPMENT_KEY,
            "BlobEndpoint": f"http://127.0.0.1:10000/{_DEVELOPMENT_ACCOUNT}",
            **members,
        }
    account, key, signature = (members.get(name, "") for name in ("AccountName", "AccountKey", "SharedAccessSignature"))
    endpoint = members.get("BlobEndpoint", "").rstrip("/")
    if not account and endpoint:
        account = (urlsplit(endpoint).hostname or "").partition(".")[0]
    if not account or not (key or signature):
        allowed = "AccountName=…;AccountKey=… (or SharedAccessSignature=…), joined by semicolons, as Azure shows it"
        raise InvalidSetting("AZURE_BLOB_STORAGE_CONNECTION_STRING", "***", allowed)
    suffix = members.get("EndpointSuffix") or "core.windows.net"
    protocol = members.get("DefaultEndpointsProtocol") or "https"
    config = {"account_name": account, "endpoint": endpoint or f"{protocol}://{account}.blob.{suffix}"}
    return config | ({"account_key": key} if key else {"sas_key": signature.removeprefix("?")})
