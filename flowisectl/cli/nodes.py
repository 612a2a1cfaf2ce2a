"""`flowisectl nodes`: which node types run here."""

from __future__ import annotations

from typing import Annotated

import typer

from flowisectl.cli.options import AsJson

app = typer.Typer(help="Which node types run here.", no_args_is_help=True)


@app.command("list")
def list_(
    category: Annotated[str, typer.Option(help="Only this category.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the node types by category."""
    from flowisectl.cli.output import show, warn, write_json
    from flowisectl.cli.views.nodes import nodes_view
    from flowisectl.nodes.discovery import load_catalogue

    catalogue = load_catalogue()
    definitions = [node.definition for node in catalogue]
    chosen = [item for item in definitions if not category or item.category.lower() == category.lower()]
    if as_json:
        write_json([item.to_json() for item in chosen])
    else:
        show(nodes_view(chosen))
    for key, why in catalogue.broken.items():
        warn(f"node {key} is left out, its module cannot be loaded: {why}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="The type's name, such as chatOpenAI.")], as_json: AsJson = False) -> None:
    """Show one node type and its inputs."""
    from flowisectl.cli import output
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.views.nodes import node_view
    from flowisectl.errors import BrokenNode, UnknownNode
    from flowisectl.nodes.discovery import load_catalogue

    catalogue = load_catalogue()
    try:
        definition = catalogue.get(name).definition
    except BrokenNode as error:
        raise CommandFailed(error.message) from None
    except UnknownNode:
        # The shortest are the nearest.
        alike = sorted((node.definition.name for node in catalogue if name.lower() in node.definition.name.lower()), key=len)
        hint = f"do you mean {', '.join(alike[:5])}?" if alike else "`flowisectl nodes list` shows what there is"
        raise CommandFailed(f"there is no node type {name}: {hint}") from None
    if as_json:
        output.write_json(definition.to_json())
    else:
        output.show(node_view(definition))
