"""Texts of tools: the descriptions by which a model decides to call one, where the flow has none."""

from __future__ import annotations

from flowisectl.texts.text import BuiltInText


def _described(name: str, label: str, ours: str) -> BuiltInText:
    return BuiltInText(name=f"tool-{name}", purpose=f"The description of the tool {label}, as the model gets it", ours=ours)


BRAVE_SEARCH = _described(
    "brave-search",
    "BraveSearch API",
    "Searches the web with Brave, for facts and recent events. The input is what to search for, the output a JSON list of finds.",
)
GOOGLE_CUSTOM_SEARCH = _described(
    "google-custom-search",
    "Google Custom Search",
    "Searches the web with Google, for facts and recent events. The input is what to search for, the output a JSON list of finds.",
)
SEARCH_API = _described(
    "search-api", "SearchApi", "Searches the web with Google, for facts and recent events. The input is what to search for."
)
SERP_API = _described("serp-api", "Serp API", "Searches the web, for facts and recent events. The input is what to search for.")
SERPER = _described("serper", "Serper", "Searches the web with Google, for facts and recent events. The input is what to search for.")
TAVILY = _described(
    "tavily",
    "Tavily API",
    "Searches the web, made for language models: for facts and recent events. The input is what to search for.",
)
WOLFRAM_ALPHA = _described(
    "wolfram-alpha",
    "WolframAlpha",
    "Computes answers to questions of mathematics, science and everyday figures. The input is the question.",
)
WEB_BROWSER = _described(
    "web-browser",
    "Web Browser",
    "Reads a web page. The input is the page's whole address and, after a comma, what to find out there; "
    "without that the page is summed up.",
)

PAGE_QUESTION = BuiltInText(
    name="page-question",
    purpose="Asks what a web page says about something: the tool Web Browser",
    placeholders=("text", "question"),
    optional=("url", "links"),
    ours="""\
These are parts of the web page {url}:

{text}

Say what they tell about: {question}. Then list up to five links of the page that fit, as Markdown.

Links:
{links}""",
)

PAGE_SUMMARY = BuiltInText(
    name="page-summary",
    purpose="Asks what a web page says: the tool Web Browser, when nothing is asked of the page",
    placeholders=("text",),
    optional=("url", "links"),
    ours="""\
This is the text of the web page {url}:

{text}

Sum it up. Then list up to five links of the page that matter most, as Markdown.

Links:
{links}""",
)

TEXTS = (
    BRAVE_SEARCH,
    GOOGLE_CUSTOM_SEARCH,
    SEARCH_API,
    SERP_API,
    SERPER,
    TAVILY,
    WOLFRAM_ALPHA,
    WEB_BROWSER,
    PAGE_QUESTION,
    PAGE_SUMMARY,
)
