"""Which storage the settings ask for."""

from __future__ import annotations

from config.settings import StorageSettings
from flowisectl.errors import InvalidSetting
from flowisectl.storage.blob_store import Storage
from flowisectl.storage.local import LocalBlobs

EXTRA = "storage"


def storage_of(settings: StorageSettings, *, check_paths: bool = True) -> Storage:
    """Nothing is read or written yet. Raises InvalidSetting for variables that are missing, and without the extra that the type needs."""
    if settings.type == "local":
        return LocalBlobs(settings.path, check_paths=check_paths)
    try:
        from flowisectl.storage.services import azure_blobs, gcs_blobs, s3_blobs
    except ImportError as error:
        allowed = f"it needs a library: pip install 'flowisectl[{EXTRA}]'"
        raise InvalidSetting("STORAGE_TYPE", settings.type, allowed) from error
    make = {"s3": s3_blobs, "gcs": gcs_blobs, "azure": azure_blobs}[settings.type]
    return make(settings, check_paths=check_paths)
