"""Where source code and markup of various languages is best cut, most telling places first."""

from __future__ import annotations

_BLANK = ("\n\n", "\n", " ", "")


def _lines(*starts: str) -> tuple[str, ...]:
    return (*(f"\n{start}" for start in starts), *_BLANK)


_C_BLOCKS = ("if ", "for ", "while ", "switch ", "case ")
_SCRIPT = _lines("function ", "const ", "let ", "var ", "class ", *_C_BLOCKS, "default ")

SEPARATORS: dict[str, tuple[str, ...]] = {
    "c": _lines("struct ", "enum ", "void ", "int ", "float ", "double ", *_C_BLOCKS),
    "cobol": _lines("IDENTIFICATION DIVISION.", "ENVIRONMENT DIVISION.", "DATA DIVISION.", "PROCEDURE DIVISION.", "SECTION.", "PERFORM ",
                    "IF "),
    "cpp": _lines("class ", "namespace ", "template", "void ", "int ", "float ", "double ", *_C_BLOCKS),
    "csharp": _lines("namespace ", "interface ", "enum ", "class ", "public ", "protected ", "private ", "static ", *_C_BLOCKS),
    "elixir": _lines("defmodule ", "def ", "defp ", "defmacro ", "if ", "unless ", "case ", "cond ", "with ", "for "),
    "go": _lines("func ", "var ", "const ", "type ", *_C_BLOCKS),
    "haskell": _lines("module ", "import ", "data ", "newtype ", "class ", "instance ", "type ", "main ", "where ", "let ", "case "),
    "html": ("<body>", "<div>", "<p>", "<br>", "<li>", "<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>", "<span>", "<table>", "<tr>", "<td>",
             "<th>", "<ul>", "<ol>", "<header>", "<footer>", "<nav>", "<head>", "<style>", "<script>", "<meta>", "<title>", " ", ""),
    "java": _lines("class ", "public ", "protected ", "private ", "static ", *_C_BLOCKS),
    "js": _SCRIPT,
    "kotlin": _lines("class ", "object ", "fun ", "val ", "var ", "if ", "for ", "while ", "when ", "else "),
    "latex": _lines("\\chapter{", "\\section{", "\\subsection{", "\\subsubsection{", "\\begin{enumerate}", "\\begin{itemize}",
                    "\\begin{description}", "\\begin{list}", "\\begin{quote}", "\\begin{verbatim}", "\\begin{align}"),
    "lua": _lines("local ", "function ", "if ", "for ", "while ", "repeat "),
    "markdown": ("\n## ", "\n### ", "\n#### ", "\n##### ", "\n###### ", "```\n\n", "\n\n***\n\n", "\n\n---\n\n", "\n\n___\n\n", *_BLANK),
    "php": _lines("function ", "class ", "if ", "foreach ", "while ", "do ", "switch ", "case "),
    "powershell": _lines("function ", "param ", "if ", "foreach ", "for ", "while ", "switch ", "class ", "try ", "catch "),
    "proto": _lines("message ", "service ", "enum ", "option ", "import ", "syntax "),
    "python": ("\nclass ", "\ndef ", "\n\tdef ", *_BLANK),
    "rst": ("\n===\n", "\n---\n", "\n***\n", "\n.. ", *_BLANK),
    "ruby": _lines("def ", "class ", "if ", "unless ", "while ", "for ", "do ", "begin ", "rescue "),
    "rust": _lines("fn ", "const ", "let ", "if ", "while ", "for ", "loop ", "match "),
    "scala": _lines("class ", "object ", "def ", "val ", "var ", "if ", "for ", "while ", "match ", "case "),
    "sol": _lines("pragma ", "using ", "contract ", "interface ", "library ", "constructor ", "type ", "function ", "event ", "modifier ",
                  "error ", "struct ", "enum ", "if ", "for ", "while ", "do while ", "assembly "),
    "swift": _lines("func ", "class ", "struct ", "enum ", *_C_BLOCKS),
    "ts": _lines("enum ", "interface ", "namespace ", "type ", "class ", "function ", "const ", "let ", "var ", *_C_BLOCKS, "default "),
}  # fmt: skip
