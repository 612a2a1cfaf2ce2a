"""The files of a GitHub repository."""

from __future__ import annotations

from flowisectl.clients.github import GitHubRepository
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of


class Github(Node):
    definition = NodeDefinition(
        name="github",
        label="Github",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="The text files of a GitHub repository",
        credential=CredentialParam(("githubApi",), optional=True),
        inputs=(
            NodeParam("repoLink", "Repo Link", "string"),
            NodeParam("branch", "Branch", "string", default="main"),
            NodeParam("recursive", "Recursive", "boolean", optional=True),
            NodeParam("maxConcurrency", "Max Concurrency", "number", optional=True, step=1, additional=True),
            NodeParam("githubBaseUrl", "Github Base URL", "string", optional=True, additional=True),
            NodeParam("githubInstanceApi", "Github Instance API", "string", optional=True, additional=True),
            NodeParam("ignorePath", "Ignore Paths", "string", optional=True, rows=4, additional=True),
            NodeParam("maxRetries", "Max Retries", "number", optional=True, step=1, additional=True, description="At most 2"),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        base_url = inputs.text("githubBaseUrl", "https://github.com").rstrip("/")
        link = inputs.text("repoLink").strip()
        owner, _, rest = link.removeprefix(base_url).strip("/").partition("/")
        name = rest.partition("/")[0].removesuffix(".git")
        if not owner or not name or "://" in owner:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): {link[:200]!r} is no repository: expected {base_url}/owner/name")
        ignored, retries = inputs.json("ignorePath"), inputs.integer("maxRetries")
        repository = GitHubRepository(
            context.http,
            api_url=inputs.text("githubInstanceApi", "https://api.github.com").rstrip("/"),
            owner=owner,
            name=name,
            branch=inputs.text("branch", "main"),
            token=inputs.secret("accessToken"),
            parallel=inputs.integer("maxConcurrency") or 2,
            retries=2 if retries is None else retries,
        )
        files = await repository.text_files(
            recursive=inputs.flag("recursive"), ignored=[str(path) for path in ignored] if isinstance(ignored, list) else []
        )
        documents = [
            Document(page_content=text, metadata={"source": path, "repository": f"{base_url}/{owner}/{name}", "branch": repository.branch})
            for path, text in files
        ]
        return await answer_of(inputs, lambda: documents)
