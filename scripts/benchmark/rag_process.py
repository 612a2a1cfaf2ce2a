"""One process that fills and searches one vector store, so that its memory is that store's alone. Prints its figures as JSON.

    python -m benchmark.rag_process <memory|faiss> <chunks> <folder> [<base address of a model server>]

With an address the chunks are split from one text and embedded over HTTP; without one their vectors are drawn here.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.measures import percentile
from benchmark.model_server import DIMENSION
from benchmark.processes import peak_rss_mib, rss_mib
from flowisectl.clients.http import open_http
from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.retrieval.faiss_file import FaissFile
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.splitting import RecursiveSplitter, split_documents

CHUNK = 1000
OVERLAP = 0
QUERIES = 21
FOUND = 4
_WORDS = ("worker", "queue", "flow", "token", "stream", "answer", "question", "document", "vector", "model", "server", "client")


class Drawn:
    """Vectors of random numbers, fast enough to fill a large store."""

    def __init__(self) -> None:
        import numpy as np

        self._draw = np.random.default_rng(7)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        rows: list[list[float]] = self._draw.standard_normal((len(texts), DIMENSION), dtype="float32").tolist()
        return rows

    async def embed_query(self, text: str) -> list[float]:
        return (await self.embed([text]))[0]


def text_of(chunks: int) -> str:
    """A text of paragraphs that splits into about so many chunks."""
    drawn = random.Random(11)
    paragraphs: list[str] = []
    for number in range(chunks):
        words, length = [f"Paragraph {number}:"], 0
        while length < CHUNK - 80:
            words.append(drawn.choice(_WORDS))
            length += len(words[-1]) + 1
        paragraphs.append(" ".join(words))
    return "\n\n".join(paragraphs)


async def measured(kind: str, chunks: int, folder: Path, model_url: str) -> dict[str, float]:
    """The figures of one store: how fast it is filled, how fast it answers, what it holds at most."""
    idle = rss_mib([os.getpid()])
    found: dict[str, float] = {}
    async with AsyncExitStack() as opened:
        embeddings: Embeddings = Drawn()
        if model_url:
            http = await opened.enter_async_context(open_http(security_check=False, deny_list=()))
            embeddings = OpenAICompatibleEmbeddings(http, provider="model", base_url=model_url, api_key="k", model="m", batch_size=256)
        text = text_of(chunks)
        started = time.perf_counter()
        documents = split_documents(RecursiveSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP), [Document(page_content=text)])
        documents = [replace(document, id=str(uuid.uuid4())) for document in documents]
        found["split_s"] = time.perf_counter() - started
        del text
        store: Any = MemoryStore(embeddings) if kind == "memory" else EmbeddedStore(FaissFile(str(folder)), embeddings)
        started, used = time.perf_counter(), time.process_time()
        await store.add(documents)
        found["upsert_s"] = time.perf_counter() - started
        found["upsert_cpu_s"] = time.process_time() - used
        found["chunks_per_second"] = len(documents) / (found["upsert_s"] + found["split_s"])
        took: list[float] = []
        for number in range(QUERIES + 1):
            started = time.perf_counter()
            hits = await store.search(f"question {number}", FOUND)
            took.append(1000 * (time.perf_counter() - started))
            if len(hits) != FOUND:
                raise SystemExit(f"{kind}: a search found {len(hits)} documents of {len(documents)}")
        found |= {"chunks": len(documents), "first_query_ms": took[0], "query_p50_ms": percentile(took[1:], 0.5)}
    found["peak_mib"] = peak_rss_mib(os.getpid())
    found["idle_mib"] = idle
    return found


if __name__ == "__main__":
    store_kind, count, place, address = [*sys.argv[1:], ""][:4]
    print(json.dumps(asyncio.run(measured(store_kind, int(count), Path(place), address))))
