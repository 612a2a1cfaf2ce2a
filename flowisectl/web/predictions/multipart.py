"""A prediction sent as a form with files: every field becomes an override, every file is stored with the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quart import request
from quart.datastructures import FileStorage

from flowisectl.errors import InvalidRequest
from flowisectl.runs.flows import StoredFlow
from flowisectl.storage.file_types import check_file_type, input_of
from flowisectl.web.errors import HttpError
from flowisectl.web.json_text import from_json, to_json
from flowisectl.web.predictions.request import checked_body
from flowisectl.web.predictions.stored_files import FILE_MARK, require_shared_files
from flowisectl.web.services import WebServices
from flowisectl.web.source import header
from flowisectl.web.workspace.organizations import organization_of

MAX_FILES = 100


def is_multipart() -> bool:
    return header(b"content-type").lower().startswith("multipart/form-data")


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form that was read and checked; nothing of it is stored yet."""

    fields: Mapping[str, Any]
    files: Sequence[FileStorage]

    def body(self, references: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The body that it stands for: its fields, and as `overrideConfig` its fields and the references of its stored files.

        Raises InvalidRequest.
        """
        return checked_body({**self.fields, "overrideConfig": {**self.fields, **(references or {})}})


async def read_form() -> Form:
    """Raises InvalidRequest for a form that cannot be read and for files whose name does not fit their type, HttpError 400."""
    fields, files = await form_parts()
    if len(files) > MAX_FILES:
        raise InvalidRequest(f"{len(files)} files in one request; at most {MAX_FILES} are allowed")
    for file in files:
        check_file_type(file.filename or "", file.mimetype)
    return Form(fields={name: _field(name, value) for name, value in fields.items()}, files=files)


async def stored_form(form: Form, stored: StoredFlow, services: WebServices) -> dict[str, Any]:
    """Store the form's files with the flow; gives the body that names them. Whoever sends it was let in before.

    Raises InvalidRequest, StorageUnavailable.
    """
    if not form.files:
        return form.body()
    await require_shared_files(services)
    stored_names: dict[str, list[str]] = {}
    blobs = services.blobs.of_organization(await organization_of(services.database, stored.workspace_id))
    for file in form.files:
        name = await blobs.write(stored.flow.id, "", file.filename or "", file.read(), file.mimetype)
        stored_names.setdefault(input_of(name), []).append(name)
    return form.body({field: FILE_MARK + to_json(names).decode() for field, names in stored_names.items()})


async def form_parts() -> tuple[dict[str, str], list[FileStorage]]:
    """The form's fields, and its files (all in the field `files`). Raises InvalidRequest, HttpError 400."""
    if "boundary=" not in header(b"content-type").lower():
        raise InvalidRequest("The form cannot be read: its Content-Type has no boundary")
    try:
        fields, files = await request.form, await request.files
    except ValueError as error:
        raise InvalidRequest(f"The form cannot be read: {error}") from error
    if unexpected := [name for name in files if name != "files"]:
        raise HttpError(400, f"Unexpected field {unexpected[0]!r}: files come in the field `files`")
    return dict(fields.items()), files.getlist("files")


def _field(name: str, value: str) -> Any:
    """A field's value; `vars` is JSON."""
    if name != "vars":
        return value
    try:
        return from_json(value.encode("utf-8", "surrogatepass"))
    except InvalidRequest as error:
        raise InvalidRequest("vars must be JSON") from error
