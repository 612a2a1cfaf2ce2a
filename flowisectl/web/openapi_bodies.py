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
_VARIABLE = _object(name=_TEXT, value=_TEXT, type={"enum": ["static", "runtime"]})
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
    ("PUT", "feedback/{feedback_id}"): _object(rating={"enum": ["THUMBS_UP", "THUMBS_DOWN"]}, content=_TEXT),
    ("POST", "leads"): _object("chatflowid", chatflowid=_ID, chatId=_TEXT, name=_TEXT, email=_TEXT, phone=_TEXT),
    ("POST", "credentials"): {**_CREDENTIAL, "required": ["name", "credentialName"]},
    ("PUT", "credentials/{credential_id}"): _CREDENTIAL,
    ("POST", "variables"): {**_VARIABLE, "required": ["name"]},
    ("PUT", "variables/{variable_id}"): _VARIABLE,
    ("POST", "tools"): {**_TOOL, "required": ["name", "description"]},
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
}
FORMS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "prediction/{flow_id}"): {**_FILES, "properties": {**_FILES["properties"], "question": _TEXT, "chatId": _TEXT, "vars": _TEXT}},
    ("POST", "vector/upsert/{flow_id}"): _FILES,
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
    ("GET", "feedback/{flow_id}"): {name: _MESSAGES[name] for name in ("chatId", "order", "startDate", "endDate")},
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
}  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "Error": _object(
        statusCode={"type": "integer"},
        success={"const": False},
        message=_TEXT,
        stack={"type": ["object", "string"]},
        error={"type": "string", "description": "Some routes answer with this member alone"},
    )
}
