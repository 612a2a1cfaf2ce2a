"""Papers of arXiv over its API (https://info.arxiv.org/help/api/user-manual.html)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree

from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse, Reach

API_URL = "https://export.arxiv.org/api/query"
_ATOM = "{http://www.w3.org/2005/Atom}"
_NUMBER = re.compile(r"^(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class Paper:
    id: str
    """Its address, `http://arxiv.org/abs/…`."""
    title: str
    authors: tuple[str, ...]
    published: str
    summary: str


async def find_papers(http: HttpClient, question: str, count: int) -> list[Paper]:
    """Papers by words, or by arXiv numbers alone. Raises ProviderError."""
    words = question.split()
    numbers = [word for word in words if _NUMBER.match(word)]
    wanted = {"id_list": ",".join(numbers)} if numbers and len(numbers) == len(words) else {"search_query": f"all:{question}"}
    response = await _get(http, f"{API_URL}?{urlencode({**wanted, 'start': 0, 'max_results': count})}")
    try:
        root = ElementTree.fromstring(response.body)
    except ElementTree.ParseError as error:
        raise ProviderError(f"arXiv answered with something that cannot be read: {error}", provider="arxiv") from error
    return [_paper(entry) for entry in root.iter(f"{_ATOM}entry")]


async def paper_pdf(http: HttpClient, paper: Paper) -> bytes:
    """The paper's PDF file. Raises ProviderError."""
    return (await _get(http, paper.id.replace("http://", "https://").replace("/abs/", "/pdf/"))).body


def _paper(entry: ElementTree.Element) -> Paper:
    def text(name: str) -> str:
        return _BLANKS.sub(" ", entry.findtext(f"{_ATOM}{name}") or "").strip()

    authors = tuple(name.text or "" for author in entry.iter(f"{_ATOM}author") for name in author.iter(f"{_ATOM}name"))
    return Paper(id=text("id"), title=text("title"), authors=authors, published=text("published"), summary=text("summary"))


async def _get(http: HttpClient, url: str) -> HttpResponse:
    try:
        response = await http.request(HttpCall(method="GET", url=url, reach=Reach.PUBLIC, timeout_seconds=60.0))
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"arXiv cannot be reached: {error}", provider="arxiv") from error
    if not 200 <= response.status < 300:
        raise ProviderError(f"arXiv answered {response.status} {response.reason}", provider="arxiv", status=response.status)
    return response
