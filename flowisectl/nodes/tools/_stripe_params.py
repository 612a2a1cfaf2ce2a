"""The inputs of the node stripeAgentTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam(
        "paymentLinks",
        "Payment Links",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "products",
        "Products",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "prices",
        "Prices",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "balance",
        "Balance",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "invoiceItems",
        "Invoice Items",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "invoices",
        "Invoices",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
    NodeParam(
        "customers",
        "Customers",
        "multiOptions",
        optional=True,
        options=(
            Option("Create", "create"),
            Option("Update", "update"),
            Option("Read", "read"),
        ),
        additional=True,
    ),
)
