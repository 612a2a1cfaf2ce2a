"""The inputs of the node stripeAgentTool: what it may do with each kind of thing."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.tools._account_params import options_of

_RIGHTS = options_of({"create": "Create", "update": "Update", "read": "Read"})
_KINDS = {
    "paymentLinks": "Payment Links",
    "products": "Products",
    "prices": "Prices",
    "balance": "Balance",
    "invoiceItems": "Invoice Items",
    "invoices": "Invoices",
    "customers": "Customers",
}
PARAMS = tuple(NodeParam(name, label, "multiOptions", optional=True, options=_RIGHTS, additional=True) for name, label in _KINDS.items())
