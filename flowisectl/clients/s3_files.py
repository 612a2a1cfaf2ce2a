"""Reading files out of a bucket of S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, …/API_ListObjectsV2.html)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree

from flowisectl.clients.aws_services import AwsService, service_url
from flowisectl.clients.aws_signing import AwsKeys, aws_quote
from flowisectl.clients.endpoint import Pause
from flowisectl.interfaces.http import HttpClient

_PAGE = 1000
_MOST_PAGES = 1000


@dataclass(frozen=True, kw_only=True)
class S3Entry:
    key: str
    size: int


class S3Bucket:
    """One bucket; `server_url` is that of another service with the same API, such as MinIO."""

    def __init__(
        self, http: HttpClient, keys: AwsKeys, *, region: str, bucket: str, server_url: str = "", pause: Pause | None = None
    ) -> None:
        patience = {"pause": pause} if pause is not None else {}
        base = server_url.strip().rstrip("/") or service_url("s3", region)
        self.name = bucket
        # The bucket stands in the path, which every such service understands.
        self._path = f"/{aws_quote(bucket)}"
        self._service = AwsService(http, keys, provider="S3", service="s3", region=region, base_url=base, **patience)

    async def read(self, key: str, *, max_bytes: int) -> bytes:
        """The content of an object. Raises ProviderError, also for one that is larger."""
        return await self._service.call("GET", f"{self._path}/{aws_quote(key, '/')}", max_bytes=max_bytes)

    async def entries(self, prefix: str, *, most: int) -> list[S3Entry]:
        """The objects whose keys begin so, by key, at most so many. Folders' own entries are left out. Raises ProviderError."""
        found: list[S3Entry] = []
        token = ""
        for _ in range(_MOST_PAGES):
            query = {"list-type": "2", "max-keys": str(_PAGE), "prefix": prefix, **({"continuation-token": token} if token else {})}
            path = f"{self._path}?{urlencode(query, quote_via=lambda text, *_: aws_quote(text))}"
            page = self._service.xml(await self._service.call("GET", path))
            rows = [S3Entry(key=_text(row, "Key"), size=int(_text(row, "Size") or 0)) for row in page.iterfind("{*}Contents")]
            found += [row for row in rows if row.key and not row.key.endswith("/")]
            token = _text(page, "NextContinuationToken")
            if not token or len(found) >= most:
                break
        return found[:most]


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
