"""Flows whose jobs keep a CPU busy for seconds: a large PDF to parse, a long text to split, a table, JavaScript that spins."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

from benchmark.flows import edge, node
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from chaosdrills.flows import spinning_flow

Json = dict[str, Any]

PAGES, LINES = 200, 60
TEXT_BYTES = 6_000_000
VARIABLES = "functionInputVariables"


def heavy_flows() -> dict[str, Json]:
    return {"parsing": parsing_flow(), "splitting": splitting_flow(), "reading": reading_flow(), "spinning": spinning_flow()}


def parsing_flow() -> Json:
    """A PDF of a few hundred full pages, read and split at each prediction; a function counts its characters."""
    loader = {"pdfFile": data_uri(large_pdf(), "application/pdf", "large.pdf"), "usage": "perPage"}
    return _counting_flow("pdfFile", "Pdf File", loader)


def splitting_flow() -> Json:
    """A text of some megabytes, split into small pieces."""
    words = "The quick brown fox jumps over the lazy dog, again and again. "
    paragraph = words * 8 + "\n\n"
    text = paragraph * (TEXT_BYTES // len(paragraph))
    return _counting_flow("textFile", "Text File", {"txtFile": data_uri(text.encode(), "text/plain", "large.txt")})


def reading_flow() -> Json:
    """A table of some megabytes, one document for each of its rows."""
    row = "{number},the quick brown fox,jumps over the lazy dog,again and again\n"
    table = "id,who,what,when\n" + "".join(row.format(number=number) for number in range(TEXT_BYTES // len(row)))
    return _counting_flow("csvFile", "Csv File", {"csvFile": data_uri(table.encode(), "text/csv", "large.csv")})


def _counting_flow(name: str, label: str, inputs: Json) -> Json:
    splitter = {"chunkSize": 400, "chunkOverlap": 100, "separators": ""}
    loader = {**inputs, "textSplitter": "{{splitter_0.data.instance}}", "metadata": ""}
    count = {
        VARIABLES: f'{{"text": "{{{{{name}_0.data.instance}}}}"}}',
        "functionName": "count",
        "tools": "",
        "javascriptFunction": "return String($text.length > 1000)",
    }
    return {
        "nodes": [
            node("splitter_0", "recursiveCharacterTextSplitter", "Splitter", "Text Splitters", splitter),
            node(f"{name}_0", name, label, "Document Loaders", loader, output="text"),
            node("customFunction_0", "customFunction", "Count", "Utilities", count, output="EndingNode", accepts=(VARIABLES,)),
        ],
        "edges": [edge("splitter_0", f"{name}_0"), edge(f"{name}_0", "customFunction_0")],
    }


def data_uri(data: bytes, media_type: str, name: str) -> str:
    """A file as the canvas keeps it in a node's input."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()},filename:{name}"


def large_pdf() -> bytes:
    """Pages full of text, packed as writers of such files pack them."""
    writer = PdfWriter()
    kind = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NameObject(name): NameObject(value) for name, value in kind.items()}))
    for number in range(PAGES):
        lines = b"".join(b"(line %d of page %d, with a few more words in it) Tj T* " % (line, number) for line in range(LINES))
        content = StreamObject()
        content._data = zlib.compress(b"BT /F1 10 Tf 20 780 Td 12 TL " + lines + b"ET")
        content[NameObject("/Filter")] = NameObject("/FlateDecode")
        page = writer.add_blank_page(600, 800)
        page[NameObject("/Contents")] = writer._add_object(content)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()
