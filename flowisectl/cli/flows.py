"""`flowisectl flows`: check, import, list, show, export and delete flows, straight in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowisectl.cli.completion import complete_flow
from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.database.connection import Database

app = typer.Typer(help="Check, import, list, show, export and delete flows.", no_args_is_help=True)
FlowName = Annotated[
    str, typer.Argument(metavar="FLOW", help="The flow's id, the beginning of it, or its name.", autocompletion=complete_flow)
]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='A file that "Export Chatflow" wrote; - reads standard input.')],
    name: Annotated[str, typer.Option(help="Name of the flow; by default the file's.")] = "",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NODE.INPUT=VALUE", help="Change an input of a node on the way in; repeatable.")
    ] = None,
    bindings: Annotated[
        list[str] | None, typer.Option("--credential", metavar="NODE=ID", help="Bind a credential to a node; repeatable.")
    ] = None,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Import a flow and print its new id."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.flow_file import STANDARD_INPUT, bind_credential, name_of, read_flow_file, set_input
    from flowisectl.cli.output import warn, write_line
    from flowisectl.engine.flow import parse_flow
    from flowisectl.nodes.discovery import load_catalogue

    settings, _ = read_settings(env_file, data_dir)
    if file == STANDARD_INPUT and not name:
        raise CommandFailed("a flow from standard input has no name: say --name NAME")
    flow_data = read_flow_file(file)
    for assignment in assignments or ():
        set_input(flow_data, assignment)
    for binding in bindings or ():
        bind_credential(flow_data, binding)
    flow = parse_flow(flow_data, name=name or name_of(file))
    catalogue = load_catalogue()
    for node in flow.nodes:
        if node.name not in catalogue:
            warn(
                f"node {node.id} is a {node.name!r}, which this version does not have: the flow will fail there; "
                "see `flowisectl nodes list` for what runs"
            )
    write_line(asyncio.run(_import(settings, flow.name, flow.kind, flow_data, bindings or ())))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='A file that "Export Chatflow" wrote.')],
    as_json: AsJson = False,
) -> None:
    """Tell which nodes of a flow file run here, and what the others need. Exit 1 when one is not supported or lacks an extra.

    Of an agentflow the wiring is looked at as well: no start or several, nodes that wait for each other in a circle.
    """
    from flowisectl.cli.flow_file import name_of, read_flow_file
    from flowisectl.cli.installed_extras import has_extra
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.flow_check import verdict_view
    from flowisectl.engine.agentflow.plan import plan_of
    from flowisectl.engine.flow import parse_flow
    from flowisectl.engine.flow_check import check_flow
    from flowisectl.nodes.credential_types import secret_fields
    from flowisectl.nodes.discovery import load_catalogue

    flow = parse_flow(read_flow_file(file), name=name_of(file))
    verdict = check_flow(flow, load_catalogue(), has_extra=has_extra, secret_fields=secret_fields())
    if as_json:
        write_json({"name": flow.name, "type": flow.kind, **verdict.to_json()})
    else:
        show(verdict_view(flow.name, flow.kind, verdict))
    if flow.kind == "AGENTFLOW":
        plan_of(flow)
    if not verdict.is_complete:
        raise typer.Exit(1)


@app.command("list")
def list_(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """List the flows, the last changed first."""
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.flows import flows_view

    settings, _ = read_settings(env_file, data_dir)
    rows = asyncio.run(_list(settings))
    if as_json:
        write_json([_without_data(row) for row in rows])
    else:
        show(flows_view(rows))


@app.command()
def show(flow: FlowName, as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Show a flow: its nodes, and how they are connected."""
    from flowisectl.cli import output
    from flowisectl.cli.views.flows import flow_view
    from flowisectl.engine.flow import parse_flow
    from flowisectl.nodes.discovery import load_catalogue

    settings, _ = read_settings(env_file, data_dir)
    row = asyncio.run(_find(settings, flow))
    if as_json:
        output.write_json(_without_data(row))
        return
    parsed = parse_flow(row["flowData"], id=row["id"], name=row["name"], kind=row["type"] or "")
    catalogue = load_catalogue()
    output.show(flow_view(parsed, row, unknown={node.id for node in parsed.nodes if node.name not in catalogue}))


@app.command()
def export(
    flow: FlowName,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here, not to standard output.")] = None,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Write a flow as a file, without credentials and passwords."""
    import orjson

    from flowisectl.cli.flow_file import to_export
    from flowisectl.cli.output import write_line

    settings, _ = read_settings(env_file, data_dir)
    row = asyncio.run(_find(settings, flow))
    text = orjson.dumps(to_export(orjson.loads(row["flowData"])), option=orjson.OPT_INDENT_2).decode()
    if output is None:
        write_line(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")


@app.command()
def delete(
    flow: FlowName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Delete a flow with its messages and its history."""
    settings, _ = read_settings(env_file, data_dir)
    row = asyncio.run(_find(settings, flow))
    if not yes:
        typer.confirm(f"Delete {row['name']} ({row['id']}) with all its messages?", abort=True, err=True)
    asyncio.run(_delete(settings, row["id"]))
    from flowisectl.cli.output import write_line

    write_line(f"{row['name']} ({row['id']}) deleted")


async def find_flow(database: Database, wanted: str) -> dict[str, Any]:
    """The row of a flow by its id, its name, or a beginning of its id that only it has. Raises CommandFailed."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.database.chat_flow import find_flows_by_name, get_flow_row

    if row := await get_flow_row(database, wanted):
        return row
    found = await find_flows_by_name(database, wanted)
    if not found and len(wanted) >= 4:
        found = [row for row in await _all_rows(database) if row["id"].startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandFailed(f"{len(found)} flows are called {wanted}; give an id: {', '.join(row['id'] for row in found[:5])}")
    raise CommandFailed(f"there is no flow {wanted} in {database.place}: `flowisectl flows list` shows what there is")


async def _import(settings: Settings, name: str, kind: str, flow_data: dict[str, Any], bindings: Sequence[str]) -> str:
    import orjson

    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.output import warn
    from flowisectl.database.chat_flow import insert_flow
    from flowisectl.database.credential import get_credential
    from flowisectl.database.workspace import first_workspace

    async with open_command_database(settings) as database:
        for binding in bindings:
            if await get_credential(database, binding.partition("=")[2]) is None:
                warn(f"--credential {binding}: there is no such credential in {database.place}; POST /api/v1/credentials makes one")
        workspace = await first_workspace(database)
        values = {
            "name": name,
            "type": kind,
            "flowData": orjson.dumps(flow_data).decode(),
            "workspaceId": workspace["id"] if workspace else None,
        }
        return str((await insert_flow(database, values))["id"])


async def _list(settings: Settings) -> list[dict[str, Any]]:
    from flowisectl.cli.connections import open_command_database

    async with open_command_database(settings) as database:
        return await _all_rows(database)


async def _all_rows(database: Database) -> list[dict[str, Any]]:
    """The flows of every workspace."""
    from flowisectl.database.chat_flow import TABLE

    return await database.fetch(database.selection(TABLE).order_by(TABLE.c.updatedDate.desc(), TABLE.c.id))


async def _find(settings: Settings, wanted: str) -> dict[str, Any]:
    from flowisectl.cli.connections import open_command_database

    async with open_command_database(settings) as database:
        return await find_flow(database, wanted)


async def _delete(settings: Settings, flow_id: str) -> None:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.database.chat_flow import delete_flow

    async with open_command_database(settings) as database:
        await delete_flow(database, flow_id)


def _without_data(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what is long or secret."""
    return {name: value for name, value in row.items() if name not in ("flowData", "webhookSecret")}
