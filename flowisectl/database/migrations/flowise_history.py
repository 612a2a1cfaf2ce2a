"""The names of Flowise's own migrations, as its table `migrations` lists them.

A database that is made here carries the whole list, so that Flowise finds nothing left to do when it opens it later.
Format: class name with its 13-digit time stamp; the column `timestamp` is that stamp.
"""

from __future__ import annotations

# fmt: off
_BOTH = (
    "AddAnalytic1694432361423", "AddAssistantEntity1699325775451", "AddVariableEntity1699325775451",
    "AddUsedToolsToChatMessage1699481607341", "AddCategoryToChatFlow1699900910291", "AddFileAnnotationsToChatMessage1700271021237",
    "AddFileUploadsToChatMessage1701788586491", "AddSpeechToText1706364937060", "AddUpsertHistoryEntity1709814301358",
    "AddDocumentStore1711637331047", "AddEvaluation1714548873039", "AddDatasets1714548903384",
    "AddAgentReasoningToChatMessage1714679514451", "AddEvaluator1714808591644", "AddVectorStoreConfigToDocStore1715861032479",
    "AddTypeToChatFlow1716300000000", "AddApiKey1720230151480", "AddAuthTables1720230151482", "AddWorkspace1720230151484",
    "AddActionToChatMessage1721078251523", "AddCustomTemplate1725629836652", "AddArtifactsToChatMessage1726156258465",
    "AddWorkspaceShared1726654922034", "AddWorkspaceIdToCustomTemplate1726655750383", "AddOrganization1727798417345",
    "LinkWorkspaceId1729130948686", "LinkOrganizationId1729133111652", "AddSSOColumns1730519457880", "AddTypeToAssistant1733011290987",
    "AddSeqNoToDatasetRow1733752119696", "AddPersonalWorkspace1734074497540", "RefactorEnterpriseDatabase1737076223692",
    "AddExecutionEntity1738090872625", "FixOpenSourceAssistantTable1743758056188", "AddErrorToEvaluationRun1744964560174",
    "ExecutionLinkWorkspaceId1746862866554", "ModifyChatflowType1755066758601", "AddReasonContentToChatMessage1764759496768",
    "AddApiKeyPermission1765360298674", "AddCustomMcpServer1766000000000", "AddMcpServerConfigToChatFlow1767000000000",
    "AddScheduleEntities1772000000000",
)
_SQLITE = (
    "Init1693835579790", "ModifyChatFlow1693920824108", "ModifyChatMessage1693921865247", "ModifyCredential1693923551694",
    "ModifyTool1693924207475", "AddApiConfig1694090982460", "AddChatHistory1694657778173", "AddFeedback1707213619308",
    "AddLead1710832117612", "AddLeadToChatMessage1711537986113", "AddFollowUpPrompts1726666294213",
    "AddTextToSpeechToChatFlow1754986486669", "AddTextToSpeechToChatFlow1759419136055", "AddChatFlowNameIndex1759424923093",
    "AddWebhookSecretToChatFlow1776240000000",
)
_POSTGRESQL = (
    "Init1693891895163", "ModifyChatFlow1693995626941", "ModifyChatMessage1693996694528", "ModifyCredential1693997070000",
    "ModifyTool1693997339912", "AddApiConfig1694099183389", "AddChatHistory1694658756136", "AddFeedback1707213601923",
    "FieldTypes1710497452584", "AddLead1710832137905", "AddLeadToChatMessage1711538016098", "AddFollowUpPrompts1726666309552",
    "ModifyExecutionSessionIdFieldType1748450230238", "AddTextToSpeechToChatFlow1754986480347", "AddTextToSpeechToChatFlow1759419194331",
    "AddChatFlowNameIndex1759424903973", "AddWebhookSecretToChatFlow1776240000001",
)
_MYSQL = (
    "Init1693840429259", "ModifyChatFlow1693997791471", "ModifyChatMessage1693999022236", "ModifyCredential1693999261583",
    "ModifyTool1694001465232", "AddApiConfig1694099200729", "AddChatHistory1694658767766", "AddFeedback1707213626553",
    "AddLead1710832127079", "AddLeadToChatMessage1711538023578", "LongTextColumn1722301395521",
    "ModifyExecutionDataColumnType1747902489801", "FixDocumentStoreFileChunkLongText1765000000000",
)
_OWN_STAMPS = {
    "mysql": (
        "AddFollowUpPrompts1726666302024", "AddTextToSpeechToChatFlow1754986468397", "AddTextToSpeechToChatFlow1759419216034",
        "AddChatFlowNameIndex1759424828558", "AddWebhookSecretToChatFlow1776240000002", "FixErrorsColumnInEvaluationRun1746437114935",
    ),
    "mariadb": (
        "AddFollowUpPrompts1726666318346", "AddTextToSpeechToChatFlow1754986457485", "AddTextToSpeechToChatFlow1759419231100",
        "AddChatFlowNameIndex1759424809984", "AddWebhookSecretToChatFlow1776240000003",
    ),
}
_OTHER_STAMPS = {"AddWorkspace1720230151484": {"mariadb": "AddWorkspace1725437498242"}}
# fmt: on


def flowise_migrations(dialect: str) -> list[tuple[int, str]]:
    """`(timestamp, name)` of every migration of Flowise 3.1.3 and 3.1.4, in the order in which they run them, for `sqlite`,
    `postgresql`, `mysql` or `mariadb`: compared with databases that 3.1.4 made."""
    names = _BOTH + (_POSTGRESQL if dialect == "postgresql" else _SQLITE)
    if dialect in _OWN_STAMPS:
        names = tuple(_OTHER_STAMPS.get(name, {}).get(dialect, name) for name in _BOTH) + _MYSQL + _OWN_STAMPS[dialect]
    # Of equal stamps the order of the list counts.
    return sorted(((int(name[-13:]), name) for name in names), key=lambda item: item[0])
