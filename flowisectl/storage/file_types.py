"""Which media type fits which file extension: an uploaded file's name must say what it is declared to be."""

from __future__ import annotations

from flowisectl.errors import InvalidRequest

_OFFICE = "application/vnd.openxmlformats-officedocument"
_EXTENSIONS = {
    "txt": ("text/plain",),
    "html": ("text/html",),
    "css": ("text/css",),
    "xml": ("text/xml", "application/xml"),
    "md": ("text/markdown", "text/x-markdown"),
    "csv": ("text/csv",),
    "json": ("application/json",),
    "pdf": ("application/pdf",),
    "rtf": ("application/rtf",),
    "sql": ("application/sql", "text/x-sql"),
    "js": ("text/javascript", "application/javascript"),
    "jsonl": ("application/json-lines", "application/jsonl", "text/jsonl"),
    "yaml": ("application/vnd.yaml", "application/x-yaml", "text/vnd.yaml", "text/x-yaml", "text/yaml"),
    "doc": ("application/msword",),
    "docx": (f"{_OFFICE}.wordprocessingml.document",),
    "xls": ("application/vnd.ms-excel",),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet",),
    "ppt": ("application/vnd.ms-powerpoint",),
    "pptx": (f"{_OFFICE}.presentationml.presentation",),
    "jpg": ("image/jpeg", "image/jpg"),
    "png": ("image/png",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "svg": ("image/svg+xml",),
    "bmp": ("image/bmp",),
    "tiff": ("image/tiff", "image/tif"),
    "ico": ("image/x-icon", "image/vnd.microsoft.icon"),
    "avif": ("image/avif",),
    "webm": ("audio/webm", "video/webm"),
    "m4a": ("audio/mp4", "audio/x-m4a"),
    "mp3": ("audio/mpeg", "audio/mp3"),
    "ogg": ("audio/ogg", "audio/oga"),
    "wav": ("audio/wav", "audio/wave", "audio/x-wav"),
    "aac": ("audio/aac",),
    "flac": ("audio/flac",),
    "mp4": ("video/mp4",),
    "mov": ("video/quicktime",),
    "avi": ("video/x-msvideo",),
}
_EXTENSION_OF = {media_type: extension for extension, media_types in _EXTENSIONS.items() for media_type in media_types}
_SPELLINGS = {"jpeg": "jpg", "tif": "tiff", "oga": "ogg"}
_INPUTS = {
    "pdf": "pdfFile",
    "json": "jsonFile",
    "csv": "csvFile",
    "xls": "csvFile",
    "xlsx": "csvFile",
    "jsonl": "jsonlinesFile",
    "doc": "docxFile",
    "docx": "docxFile",
    "yaml": "yamlFile",
}


def check_file_type(name: str, media_type: str) -> None:
    """Raises InvalidRequest for a media type that is not known, or that the name's extension does not fit."""
    media_type = media_type.split(";")[0].strip().lower()
    wanted = _EXTENSION_OF.get(media_type)
    if wanted is None:
        raise InvalidRequest(f'MIME type "{media_type}" is not supported')
    _, dot, extension = name.rpartition(".")
    if not dot or not extension:
        raise InvalidRequest(f"File type not allowed: {name!r} has no extension")
    extension = extension.lower()
    if _SPELLINGS.get(extension, extension) != wanted:
        raise InvalidRequest(f'MIME type mismatch: file extension "{extension}" does not fit "{media_type}"')


def input_of(name: str) -> str:
    """The loader input that a file of this name goes to; the case of the extension counts."""
    return _INPUTS.get(name.rpartition(".")[2], "txtFile") if "." in name else "txtFile"
