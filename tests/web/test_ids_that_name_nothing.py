"""Ids that name nothing, or are none: every route answers with the status and the text that clients of Flowise know."""

from __future__ import annotations

import pytest
from quart.testing import QuartClient

INTERNAL = {"x-request-from": "internal"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
STORE = "documentStoreServices.getDocumentStoreById"
KIND = "componentsCredentialsService.getSingleComponentsCredential"
CHECKS = "validationService.checkFlowValidation"


@pytest.mark.parametrize("wrong", [UNKNOWN, "nope"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("chatmessage/{}", "chatMessagesService.getAllChatMessages - Unauthorized access"),
        ("internal-chatmessage/{}", "chatMessagesService.getAllInternalChatMessages - Unauthorized access"),
        ("stats/{}", "statsService.getChatflowStats - Unauthorized access"),
        ("validation/{}", f"{CHECKS} - Error: {CHECKS} - flow not found!"),
        ("chatflows/has-changed/{}/now", "chatflowsService.checkIfChatflowHasChanged - Chatflow {} not found"),
        ("chatflows-streaming/{}", "chatflowsService.checkIfChatflowIsValidForStreaming - Chatflow {} not found"),
        ("chatflows-uploads/{}", "chatflowsService.checkIfChatflowIsValidForUploads - Chatflow {} not found"),
        ("public-chatbotConfig/{}", "chatflowsService.getSinglePublicChatbotConfig - Chatflow {} not found"),
        ("credentials/{}", "credentialsService.createCredential - Credential {} not found"),
        ("components-credentials/{}", f"{KIND} - Error: {KIND} - Credential {{}} not found"),
        ("document-store/store/{}", f"{STORE} - Error: {STORE} - Document store {{}} not found"),
        ("nodes/{}", "nodesService.getAllNodes - Node {} not found"),
    ],
)
async def test_a_service_says_that_it_found_nothing(admin: QuartClient, path: str, text: str, wrong: str) -> None:
    answer = await admin.get(f"/api/v1/{path.format(wrong)}", headers=INTERNAL)

    assert (answer.status_code, (await answer.get_json())["message"]) == (500, f"Error: {text.format(wrong)}")


async def test_the_overridable_inputs_tell_an_unknown_flow_from_no_id(admin: QuartClient) -> None:
    where = "Error: flowConfigService.getSingleFlowConfig - "
    for wrong, text in ((UNKNOWN, f"Chatflow {UNKNOWN} not found in the database!"), ("nope", "Invalid Chatflow ID")):
        answer = await admin.get(f"/api/v1/flow-config/{wrong}", headers=INTERNAL)

        assert (answer.status_code, (await answer.get_json())["message"]) == (500, where + text)


async def test_a_public_flow_that_is_not_there_is_not_found_by_anybody(admin: QuartClient, anybody: QuartClient) -> None:
    for client in (admin, anybody):
        answer = await client.get(f"/api/v1/public-chatflows/{UNKNOWN}")

        assert (answer.status_code, (await answer.get_json())["message"]) == (404, f"Chatflow {UNKNOWN} not found in the database!")


@pytest.mark.parametrize("path", ["leads", "feedback"])
async def test_an_unknown_flow_has_collected_nothing(admin: QuartClient, path: str) -> None:
    answer = await admin.get(f"/api/v1/{path}/{UNKNOWN}", headers=INTERNAL)

    assert (answer.status_code, await answer.get_json()) == (200, [])


async def test_no_executions_are_deleted_when_none_are_named(admin: QuartClient) -> None:
    none = await admin.delete("/api/v1/executions", json={"executionIds": []}, headers=INTERNAL)
    unsaid = await admin.delete("/api/v1/executions", json={}, headers=INTERNAL)

    assert (none.status_code, await none.get_json()) == (200, {"success": True, "deletedCount": 0})
    assert (unsaid.status_code, await unsaid.get_json()) == (400, {"success": False, "message": "No execution IDs provided"})


async def test_files_of_an_unknown_flow_are_not_found(anybody: QuartClient) -> None:
    answer = await anybody.get(f"/api/v1/get-upload-file?chatflowId={UNKNOWN}&chatId=c&fileName=x")

    assert (answer.status_code, (await answer.get_json())["message"]) == (404, f"Chatflow {UNKNOWN} not found")


async def test_an_assistant_of_nothing_is_refused_by_its_service(admin: QuartClient) -> None:
    answer = await admin.post("/api/v1/assistants", json={}, headers=INTERNAL)

    assert (answer.status_code, (await answer.get_json())["message"]) == (
        500,
        "Error: assistantsService.createAssistant - Invalid request body",
    )


async def test_a_negative_page_is_refused(admin: QuartClient) -> None:
    answer = await admin.get("/api/v1/chatflows?page=-1&limit=1", headers=INTERNAL)

    assert (answer.status_code, (await answer.get_json())["message"]) == (412, "Error: page cannot be negative!")
