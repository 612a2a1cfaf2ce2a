"""Lets an agent use Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._rest_actions import Arguments, RestAction, filled, rest_tool
from flowisectl.nodes.tools._stripe_params import PARAMS

API_URL = "https://api.stripe.com/v1"
VERSION = "2025-02-24.acacia"
"""Names of fields differ from version to version."""
_FORM = "application/x-www-form-urlencoded"
_LIMIT = {"limit": "how many at most:number"}
_ITEM = {"price": "The id of the price", "quantity": "how many:number"}


def _post(tool: str, description: str, path: str, arguments: dict[str, str], *required: str, names: Mapping[str, str] | None = None,
          fixed: Mapping[str, str] | None = None) -> RestAction:  # fmt: skip
    """A request whose arguments are the fields of a form, but for those in the path."""

    async def act(service: RestService, values: Arguments) -> Any:
        given = {name: value for name, value in values.items() if name in arguments and f"{{{name}}}" not in path}
        fields = {(names or {}).get(name, name): value for name, value in given.items()}
        return await service.upload("POST", filled(path, values), urlencode({**(fixed or {}), **fields}).encode(), _FORM)

    return RestAction(
        key=tool, tool=tool, description=description, method="POST", path=path, arguments=arguments, required=required, act=act
    )


def _get(tool: str, description: str, path: str, arguments: dict[str, str], *required: str) -> RestAction:
    return RestAction(
        key=tool, tool=tool, description=description, method="GET", path=path, arguments=arguments, required=required,
        query={name: name for name in arguments},
    )  # fmt: skip


TOOLS: Mapping[str, Mapping[str, tuple[RestAction, ...]]] = {
    "paymentLinks": {
        "create": (
            _post("create_payment_link", "Makes a link to pay with", "/payment_links", _ITEM, "price", "quantity",
                  names={"price": "line_items[0][price]", "quantity": "line_items[0][quantity]"}),
        ),
    },
    "products": {
        "create": (
            _post("create_product", "Makes a product", "/products", {"name": "Its name", "description": "What it is"}, "name"),
        ),
        "read": (_get("list_products", "Lists products", "/products", _LIMIT),),
    },
    "prices": {
        "create": (
            _post("create_price", "Makes a price of a product", "/prices",
                  {"product": "The id of the product", "unit_amount": "the price in cents:number", "currency": "The currency, as usd"},
                  "product", "unit_amount", "currency"),
        ),
        "read": (_get("list_prices", "Lists prices", "/prices", {"product": "The id of the product", **_LIMIT}),),
    },
    "balance": {"read": (_get("retrieve_balance", "Reads the balance", "/balance", {}),)},
    "invoiceItems": {
        "create": (
            _post("create_invoice_item", "Puts an item on an invoice", "/invoiceitems",
                  {"customer": "The id of the customer", "price": "The id of the price", "invoice": "The id of the invoice"},
                  "customer", "price", "invoice"),
        ),
    },
    "invoices": {
        "create": (
            _post("create_invoice", "Makes an invoice", "/invoices",
                  {"customer": "The id of the customer", "days_until_due": "how many days there are to pay:number"}, "customer",
                  fixed={"collection_method": "send_invoice", "days_until_due": "30"}),
        ),
        "update": (_post("finalize_invoice", "Makes an invoice final", "/invoices/{invoice}/finalize",
                         {"invoice": "The id of the invoice"}, "invoice"),),
        "read": (_get("list_invoices", "Lists invoices", "/invoices", {"customer": "The id of the customer", **_LIMIT}),),
    },
    "customers": {
        "create": (_post("create_customer", "Makes a customer", "/customers", {"name": "The name", "email": "The address"}, "name"),),
        "read": (_get("list_customers", "Lists customers", "/customers", {"email": "The address", **_LIMIT}),),
    },
}  # fmt: skip
"""Input → what it may allow → the tools that this allows. Nothing else is offered to the model."""


class StripeAgentTool(Node):
    """https://docs.stripe.com/api"""

    definition = NodeDefinition(
        name="stripeAgentTool",
        label="StripeAgentTool",
        category="Tools",
        version=1.0,
        base_classes=("stripeAgentTool", "Tool"),
        description="Lets an agent use Stripe: products, prices, customers, invoices",
        credential=CredentialParam(("stripeApi",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        token = require_key(inputs, "stripeApiToken")

        async def service() -> RestService:
            headers = {"authorization": f"Bearer {token}", "stripe-version": VERSION}
            return RestService(context.http, provider="stripe", base_url=API_URL, headers=headers, secrets=(token,))

        allowed = {name: inputs.json(name) for name in TOOLS}
        return [
            rest_tool(action, service, {})
            for name, kinds in TOOLS.items()
            for kind, actions in kinds.items()
            for action in actions
            if isinstance(chosen := allowed[name], list) and kind in chosen
        ]
