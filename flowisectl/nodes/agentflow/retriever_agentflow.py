"""Finds documents for a question."""

from __future__ import annotations

from flowisectl.engine.agentflow.js_values import pretty_json
from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.nodes.agentflow._knowledge import store_of, store_retriever
from flowisectl.nodes.agentflow._params import CATEGORY, update_state_param
from flowisectl.nodes.agentflow._speech import say


class RetrieverAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="retrieverAgentflow",
        label="Retriever",
        category=CATEGORY,
        version=1.1,
        base_classes=("Retriever",),
        description="Finds documents for a question",
        color="#b8bedd",
        inputs=(
            NodeParam(
                "retrieverKnowledgeDocumentStores",
                "Knowledge (Document Stores)",
                "array",
                description="Where to search",
                array=(NodeParam("documentStore", "Document Store", "asyncOptions", load_method="listStores"),),
            ),
            NodeParam("retrieverQuery", "Retriever Query", "string", accept_variable=True, rows=4, placeholder="What to search for"),
            NodeParam(
                "outputFormat",
                "Output Format",
                "options",
                "text",
                options=(Option("Text", "text"), Option("Text with Metadata", "textWithMetadata")),
            ),
            update_state_param("retriever"),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """The documents of all stores, in their order."""
        query = inputs.text("retrieverQuery") or step.input or ""
        stores = [store_of(row.get("documentStore"))[0] for row in inputs.rows("retrieverKnowledgeDocumentStores")]
        documents: list[Document] = []
        for store_id in stores:
            if store_id:
                documents += await (await store_retriever(store_id, inputs, context)).retrieve(query)
        if inputs.text("outputFormat") == "textWithMetadata":
            content = pretty_json([document.to_json() for document in documents])
        else:
            content = "\n".join(document.page_content for document in documents)
        say(context, step, content)
        return StepResult(
            input={"question": query},
            output={"content": content},
            state=updated_state(step.state, inputs.rows("retrieverUpdateState"), content),
        )
