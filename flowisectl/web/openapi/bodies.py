"""The shapes of bodies and queries for the API's description: what a schema says that a route's code does not."""

from __future__ import annotations

from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_OBJECT: dict[str, Any] = {"type": "object"}
_DATE: dict[str, Any] = {"type": "string", "format": "date-time"}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
_ID: dict[str, Any] = {"type": "string", "format": "uuid"}


def _object(required: str = "", /, **properties: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties}
    return {**found, "required": required.split()} if required else found


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_UPLOAD = _object(
    data={"type": "string", "description": "A data URI, an address, or the text of a file"},
    type={"enum": ["file", "file:full", "file:rag", "audio", "url"]},
    name=_TEXT,
    mime=_TEXT,
)
_PREDICTION = _object(
    question=_TEXT,
    form={**_OBJECT, "description": "The fields of an agentflow that begins with a form"},
    chatId=_TEXT,
    streaming={"type": ["boolean", "string"], "description": "true: the answer is a stream of server-sent events"},
    overrideConfig={**_OBJECT, "description": "Inputs to change, as far as the flow's owner allows; `sessionId` and `vars` always"},
    history=_list(_object(role=_TEXT, content=_TEXT)),
    uploads=_list(_UPLOAD),
    leadEmail=_TEXT,
    humanInput=_object(type={"enum": ["proceed", "reject"]}, startNodeId=_TEXT, feedback=_TEXT),
    stopNodeId=_TEXT,
)
_FLOW = _object(
    name=_TEXT,
    flowData={"type": "string", "description": "JSON text of `{nodes, edges}`"},
    type={"enum": ["CHATFLOW", "AGENTFLOW", "MULTIAGENT", "ASSISTANT"]},
    deployed=_FLAG,
    isPublic=_FLAG,
    apikeyid=_TEXT,
    chatbotConfig=_TEXT,
    apiConfig=_TEXT,
    category=_TEXT,
    followUpPrompts=_TEXT,
    speechToText=_TEXT,
    textToSpeech=_TEXT,
)
_CREDENTIAL = _object(name=_TEXT, credentialName=_TEXT, plainDataObj=_OBJECT)
_VARIABLE = _object(name=_TEXT, value=_TEXT, type={"enum": ["static", "runtime", "string"]})
_TOOL = _object(name=_TEXT, description=_TEXT, color=_TEXT, iconSrc=_TEXT, schema=_TEXT, func=_TEXT)
_KEY = _object("keyName permissions", keyName=_TEXT, permissions=_list(_TEXT))
_MCP = _object(toolName={"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}, description=_TEXT, enabled=_FLAG)
_SPEECH = _object(
    "chatId chatMessageId text",
    chatId=_TEXT,
    chatMessageId=_TEXT,
    chatflowId=_ID,
    text=_TEXT,
    provider=_TEXT,
    credentialId=_ID,
    voice=_TEXT,
)
_SERVER = _object(
    name=_TEXT, serverUrl={"type": "string", "format": "uri"}, iconSrc=_TEXT, color=_TEXT, authType={"enum": ["NONE", "CUSTOM_HEADERS"]},
    authConfig=_object(headers=_OBJECT),
)  # fmt: skip
_MODEL = _object("name", name=_TEXT, inputs=_OBJECT)
_LOADER = _object(
    "storeId", storeId=_ID, id=_TEXT, loaderId=_TEXT, loaderName=_TEXT, loaderConfig=_OBJECT, splitterId=_TEXT, splitterName=_TEXT,
    splitterConfig=_OBJECT, credential=_TEXT,
)  # fmt: skip
_COMPONENTS = _object(
    "storeId", storeId=_ID, docId=_TEXT, vectorStoreName=_TEXT, vectorStoreConfig=_OBJECT, embeddingName=_TEXT, embeddingConfig=_OBJECT,
    recordManagerName=_TEXT, recordManagerConfig=_OBJECT, isStrictSave=_FLAG,
)  # fmt: skip
_FILES = _object(files=_list({"type": "string", "format": "binary"}))
_KINDS = (
    "agentflow agentflowv2 assistantCustom assistantOpenAI assistantAzure chatflow chat_message chat_feedback custom_template "
    "document_store execution tool variable"
)
_EXPORTS = dict.fromkeys(_KINDS.split(" "), _FLAG)

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "prediction/{flow_id}"): _PREDICTION,
    ("POST", "internal-prediction/{flow_id}"): _PREDICTION,
    ("POST", "chatflows"): {**_FLOW, "required": ["name", "flowData", "type"]},
    ("PUT", "chatflows/{flow_id}"): _FLOW,
    ("PATCH", "chatflows/{flow_id}/schedule/enabled"): _object("enabled", enabled=_FLAG),
    ("DELETE", "chatflows/{flow_id}/schedule/trigger-logs"): _object("logIds", logIds=_list(_ID)),
    ("POST", "vector/upsert/{flow_id}"): _object(stopNodeId=_TEXT, overrideConfig=_OBJECT, chatId=_TEXT, question=_TEXT),
    ("POST", "feedback"): _object(
        "messageId rating",
        chatflowid=_ID,
        chatId=_TEXT,
        messageId=_ID,
        rating={"enum": ["THUMBS_UP", "THUMBS_DOWN"]},
        content=_TEXT,
    ),
    ("PUT", "feedback/{id}"): _object(rating={"enum": ["THUMBS_UP", "THUMBS_DOWN"]}, content=_TEXT),
    ("POST", "leads"): _object("chatflowid", chatflowid=_ID, chatId=_TEXT, name=_TEXT, email=_TEXT, phone=_TEXT),
    ("POST", "credentials"): {**_CREDENTIAL, "required": ["name", "credentialName", "plainDataObj"]},
    ("PUT", "credentials/{credential_id}"): _CREDENTIAL,
    ("POST", "variables"): {**_VARIABLE, "required": ["name", "value"]},
    ("PUT", "variables/{variable_id}"): _VARIABLE,
    ("POST", "tools"): {**_TOOL, "required": ["name", "description", "color"]},
    ("PUT", "tools/{tool_id}"): _TOOL,
    ("POST", "apikey"): _KEY,
    ("PUT", "apikey/{key_id}"): _KEY,
    ("PUT", "executions/{execution_id}"): _object(isPublic=_FLAG),
    ("DELETE", "executions"): _object("executionIds", executionIds=_list(_ID)),
    ("PATCH", "upsert-history"): _object("ids", ids=_list(_ID)),
    ("POST", "assistants"): _object(
        "details credential type", details=_TEXT, credential=_ID, iconSrc=_TEXT, type={"enum": ["CUSTOM", "OPENAI", "AZURE"]}
    ),
    ("PUT", "assistants/{assistant_id}"): _object(details=_TEXT, credential=_ID, iconSrc=_TEXT),
    ("POST", "marketplaces/custom"): _object(
        "name", name=_TEXT, description=_TEXT, chatflowId=_ID, tool=_OBJECT, flowData=_TEXT, badge=_TEXT, usecases=_list(_TEXT)
    ),
    ("POST", "export-import/export"): _object(**_EXPORTS),
    ("POST", "export-import/import"): _OBJECT,
    ("POST", "export-import/chatflow-messages"): _object(
        "chatflowId", chatflowId=_ID, chatType=_list(_TEXT), feedbackType=_list(_TEXT), startDate=_DATE, endDate=_DATE
    ),
    ("POST", "mcp-server/{flow_id}"): _MCP,
    ("PUT", "mcp-server/{flow_id}"): _MCP,
    ("POST", "mcp/{flow_id}"): _object(
        "jsonrpc method", jsonrpc={"const": "2.0"}, id={"type": ["string", "integer"]}, method=_TEXT, params=_OBJECT
    ),
    ("POST", "text-to-speech/generate"): _SPEECH,
    ("POST", "text-to-speech/abort"): _object("chatId chatMessageId chatflowId", chatId=_TEXT, chatMessageId=_TEXT, chatflowId=_ID),
    ("POST", "account/register"): _object("user", user=_object("name email credential", name=_TEXT, email=_TEXT, credential=_TEXT)),
    ("POST", "auth/login"): _object("email password", email=_TEXT, password=_TEXT),
    ("PUT", "user"): _object(id=_ID, name=_TEXT, email=_TEXT, oldPassword=_TEXT, newPassword=_TEXT, confirmPassword=_TEXT),
    ("POST", "custom-mcp-servers"): {**_SERVER, "required": ["name", "serverUrl"]},
    ("PUT", "custom-mcp-servers/{server_id}"): _SERVER,
    ("POST", "node-load-method/{name}"): _object(
        "loadMethod", loadMethod=_TEXT, credential=_ID, inputs=_OBJECT, currentNode=_OBJECT, previousNodes=_list(_OBJECT)
    ),
    ("POST", "node-config"): {**_OBJECT, "description": "A node's data, with its `name`"},
    ("POST", "node-custom-function"): _object("javascriptFunction", javascriptFunction=_TEXT, functionInputVariables=_OBJECT),
    ("POST", "agentflowv2-generator/generate"): _object("question selectedChatModel", question=_TEXT, selectedChatModel=_MODEL),
    ("POST", "load-prompt"): _object("promptName", promptName=_TEXT),
    ("POST", "prompts-list"): _object(tags=_TEXT),
    ("POST", "assistants/generate/instruction"): _object("task selectedChatModel", task=_TEXT, selectedChatModel=_MODEL),
    ("POST", "openai-realtime/{flow_id}"): _object("chatId toolName", chatId=_TEXT, toolName=_TEXT, inputArgs=_OBJECT),
    ("POST", "openai-assistants-file/download"): _object("chatflowId chatId fileName", chatflowId=_ID, chatId=_TEXT, fileName=_TEXT),
    ("POST", "vector/internal-upsert/{flow_id}"): _object(stopNodeId=_TEXT, overrideConfig=_OBJECT, chatId=_TEXT, question=_TEXT),
    ("POST", "document-store/store"): _object("name", name=_TEXT, description=_TEXT),
    ("PUT", "document-store/store/{store_id}"): _object(name=_TEXT, description=_TEXT),
    ("POST", "document-store/loader/save"): _LOADER,
    ("POST", "document-store/loader/preview"): {**_LOADER, "properties": {**_LOADER["properties"], "previewChunkCount": _NUMBER}},
    ("POST", "document-store/loader/process/{loader_id}"): _LOADER,
    ("PUT", "document-store/chunks/{store_id}/{loader_id}/{id}"): _object(pageContent=_TEXT, metadata=_OBJECT),
    ("POST", "document-store/vectorstore/save"): _COMPONENTS,
    ("POST", "document-store/vectorstore/update"): _COMPONENTS,
    ("POST", "document-store/vectorstore/insert"): _COMPONENTS,
    ("POST", "document-store/vectorstore/query"): _object("storeId query", storeId=_ID, query=_TEXT, inputs=_OBJECT),
    ("POST", "document-store/upsert/{store_id}"): _object(
        docId=_TEXT, metadata=_OBJECT, replaceExisting=_FLAG, createNewDocStore=_FLAG, docStore=_OBJECT, loaderName=_TEXT, loader=_OBJECT,
        splitter=_OBJECT, vectorStore=_OBJECT, embedding=_OBJECT, recordManager=_OBJECT,
    ),
    ("POST", "document-store/refresh/{store_id}"): _object(items=_list(_object(docId=_TEXT))),
    ("POST", "document-store/generate-tool-desc/{store_id}"): _object("selectedChatModel", selectedChatModel=_MODEL),
}  # fmt: skip
FORMS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "prediction/{flow_id}"): {**_FILES, "properties": {**_FILES["properties"], "question": _TEXT, "chatId": _TEXT, "vars": _TEXT}},
    ("POST", "vector/upsert/{flow_id}"): _FILES,
    ("POST", "document-store/upsert/{store_id}"): _FILES,
    ("POST", "attachments/{flow_id}/{chat_id}"): {**_FILES, "properties": {**_FILES["properties"], "base64": _TEXT}},
}
_PAGES = {"page": _NUMBER, "limit": _NUMBER}
_MESSAGES = {
    "chatType": _TEXT, "order": {"enum": ["ASC", "DESC"]}, "chatId": _TEXT, "memoryType": _TEXT, "sessionId": _TEXT, "messageId": _TEXT,
    "startDate": _DATE, "endDate": _DATE, "feedback": _TEXT, "feedbackType": {"enum": ["THUMBS_UP", "THUMBS_DOWN"]},
}  # fmt: skip
QUERIES: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "chatflows"): {"type": {"enum": ["CHATFLOW", "AGENTFLOW", "MULTIAGENT", "ASSISTANT"]}, **_PAGES},
    ("GET", "chatflows/apikey/{key}"): {"keyonly": _TEXT},
    ("GET", "chatmessage/{flow_id}"): {**_MESSAGES, **_PAGES},
    ("GET", "internal-chatmessage/{flow_id}"): _MESSAGES,
    ("DELETE", "chatmessage/{flow_id}"): _MESSAGES,
    ("GET", "stats/{flow_id}"): {name: _MESSAGES[name] for name in ("chatType", "startDate", "endDate", "feedbackType")},
    ("GET", "feedback/{id}"): {name: _MESSAGES[name] for name in ("chatId", "order", "startDate", "endDate")},
    ("GET", "variables"): _PAGES,
    ("GET", "tools"): _PAGES,
    ("GET", "apikey"): _PAGES,
    ("GET", "assistants"): {"type": {"enum": ["CUSTOM", "OPENAI", "AZURE"]}},
    ("GET", "credentials"): {"credentialName": _TEXT},
    ("GET", "executions"): {
        "id": _TEXT, "agentflowId": _TEXT, "agentflowName": _TEXT, "sessionId": _TEXT, "state": _TEXT, "startDate": _DATE, "endDate": _DATE,
        **_PAGES,
    },
    ("GET", "chatflows/{flow_id}/schedule/trigger-logs"): {"status": _TEXT, **_PAGES},
    ("GET", "upsert-history/{flow_id}"): {name: _MESSAGES[name] for name in ("order", "startDate", "endDate")},
    ("GET", "get-upload-file"): {"chatflowId": _ID, "chatId": _TEXT, "fileName": _TEXT, "download": _FLAG},
    ("GET", "text-to-speech/voices"): {"provider": {"enum": ["openai", "elevenlabs"]}, "credentialId": _ID},
    ("GET", "marketplaces/custom"): _PAGES,
    ("GET", "custom-mcp-servers"): _PAGES,
    ("GET", "document-store/store"): _PAGES,
    ("DELETE", "document-store/vectorstore/{store_id}"): {"docId": _TEXT},
    ("GET", "fetch-links"): {
        "url": {"type": "string", "format": "uri"}, "relativeLinksMethod": {"enum": ["webCrawl", "scrapeXMLSitemap"]}, "limit": _NUMBER,
    },
    ("GET", "oauth2-credential/callback"): {"code": _TEXT, "state": _TEXT, "error": _TEXT},
    ("GET", "organization"): {"id": _ID},
    ("GET", "organizationuser"): {"organizationId": _ID, "userId": _ID},
    ("GET", "workspaceuser"): {"workspaceId": _ID, "userId": _ID},
    ("POST", "workspace/switch"): {"id": _ID},
}  # fmt: skip
CHOICES = {
    "auth/permissions/{kind}": ("ROLE", "API_KEY"),
    "auth/{kind}": ("ROLE", "API_KEY"),
    "document-store/components/{kind}": ("loaders", "embeddings", "vectorstore", "recordmanager"),
}
"""The values of a path's parameter, where there are few."""
SCHEMAS: dict[str, Any] = {
    "Error": _object(
        statusCode={"type": "integer"},
        success={"const": False},
        message=_TEXT,
        stack={"type": ["object", "string"]},
        error={"type": ["string", "object"], "description": "Some routes answer with this member alone; an object in JSON-RPC"},
    )
}
