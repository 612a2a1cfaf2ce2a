"""Every route that clients of Flowise 3.1 may know is served; those that are not stand here, each with its reason."""

from __future__ import annotations

import pytest
from quart import Quart
from werkzeug.exceptions import HTTPException

ROUTES = """
POST prediction/1 · POST internal-prediction/1
POST chatflows · GET chatflows · GET chatflows/1 · PUT chatflows/1 · DELETE chatflows/1 · GET chatflows/apikey/k
GET chatflows/has-changed/1/2026 · POST chatflows/1/webhook-secret · DELETE chatflows/1/webhook-secret
GET chatflows/1/schedule/status · PATCH chatflows/1/schedule/enabled · GET chatflows/1/schedule/trigger-logs
DELETE chatflows/1/schedule/trigger-logs · GET chatflows-streaming/1 · GET chatflows-uploads/1 · GET public-chatflows/1
GET public-chatbotConfig/1 · GET flow-config/1
GET chatmessage/1 · GET internal-chatmessage/1 · DELETE chatmessage/1 · PUT chatmessage/abort/1/2
POST feedback · POST feedback/1 · PUT feedback/1 · GET feedback/1 · POST leads · GET leads/1
POST variables · GET variables · PUT variables/1 · DELETE variables/1
GET apikey · POST apikey · PUT apikey/1 · DELETE apikey/1 · GET verify/apikey/k
POST credentials · GET credentials · GET credentials/1 · GET credentials/1/reveal · PUT credentials/1 · DELETE credentials/1
GET components-credentials · GET components-credentials/x · GET components-credentials-icon/x
POST tools · GET tools · GET tools/1 · PUT tools/1 · DELETE tools/1
POST custom-mcp-servers · GET custom-mcp-servers · GET custom-mcp-servers/1 · PUT custom-mcp-servers/1 · DELETE custom-mcp-servers/1
GET custom-mcp-servers/1/tools · POST custom-mcp-servers/1/authorize
GET nodes · GET nodes/x · GET nodes/category/x · GET node-icon/x · POST node-load-method/x · POST node-config
POST node-custom-function · GET fetch-links · POST load-prompt · POST prompts-list · POST agentflowv2-generator/generate
GET assistants · POST assistants · GET assistants/1 · PUT assistants/1 · DELETE assistants/1 · GET assistants/components/chatmodels
GET assistants/components/docstores · GET assistants/components/tools · POST assistants/generate/instruction
POST openai-assistants-file/download
POST vector/upsert/1 · POST vector/internal-upsert/1 · GET upsert-history/1 · PATCH upsert-history
POST document-store/store · GET document-store/store · GET document-store/store/1 · PUT document-store/store/1
DELETE document-store/store/1 · GET document-store/store-configs/1/2 · GET document-store/components/loaders
GET document-store/components/embeddings · GET document-store/components/vectorstore · GET document-store/components/recordmanager
DELETE document-store/loader/1/2 · POST document-store/loader/preview · POST document-store/loader/save
POST document-store/loader/process/1 · GET document-store/chunks/1/2/3 · PUT document-store/chunks/1/2/3
DELETE document-store/chunks/1/2/3 · POST document-store/vectorstore/save · POST document-store/vectorstore/update
POST document-store/vectorstore/insert · DELETE document-store/vectorstore/1 · POST document-store/vectorstore/query
POST document-store/upsert/1 · POST document-store/refresh/1 · POST document-store/generate-tool-desc/1
POST attachments/1/2 · GET get-upload-file
GET executions · GET executions/1 · PUT executions/1 · DELETE executions/1 · DELETE executions · GET public-executions/1
GET validation/1 · GET stats/1 · GET ping · GET version · GET ip · GET settings · GET pricing · GET metrics · GET logs
GET webhook/1 · POST webhook/1 · PUT webhook/1 · PATCH webhook/1 · DELETE webhook/1
POST webhook-listener/1/register · GET webhook-listener/1/stream/2 · DELETE webhook-listener/1/listener/2
GET mcp-server/1 · POST mcp-server/1 · PUT mcp-server/1 · DELETE mcp-server/1 · POST mcp-server/1/refresh
POST mcp/1 · DELETE mcp/1
POST text-to-speech/generate · POST text-to-speech/abort · GET text-to-speech/voices · GET openai-realtime/1 · POST openai-realtime/1
POST export-import/export · POST export-import/import · POST export-import/chatflow-messages
GET marketplaces/templates · GET marketplaces/custom · POST marketplaces/custom · DELETE marketplaces/custom/1
POST auth/resolve · POST account/register · POST auth/login · POST auth/refreshToken · POST account/logout
POST account/forgot-password · POST account/reset-password · POST account/verify · POST account/resend-verification
POST account/confirm-email-change · POST account/invite · POST account/billing · DELETE account/delete
GET auth/permissions/ROLE · GET auth/ROLE · GET loginmethod/default
GET user · PUT user · GET organization · GET organizationuser · GET workspaceuser · POST workspace/switch
POST oauth2-credential/authorize/1 · GET oauth2-credential/callback · POST oauth2-credential/refresh/1
GET datasets · POST evaluations · GET evaluators · GET role · GET audit · GET loginmethod · GET workspace
"""
LEFT_OUT = {
    "GET openai-assistants": "assistants that run at OpenAI: this version runs assistants of its own flows",
    "GET openai-assistants-vector-store": "the same",
    "POST openai-assistants-file/upload": "the same",
    "GET nvidia-nim/list": "a container of one vendor, on the machine of the editor",
    "GET files": "the original does not mount it either",
}


def routes() -> list[str]:
    return [entry.strip() for line in ROUTES.strip().splitlines() for entry in line.split("·")]


def is_served(app: Quart, route: str) -> bool:
    method, path = route.split(" ", 1)
    try:
        app.url_map.bind("localhost").match(f"/api/v1/{path}", method=method)
    except HTTPException:
        return False
    return True


@pytest.mark.parametrize("route", routes())
def test_it_is_served(app: Quart, route: str) -> None:
    assert is_served(app, route)


@pytest.mark.parametrize("route", LEFT_OUT)
def test_what_is_left_out_is_not_served(app: Quart, route: str) -> None:
    assert not is_served(app, route), "it is served by now: move it to the others"
