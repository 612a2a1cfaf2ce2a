"""Routes asked for without the id at their end: answered by what is missing, as clients of Flowise know it."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.web.access.gate import API

_ID, _NAME, _STORE = "id", "name", "storeId"


def _of(controller: str, resource: str, changed: str, deleted: str) -> dict[tuple[str, str], tuple[str, str]]:
    return {("PUT", resource): (f"{controller}.{changed}", _ID), ("DELETE", resource): (f"{controller}.{deleted}", _ID)}


_MISSING: Mapping[tuple[str, str], tuple[str, str]] = {
    **_of("variablesController", "variables", "updateVariable", "deleteVariable"),
    **_of("toolsController", "tools", "updateTool", "deleteTool"),
    **_of("chatflowsController", "chatflows", "updateChatflow", "deleteChatflow"),
    **_of("credentialsController", "credentials", "updateCredential", "deleteCredentials"),
    **_of("assistantsController", "assistants", "updateAssistant", "deleteAssistant"),
    **_of("apikeyController", "apikey", "updateApiKey", "deleteApiKey"),
    ("PUT", "feedback"): ("feedbackController.updateChatMessageFeedbackForChatflow", _ID),
    ("GET", "feedback"): ("feedbackController.getAllChatMessageFeedback", _ID),
    ("GET", "leads"): ("leadsController.getAllLeadsForChatflow", _ID),
    ("GET", "chatmessage"): ("chatMessageController.getAllChatMessages", _ID),
    ("DELETE", "chatmessage"): ("chatMessagesController.removeAllChatMessages", _ID),
    ("GET", "chatflows-streaming"): ("chatflowsController.checkIfChatflowIsValidForStreaming", _ID),
    ("GET", "chatflows-uploads"): ("chatflowsController.checkIfChatflowIsValidForUploads", _ID),
    ("GET", "public-chatflows"): ("chatflowsController.getSinglePublicChatflow", _ID),
    ("GET", "public-chatbotConfig"): ("chatflowsController.getSinglePublicChatbotConfig", _ID),
    ("GET", "flow-config"): ("flowConfigsController.getSingleFlowConfig", _ID),
    ("GET", "stats"): ("statsController.getChatflowStats", _ID),
    ("GET", "node-icon"): ("nodesController.getSingleNodeIcon", _NAME),
    ("POST", "node-load-method"): ("nodesController.getSingleNodeAsyncOptions", _NAME),
    ("GET", "components-credentials-icon"): ("componentsCredentialsController.getSingleComponentsCredentialIcon", _NAME),
    ("GET", "verify/apikey"): ("apikeyController.verifyApiKey", "apikey"),
    ("POST", "document-store/upsert"): ("documentStoreController.upsertDocStoreMiddleware", _STORE),
    ("POST", "document-store/refresh"): ("documentStoreController.refreshDocStoreMiddleware", _STORE),
}
"""Method and path below the API's → who misses what. Statuses and texts are seen from outside of Flowise 3.1."""


def missing_id(method: str, path: str) -> str | None:
    """The text of the 412 for a path that lacks its id; None for any other path."""
    found = _MISSING.get((method, path.removeprefix(API).rstrip("/"))) if path.startswith(API) else None
    return f"Error: {found[0]} - {found[1]} not provided!" if found else None
