"""`flowisectl apikey`: create, list and revoke API keys, straight in the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

NOT_FOR_KEYS = ("workspace:", "admin:")
"""Groups of permissions that an API key cannot have."""
FULL_ROLE = "personal workspace"
"""The role that every database has and that lists whatever may be done in a workspace."""


@app.command()
def create(name: Annotated[str, typer.Argument(help="What the key is for.")], data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Make a key that may do everything, and print the key alone."""
    from flowisectl.cli.output import write_line

    settings, _ = read_settings(env_file, data_dir)
    write_line(asyncio.run(_create(settings, name)))


@app.command("list")
def list_(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """List the keys; of each key only its end is shown."""
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.keys import keys_view

    settings, _ = read_settings(env_file, data_dir)
    rows = [_shown(row) for row in asyncio.run(_rows(settings))]
    if as_json:
        write_json(rows)
    else:
        show(keys_view(rows))


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, its name, or the key itself.")],
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Delete a key. A running server may still take it for a minute."""
    settings, _ = read_settings(env_file, data_dir)
    from flowisectl.cli.output import write_line

    row = asyncio.run(_revoke(settings, key))
    write_line(f"key {row['keyName']} ({row['id']}) revoked")


async def _create(settings: Settings, name: str) -> str:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.database.api_key import insert_api_key
    from flowisectl.database.role import general_role, permissions_of
    from flowisectl.database.workspace import first_workspace
    from flowisectl.secrets.api_keys import make_api_key

    async with open_command_database(settings) as database:
        workspace = await first_workspace(database)
        if workspace is None:
            raise CommandFailed("keys belong to an account, and there is none yet: `flowisectl user create --email you@example.com` first")
        role = await general_role(database, FULL_ROLE)
        permissions = [item for item in permissions_of(role) if not item.startswith(NOT_FOR_KEYS)] if role else []
        made = make_api_key()
        values = {"apiKey": made.key, "apiSecret": made.secret, "keyName": name, "permissions": permissions}
        await insert_api_key(database, {**values, "workspaceId": workspace["id"]})
        return made.key


async def _rows(settings: Settings) -> list[dict[str, Any]]:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.database.api_key import TABLE

    async with open_command_database(settings) as database:
        return await database.fetch(database.selection(TABLE).order_by(TABLE.c.keyName, TABLE.c.id))


async def _revoke(settings: Settings, wanted: str) -> dict[str, Any]:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.database.api_key import TABLE, delete_api_key

    async with open_command_database(settings) as database:
        rows = await database.fetch(database.selection(TABLE))
        found = [row for row in rows if wanted in (row["id"], row["keyName"], row["apiKey"])]
        if len(found) > 1:
            raise CommandFailed(f"{len(found)} keys are called {wanted}; give an id: {', '.join(row['id'] for row in found)}")
        if not found:
            raise CommandFailed("no key has this id, name or text: `flowisectl apikey list` shows what there is")
        await delete_api_key(database, found[0]["id"], found[0]["workspaceId"])
        return found[0]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """What may be seen of a key."""
    return {"id": row["id"], "name": row["keyName"], "key": f"…{row['apiKey'][-4:]}", "updated": row["updatedDate"]}
