"""How an Unstructured service is told to read files: the inputs that its loaders share."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option


def _plain(*names: str) -> tuple[Option, ...]:
    return tuple(Option(name, name) for name in names)


PARAMS = (
    NodeParam(
        "strategy",
        "Strategy",
        "options",
        default="auto",
        optional=True,
        options=(
            Option("Hi-Res", "hi_res"),
            Option("Fast", "fast"),
            Option("OCR Only", "ocr_only"),
            Option("Auto", "auto"),
        ),
        additional=True,
    ),
    NodeParam("encoding", "Encoding", "string", default="utf-8", optional=True, additional=True),
    NodeParam(
        "skipInferTableTypes",
        "Skip Infer Table Types",
        "multiOptions",
        default='["pdf", "jpg", "png"]',
        optional=True,
        options=_plain(
            "doc",
            "docx",
            "eml",
            "epub",
            "heic",
            "htm",
            "html",
            "jpeg",
            "jpg",
            "md",
            "msg",
            "odt",
            "pdf",
            "png",
            "ppt",
            "pptx",
            "rtf",
            "text",
            "txt",
            "xls",
            "xlsx",
        ),
        additional=True,
    ),
    NodeParam(
        "hiResModelName",
        "Hi-Res Model Name",
        "options",
        optional=True,
        options=_plain("chipper", "detectron2_onnx", "yolox", "yolox_quantized"),
        additional=True,
    ),
    NodeParam(
        "chunkingStrategy",
        "Chunking Strategy",
        "options",
        default="by_title",
        optional=True,
        options=(
            Option("None", "None"),
            Option("Basic", "basic"),
            Option("By Title", "by_title"),
            Option("By Page", "by_page"),
            Option("By Similarity", "by_similarity"),
        ),
        additional=True,
    ),
    NodeParam(
        "ocrLanguages",
        "OCR Languages",
        "multiOptions",
        optional=True,
        options=(
            Option("English", "eng"),
            Option("Spanish (Espa\u00f1ol)", "spa"),
            Option("Mandarin Chinese (\u666e\u901a\u8bdd)", "cmn"),
            Option("Hindi (\u0939\u093f\u0928\u094d\u0926\u0940)", "hin"),
            Option("Arabic (\u0627\u064e\u0644\u0652\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u064e\u0651\u0629\u064f)", "ara"),
            Option("Portuguese (Portugu\u00eas)", "por"),
            Option("Bengali (\u09ac\u09be\u0982\u09b2\u09be)", "ben"),
            Option("Russian (\u0420\u0443\u0441\u0441\u043a\u0438\u0439)", "rus"),
            Option("Japanese (\u65e5\u672c\u8a9e)", "jpn"),
            Option("Punjabi (\u0a2a\u0a70\u0a1c\u0a3e\u0a2c\u0a40)", "pan"),
            Option("German (Deutsch)", "deu"),
            Option("Korean (\ud55c\uad6d\uc5b4)", "kor"),
            Option("French (Fran\u00e7ais)", "fra"),
            Option("Italian (Italiano)", "ita"),
            Option("Vietnamese (Ti\u1ebfng Vi\u1ec7t)", "vie"),
        ),
        additional=True,
    ),
    NodeParam("sourceIdKey", "Source ID Key", "string", default="source", optional=True, placeholder="source", additional=True),
    NodeParam("coordinates", "Coordinates", "boolean", default=False, optional=True, additional=True),
    NodeParam("xmlKeepTags", "XML Keep Tags", "boolean", optional=True, additional=True),
    NodeParam("includePageBreaks", "Include Page Breaks", "boolean", optional=True, additional=True),
    NodeParam("multiPageSections", "Multi-Page Sections", "boolean", optional=True, additional=True),
    NodeParam("combineUnderNChars", "Combine Under N Chars", "number", optional=True, additional=True),
    NodeParam("newAfterNChars", "New After N Chars", "number", optional=True, additional=True),
    NodeParam("maxCharacters", "Max Characters", "number", default="500", optional=True, additional=True),
)
"""Source: https://docs.unstructured.io/api-reference/partition/api-parameters"""
