"""What a flow lets its users upload: speech, images, files for retrieval (GET /chatflows-uploads/:id)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.flow import Flow, FlowNode

IMAGE_TYPES = ["image/gif", "image/jpeg", "image/png", "image/webp", ""]
"""With a trailing empty text, as clients know it."""
IMAGE_MEGABYTES, FILE_MEGABYTES = 5, 500


def upload_offer(flow: Flow) -> dict[str, Any]:
    """The offer as clients read it."""
    images = any(_takes_images(node) for node in flow.nodes)
    extensions = _file_types(flow)
    return {
        "isSpeechToTextEnabled": any_enabled(flow.speech_to_text),
        "isImageUploadAllowed": images,
        "isRAGFileUploadAllowed": bool(extensions),
        "imgUploadSizeAndTypes": [{"fileTypes": IMAGE_TYPES, "maxUploadSize": IMAGE_MEGABYTES}] if images else [],
        "fileUploadSizeAndTypes": [{"fileTypes": extensions, "maxUploadSize": FILE_MEGABYTES}] if extensions else [],
    }


def any_enabled(providers: Mapping[str, Any]) -> bool:
    """Whether one of the providers of a column such as `speechToText` is switched on."""
    return any(name != "none" and isinstance(entry, Mapping) and entry.get("status") is True for name, entry in providers.items())


def _takes_images(node: FlowNode) -> bool:
    """The node, or a model that it configures itself, has `allowImageUploads` set."""
    configs = [node.inputs, *(value for value in node.inputs.values() if isinstance(value, Mapping))]
    return any(config.get("allowImageUploads") in (True, "true") for config in configs)


def _file_types(flow: Flow) -> list[str]:
    """The file extensions of the loaders that feed a vector store with `fileUpload` on."""
    stores = {node.id for node in flow.nodes if node.category == "Vector Stores" and node.inputs.get("fileUpload") in (True, "true")}
    loaders = {edge.source for edge in flow.edges if edge.target in stores}
    found: list[str] = []
    for node in flow.nodes:
        if node.id not in loaders:
            continue
        for param in node.params.values():
            if param.get("type") == "file" and isinstance(param.get("fileType"), str):
                found += [part.strip() for part in param["fileType"].split(",")]
    return list(dict.fromkeys(found))
