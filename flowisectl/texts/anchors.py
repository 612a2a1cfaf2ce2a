"""Where Flowise's counterparts of our texts stand: package, file, and the identifier that names each.

Flowise 3 takes LangChain's prompts from `@langchain/classic`, earlier versions from `langchain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowisectl.texts import agents, conversations, databases, documents, server, tools
from flowisectl.texts.text import BuiltInRows, BuiltInText

CLASSIC = ("@langchain/classic", "langchain")
CORE = ("@langchain/core",)
COMMUNITY = ("@langchain/community",)
COMPONENTS = ("flowise-components",)
SERVER = ("flowise",)
LLAMA_INDEX = ("llamaindex",)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    text: BuiltInText | BuiltInRows
    packages: tuple[str, ...]
    """Any of these; the first that has the text counts."""
    files: tuple[str, ...]
    """Paths in the package; a module of one name may be printed with another ending."""
    before: str
    """What stands in front of the literal, as a regular expression; blanks and comments may lie between."""
    doubled: int = 0
    """How often braces are doubled there: once in a LangChain template, twice in a template for a template."""
    spelled: Mapping[str, str] = field(default_factory=dict)
    """How a placeholder is written there → our name of it, where they differ."""
    expressions: Mapping[str, str] = field(default_factory=dict)
    """The code in `${…}`, as a regular expression → our placeholder."""


def _constant(name: str) -> str:
    """`const NAME = …` or `exports.NAME = …`."""
    return rf"(?<![\w$]){name}\s*="


def _printed(path: str) -> tuple[str, ...]:
    return (f"dist/{path}.js", f"dist/{path}.cjs")


def _langchain(text: BuiltInText, path: str, before: str, *, doubled: int = 1, **options: Mapping[str, str]) -> Anchor:
    return Anchor(text=text, packages=CLASSIC, files=_printed(path), before=before, doubled=doubled, **options)


def _described(text: BuiltInText, module: str, packages: tuple[str, ...] = COMMUNITY) -> Anchor:
    """The description that a tool of LangChain gives itself: a property of its class."""
    before = r"(?:this\.description|(?<![\w$.])description)\s*=|\"description\",\s*\{[^{}]{0,200}?\bvalue:"
    return Anchor(text=text, packages=packages, files=_printed(module), before=before)


def _llama_index(text: BuiltInText, function: str, **expressions: str) -> Anchor:
    before = rf"(?<![\w$]){function}\s*=\s*\([^)]*\)\s*=>\s*\{{\s*return"
    return Anchor(text=text, packages=LLAMA_INDEX, files=("dist/Prompt.js", "dist/cjs/Prompt.js"), before=before, expressions=expressions)


_PROMPTS = ("dist/nodes/agentflow/prompt.js",)

ANCHORS = (
    _langchain(conversations.CONVERSATION_SUMMARY, "memory/prompt", _constant("_DEFAULT_SUMMARIZER_TEMPLATE")),
    Anchor(
        text=conversations.AGENTFLOW_SUMMARY,
        packages=COMPONENTS,
        files=_PROMPTS,
        before=_constant("DEFAULT_SUMMARIZER_TEMPLATE"),
    ),
    Anchor(
        text=conversations.SCHEMA_INSTRUCTIONS,
        packages=(*CORE, *CLASSIC),
        files=_printed("output_parsers/structured"),
        # The first of the module's classes is the one that Flowise uses.
        before=r"getFormatInstructions\(\)\s*\{\s*return",
        expressions={r"JSON\.stringify\(.*\)": "schema"},
    ),
    _langchain(conversations.ANSWER_REPAIR, "output_parsers/prompts", _constant("NAIVE_FIX_TEMPLATE")),
    Anchor(
        text=conversations.CONDITION_AGENT,
        packages=COMPONENTS,
        files=_PROMPTS,
        before=_constant("CONDITION_AGENT_SYSTEM_PROMPT"),
    ),
    Anchor(
        text=conversations.TOOL_REFUSED,
        packages=SERVER,
        files=("dist/utils/buildAgentGraph.js",),
        before=r"name:\s*toolCall\.name,\s*content:",
        expressions={r"toolCall\.name": "name"},
    ),
    Anchor(
        text=conversations.SAME_MEANING,
        packages=COMPONENTS,
        files=("dist/nodes/moderation/SimplePromptModeration/SimplePromptModerationRunner.js",),
        before=r"this\.model\.invoke\(",
        expressions={"input": "text", "denyStr": "entry"},
    ),
    _langchain(agents.JSON_AGENT_REMINDER, "agents/chat_convo/prompt", _constant("PREFIX_END")),
    _langchain(agents.JSON_AGENT_FORMAT, "agents/chat_convo/prompt", _constant("FORMAT_INSTRUCTIONS"), doubled=2),
    _langchain(agents.JSON_AGENT_QUESTION, "agents/chat_convo/prompt", _constant("DEFAULT_SUFFIX")),
    Anchor(
        text=agents.JSON_AGENT_OBSERVATION,
        packages=(*COMPONENTS, *CLASSIC),
        files=("dist/nodes/agents/ConversationalAgent/ConversationalAgent.js", *_printed("agents/chat_convo/prompt")),
        before=_constant("TEMPLATE_TOOL_RESPONSE"),
        doubled=1,
    ),
    Anchor(
        text=agents.NEXT_WORKER,
        packages=COMPONENTS,
        files=("dist/nodes/multiagents/Supervisor/Supervisor.js",),
        before=r"let userPrompt\s*=",
        expressions={r"memberOptions\.join\(.*\)": "members"},
    ),
    Anchor(
        text=agents.TEAMWORK,
        packages=COMPONENTS,
        files=("dist/nodes/multiagents/Worker/Worker.js",),
        before=r"combinedPrompt\s*=\s*systemPrompt\s*\+",
        doubled=1,
    ),
    _langchain(documents.RETRIEVAL_ANSWER, "chains/question_answering/stuff_prompts", _constant("system_template")),
    _langchain(
        documents.EXTRACT_PASSAGES,
        "retrievers/document_compressors/chain_extract_prompt",
        r"(?<![\w$])PROMPT_TEMPLATE\s*=\s*\(?\w+\)?\s*=>",
        expressions={r"\w+": "nothing"},
    ),
    *(
        _langchain(text, "retrievers/hyde", rf"case\s*[\"'`]{key}[\"'`]\s*:\s*template\s*=")
        for key, text in documents.HYDE_PASSAGES.items()
    ),
    _llama_index(documents.QUERY_ANSWER, "defaultTextQaPrompt", context="context", query="query"),
    _llama_index(documents.QUERY_REFINE, "defaultRefinePrompt", query="query", existingAnswer="existingAnswer", context="context"),
    *(
        Anchor(text=text, packages=COMMUNITY, files=_printed("chains/graph_qa/prompts"), before=_constant(name), doubled=1)
        for text, name in (
            (databases.CYPHER_STATEMENT, "CYPHER_GENERATION_TEMPLATE"),
            (databases.CYPHER_ANSWER, "CYPHER_QA_TEMPLATE"),
        )
    ),
    _described(tools.BRAVE_SEARCH, "tools/brave_search"),
    _described(tools.GOOGLE_CUSTOM_SEARCH, "tools/google_custom_search"),
    _described(tools.SEARCH_API, "tools/searchapi"),
    _described(tools.SERP_API, "tools/serpapi"),
    _described(tools.SERPER, "tools/serper"),
    _described(tools.WOLFRAM_ALPHA, "tools/wolframalpha"),
    _described(tools.TAVILY, "tavily-search", ("@langchain/tavily",)),
    _described(tools.WEB_BROWSER, "tools/webbrowser", CLASSIC),
    Anchor(
        text=server.STORE_DESCRIPTION,
        packages=SERVER,
        files=("dist/utils/prompt.js",),
        before=_constant("DOCUMENTSTORE_TOOL_DESCRIPTION_PROMPT_GENERATOR"),
    ),
    Anchor(
        text=server.ASSISTANT_INSTRUCTION,
        packages=SERVER,
        files=("dist/utils/prompt.js",),
        before=_constant("ASSISTANT_PROMPT_GENERATOR"),
        spelled={"{{task}}": "task"},
    ),
    Anchor(text=server.IP_ADVICE, packages=SERVER, files=("dist/index.js",), before=r"/ip['\"`][\s\S]{0,300}?[\s{,]msg:"),
    Anchor(
        text=server.PRICING,
        packages=SERVER,
        files=("dist/controllers/pricing/index.js",),
        before=_constant("pricingPlans"),
    ),
)
