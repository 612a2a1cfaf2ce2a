"""Which files of a folder, on a disk or in a bucket, are read: those whose endings tell that there is text in them."""

from __future__ import annotations

ENDINGS = frozenset((
    "json", "jsonl", "txt", "md", "mdx", "html", "htm", "xml", "css", "csv", "pdf", "docx", "xlsx", "pptx", "js", "jsx", "mjs", "ts",
    "tsx", "py", "pyw", "rb", "rs", "go", "java", "kt", "kts", "scala", "swift", "c", "h", "cc", "cpp", "hpp", "cs", "php", "pl", "lua",
    "r", "sh", "bash", "sql", "sol", "proto", "graphql", "vue", "svelte", "yaml", "yml", "toml", "ini", "tex", "ltx", "rst", "markdown",
    "less", "scss", "sass", "vb", "aspx", "asp",
))  # fmt: skip
