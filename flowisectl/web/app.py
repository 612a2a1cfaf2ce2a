"""create_app: the HTTP application of one main process."""

from __future__ import annotations

from functools import partial

from quart import Quart

from flowisectl.web.access.cors import CorsPolicy
from flowisectl.web.access.framing import framing_headers
from flowisectl.web.access.gate import API, Gate
from flowisectl.web.blueprints import (
    accounts,
    api_keys,
    assistants,
    attachments,
    chat_messages,
    chatflows,
    component_runs,
    credential_types,
    credentials,
    custom_mcp_servers,
    document_store_runs,
    document_stores,
    editions,
    executions,
    export_import,
    feedback,
    fetch_links,
    flow_inspection,
    health,
    icons,
    internal_predictions,
    jobs,
    leads,
    marketplaces,
    mcp,
    nodes,
    oauth2_credentials,
    openapi,
    predictions,
    probes,
    profiles,
    prompts,
    public_flows,
    schedules,
    speech,
    tools,
    upload_files,
    upsert_history,
    variables,
    vectors,
    webhook_listeners,
    webhooks,
)
from flowisectl.web.client_address import ProxyTrust
from flowisectl.web.door import PredictionDoor
from flowisectl.web.edge import Edge
from flowisectl.web.errors import register_errors
from flowisectl.web.flows.domains import domains_of
from flowisectl.web.pages.front_page import front_page
from flowisectl.web.requests.body import LIMIT_KEY
from flowisectl.web.requests.body_limit import BODY_TIMEOUT_SECONDS, MAX_FORM_BYTES
from flowisectl.web.route_rule import MatchedRule
from flowisectl.web.routing import register_missing_routes
from flowisectl.web.services import SERVICES_KEY, WebServices
from flowisectl.web.source import TRUST_KEY

GROUPS = (
    accounts,
    api_keys,
    assistants,
    attachments,
    chat_messages,
    chatflows,
    component_runs,
    credential_types,
    credentials,
    custom_mcp_servers,
    document_store_runs,
    document_stores,
    editions,
    executions,
    export_import,
    feedback,
    fetch_links,
    flow_inspection,
    health,
    icons,
    internal_predictions,
    jobs,
    leads,
    marketplaces,
    mcp,
    nodes,
    oauth2_credentials,
    openapi,
    predictions,
    profiles,
    prompts,
    public_flows,
    schedules,
    speech,
    tools,
    upload_files,
    upsert_history,
    variables,
    vectors,
    webhook_listeners,
    webhooks,
)


def create_app(services: WebServices) -> Quart:
    """An application over these services; a process may have several, each with its own."""
    settings = services.http
    app = Quart("flowisectl", static_folder=None)
    app.url_rule_class = MatchedRule
    app.config.update(
        # The edge keeps the limit of each kind of body; this one is for what the edge lets through.
        MAX_CONTENT_LENGTH=max(settings.file_size_limit, MAX_FORM_BYTES),
        MAX_FORM_MEMORY_SIZE=settings.file_size_limit,
        BODY_TIMEOUT=BODY_TIMEOUT_SECONDS,
        RESPONSE_TIMEOUT=None,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False  # it would send clients to whatever host they name
    for group in GROUPS:
        app.register_blueprint(group.blueprint, url_prefix=API.rstrip("/"))
    app.register_blueprint(probes.metrics_blueprint, url_prefix=API.rstrip("/"))
    app.register_blueprint(probes.blueprint)
    app.add_url_rule("/", "front_page", front_page)
    register_errors(app, with_stack=settings.is_development)
    register_missing_routes(app)
    app.asgi_app = Edge(  # type: ignore[method-assign]
        PredictionDoor(app.asgi_app, with_stack=settings.is_development),
        gate=Gate(services.authentication, denied_public=settings.denylist_urls),
        cors=CorsPolicy(
            origins=settings.cors_origins,
            allow_credentials=settings.cors_allow_credentials,
            app_url=settings.app_url,
            mcp_origins=settings.mcp_cors_origins,
        ),
        flow_domains=partial(domains_of, services.flows),
        framing=framing_headers(settings.iframe_origins),
        body_limit=settings.file_size_limit,
        streams=services.streams,
        shared={SERVICES_KEY: services, LIMIT_KEY: settings.file_size_limit, TRUST_KEY: ProxyTrust(settings.trust_proxy)},
        with_stack=settings.is_development,
    )
    return app
