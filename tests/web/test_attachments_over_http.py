"""Files of a chat over HTTP: kept, read as text, refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from quart.datastructures import FileStorage
from quart.testing import QuartClient

FLOW = "6f2f2c1e-8c4c-4f0f-9d1c-2a8f7e0b1c11"


def offer(types: str = "text/plain,text/csv", status: bool = True) -> str:
    return json.dumps({"fullFileUpload": {"status": status, "allowedUploadFileTypes": types}})


def file(name: str = "note.txt", data: bytes = b"first line", media_type: str = "text/plain") -> FileStorage:
    return FileStorage(BytesIO(data), filename=name, name="files", content_type=media_type)


async def send(client: QuartClient, flow_id: str, chat_id: str, *files: FileStorage, **fields: str) -> Any:
    return await client.post(f"/api/v1/attachments/{flow_id}/{chat_id}", form=fields, files={"files": files[0]} if files else {})


async def test_a_text_file_comes_back_as_its_text_and_is_kept(anybody: QuartClient, make_flow: Callable[..., Any], tmp_path: Path) -> None:
    row = await make_flow(chatbotConfig=offer())

    answer = await send(anybody, row["id"], "chat+1", file())

    assert await answer.get_json() == [{"name": "note.txt", "mimeType": "text/plain", "size": 10, "content": "first line"}]
    kept = await anybody.get("/api/v1/get-upload-file", query_string={"chatflowId": row["id"], "chatId": "chat+1", "fileName": "note.txt"})
    assert await kept.get_data() == b"first line"


async def test_with_base64_the_bytes_are_given(anybody: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow(chatbotConfig=offer())

    answer = await send(anybody, row["id"], "c", file(), base64="true")

    assert base64.b64decode((await answer.get_json())[0]["content"]) == b"first line"


@pytest.mark.parametrize(
    ("config", "sent", "text"),
    [
        (offer(status=False), file(), "File upload is not enabled for this chatflow"),
        (offer(""), file(), "File type 'text/plain' is not allowed"),
        (offer(), file("note.exe"), "MIME type mismatch"),
        (offer(), file("note", b"x"), "File type not allowed"),
        (offer("text/html"), file(), "File type 'text/plain' is not allowed"),
        (offer(), file("../note.txt"), "Invalid path characters"),
    ],
)
async def test_files_that_are_not_allowed_are_refused(
    anybody: QuartClient, make_flow: Callable[..., Any], tmp_path: Path, config: str, sent: FileStorage, text: str
) -> None:
    row = await make_flow(chatbotConfig=config)

    answer = await send(anybody, row["id"], "c", sent)

    message = (await answer.get_json())["message"]
    assert answer.status_code == 500 and message.startswith("Error: attachmentService.createAttachment - ") and text in message
    assert not [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]


@pytest.mark.parametrize(("flow_id", "chat_id"), [("nope", "c"), (FLOW, "c"), (FLOW, "..%2f..")])
async def test_ids_that_lead_nowhere_are_refused(anybody: QuartClient, flow_id: str, chat_id: str) -> None:
    answer = await send(anybody, flow_id, chat_id, file())

    assert answer.status_code in (404, 500) and not (await answer.get_json())["success"]


async def test_into_a_flow_with_a_key_only_its_key_and_its_members_put_files(
    admin: QuartClient, anybody: QuartClient, key_row: dict[str, Any], make_flow: Callable[..., Any], tmp_path: Path
) -> None:
    row, other = await make_flow(chatbotConfig=offer(), apikeyid=key_row["id"]), {"Authorization": "Bearer other"}
    route, right = f"/api/v1/attachments/{row['id']}/c", {"Authorization": f"Bearer {key_row['apiKey']}"}

    refused = [await anybody.post(route, files={"files": file()}, headers=headers) for headers in ({}, other, {"Cookie": "connect.sid=x"})]
    stored = [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]
    by_key = await anybody.post(route, files={"files": file()}, headers=right)
    by_member = await admin.post(route, files={"files": file()})

    assert [answer.status_code for answer in refused] == [401] * 3 and stored == []
    assert (by_key.status_code, by_member.status_code) == (200, 200)
