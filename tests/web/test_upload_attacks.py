"""Files that somebody means ill with: types that are not what they say, odd and huge names, too many of them, at every entrance."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.errors import InvalidRequest
from flowisectl.runs.uploads import process_uploads, store_early
from flowisectl.storage.blob_store import safe_name
from flowisectl.storage.local import LocalBlobs

INTERNAL = {"x-request-from": "internal"}
ALL_TYPES = json.dumps({"fullFileUpload": {"status": True, "allowedUploadFileTypes": "text/plain,image/png,text/html"}})
FALSE_TYPES = [
    ("page.html", "image/png"),
    ("run.exe", "text/plain"),
    ("run.exe", "application/x-msdownload"),
    ("picture.png", "text/html"),
    ("double.png.html", "image/png"),
    ("dot.png.", "image/png"),
    ("blank.png ", "image/png"),
    ("none", "text/plain"),
    (".png", "text/plain"),
    ("zero.txt\x00.png", "text/plain"),
]
Send = Callable[[FileStorage], Awaitable[Any]]


def stored_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "storage").rglob("*") if path.is_file()]


@pytest.fixture(params=["attachments", "prediction", "vector/upsert", "document-store/upsert"])
async def send(request: pytest.FixtureRequest, admin: QuartClient, make_flow: Callable[..., Any]) -> Send:
    """Every entrance that takes a form with files."""
    if request.param == "document-store/upsert":
        store = await (await admin.post("/api/v1/document-store/store", json={"name": "s"}, headers=INTERNAL)).get_json()
        path = f"document-store/upsert/{store['id']}"
    else:
        row = await make_flow(chatbotConfig=ALL_TYPES)
        path = f"{request.param}/{row['id']}" + ("/chat" if request.param == "attachments" else "")

    async def sent(file: FileStorage) -> Any:
        return await admin.post(f"/api/v1/{path}", form={"question": "x"}, files={"files": file}, headers=INTERNAL)

    return sent


@pytest.mark.parametrize(("name", "media_type"), FALSE_TYPES)
async def test_a_file_that_is_not_what_it_says_is_stored_nowhere(send: Send, tmp_path: Path, name: str, media_type: str) -> None:
    answer = await send(FileStorage(io.BytesIO(b"<script>"), filename=name, name="files", content_type=media_type))

    assert answer.status_code in (400, 500) and stored_files(tmp_path) == []
    assert "Traceback" not in await answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "name",
    ["x" * 100_000 + ".txt", "😀" * 500 + ".txt", "con.v1.txt", "a\u202efdp.txt", 'q"uote;.txt', "new\u2028line.txt", "$(id) `id` %s.txt"],
)
async def test_odd_names_end_as_plain_files_in_their_folder(send: Send, tmp_path: Path, name: str) -> None:
    answer = await send(FileStorage(io.BytesIO(b"x"), filename=name, name="files", content_type="text/plain"))

    files = stored_files(tmp_path)
    assert answer.status_code in (200, 400, 413, 500)
    assert len(files) <= 1 and all(len(path.name.encode()) <= 255 and path.suffix == ".txt" for path in files)
    assert all(path.resolve().is_relative_to(tmp_path / "storage") for path in files)


@pytest.mark.parametrize("ending", [".exe.txt", ".html.txt"])
def test_a_name_that_is_cut_keeps_the_ending_that_was_checked(ending: str) -> None:
    for length in range(235, 256):
        kept = safe_name("a" * length + ending)

        assert kept.endswith(".txt") and len(kept) <= 255


@pytest.mark.parametrize(("name", "media_type"), FALSE_TYPES)
async def test_a_data_uri_that_is_not_what_it_says_is_stored_nowhere(tmp_path: Path, name: str, media_type: str) -> None:
    uri = f"data:{media_type};base64,{base64.b64encode(b'<script>').decode()}"
    uploads = [{"type": "file", "name": name, "mime": "image/png", "data": uri}]
    blobs = LocalBlobs(tmp_path / "storage", "org")

    with pytest.raises(InvalidRequest):
        await process_uploads(uploads, blobs, flow_id="f", chat_id="c")

    assert await store_early(uploads, blobs, flow_id="f", chat_id="c") == uploads and stored_files(tmp_path) == []


async def test_too_many_files_are_refused_before_any_is_stored(admin: QuartClient, make_flow: Callable[..., Any], tmp_path: Path) -> None:
    row = await make_flow()
    boundary = "b0"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nx\r\n'
    body = part * 101 + f"--{boundary}--\r\n"

    answer = await admin.post(
        f"/api/v1/prediction/{row['id']}", data=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )

    assert answer.status_code in (400, 413) and stored_files(tmp_path) == []


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "code.js"])
async def test_what_a_browser_could_run_is_given_to_be_saved_only(
    anybody: QuartClient, make_flow: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    row = await make_flow()
    await LocalBlobs(tmp_path / "storage", row.get("organizationId") or "").write(row["id"], "c", name, b"<script>alert(1)</script>", "")

    answer = await anybody.get("/api/v1/get-upload-file", query_string={"chatflowId": row["id"], "chatId": "c", "fileName": name})

    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_files_of_those_who_are_not_let_in_are_not_stored(
    anybody: QuartClient, key_row: dict[str, Any], make_flow: Callable[..., Any], tmp_path: Path
) -> None:
    closed = await make_flow(apikeyid=key_row["id"])
    elsewhere = await make_flow(chatbotConfig=json.dumps({"allowedOrigins": ["https://shop.example"]}))

    async def send(row: Any, **headers: str) -> int:
        file = FileStorage(io.BytesIO(b"x"), filename="a.txt", name="files", content_type="text/plain")
        answer = await anybody.post(f"/api/v1/prediction/{row['id']}", form={"question": "x"}, files={"files": file}, headers=headers)
        return int(answer.status_code)

    assert await send(closed) == await send(closed, Authorization="Bearer wrong") == 401
    assert await send(elsewhere, Origin="https://evil.example") == 403
    assert stored_files(tmp_path) == []
    assert await send(elsewhere, Origin="https://shop.example") == 200
    assert [path.name for path in stored_files(tmp_path)] == ["a.txt"]
