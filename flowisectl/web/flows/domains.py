"""What a flow's owner says about who may reach it: its list of domains, and the text that others read."""

from __future__ import annotations

from flowisectl.engine.flow import Flow
from flowisectl.errors import FlowError, FlowNotFound
from flowisectl.runs.flows import FlowStore

DEFAULT_REFUSAL = "This site is not allowed to access this chatbot"


def allowed_origins(flow: Flow) -> list[str]:
    """`chatbotConfig.allowedOrigins`; anything but a list of texts counts as no list."""
    listed = flow.chatbot.get("allowedOrigins")
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


def refusal_text(flow: Flow) -> str:
    text = flow.chatbot.get("allowedOriginsError")
    return text if isinstance(text, str) and text else DEFAULT_REFUSAL


async def domains_of(flows: FlowStore, flow_id: str) -> list[str]:
    """The domains that a flow's owner allows, for CORS; an unknown or broken flow has no list."""
    try:
        return allowed_origins((await flows.get(flow_id)).flow)
    except (FlowNotFound, FlowError):
        return []
