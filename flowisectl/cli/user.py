"""`flowisectl user`: make the first account, list accounts, set a password, straight in the database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(help="Make the first account, list accounts, set a password.", no_args_is_help=True)
Email = Annotated[str, typer.Option(help="The address to log in with.")]
Password = Annotated[
    str,
    typer.Option(
        envvar="FLOWISECTL_PASSWORD",
        help="Better in the variable, as other users see what a command was given. Asked for when it is not given.",
    ),
]


@app.command()
def create(email: Email, password: Password = "", name: Annotated[str, typer.Option(help="By default the address.")] = "",
           data_dir: DataDir = None, env_file: EnvFile = None) -> None:  # fmt: skip
    """Make the first account, with its workspace."""
    settings, _ = read_settings(env_file, data_dir)
    from flowisectl.cli.output import write_line

    place = asyncio.run(_create(settings, email, password or _asked(), name or email))
    write_line(f"account {email} made in {place}")


@app.command("list")
def list_(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """List the accounts."""
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.keys import users_view

    settings, _ = read_settings(env_file, data_dir)
    rows = asyncio.run(_rows(settings))
    if as_json:
        write_json(rows)
    else:
        show(users_view(rows))


@app.command("set-password")
def set_password(email: Email, password: Password = "", data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Give an account another password."""
    settings, _ = read_settings(env_file, data_dir)
    from flowisectl.cli.output import write_line

    asyncio.run(_set_password(settings, email, password or _asked()))
    write_line(f"account {email} has a new password")


def _asked() -> str:
    """The password as somebody types it, twice. Raises CommandFailed where nobody can be asked."""
    import sys

    from flowisectl.cli.failure import CommandFailed

    if not sys.stdin.isatty():
        raise CommandFailed("nobody can be asked for a password here: give it in FLOWISECTL_PASSWORD")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


async def _create(settings: Settings, email: str, password: str, name: str) -> str:
    """Gives the database, as messages name it: another one than the server's is a common slip."""
    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.database.accounts import register_account
    from flowisectl.database.organization import has_organization
    from flowisectl.database.user import user_by_email
    from flowisectl.secrets.passwords import hash_password

    _check(email, password)
    async with open_command_database(settings) as database:
        if await user_by_email(database, email):
            raise CommandFailed(f"there is an account {email} already: `flowisectl user set-password --email {email}` changes its password")
        if await has_organization(database):
            raise CommandFailed("there is an account already, and this version has one: `flowisectl user list` shows it")
        hashed = await hash_password(password, settings.secrets.password_rounds)
        await register_account(database, name=name[:100], email=email, password_hash=hashed)
        return database.place


async def _rows(settings: Settings) -> list[dict[str, Any]]:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.database.user import list_users

    async with open_command_database(settings) as database:
        return await list_users(database)


async def _set_password(settings: Settings, email: str, password: str) -> None:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.database.user import update_user, user_by_email
    from flowisectl.secrets.passwords import hash_password

    _check(email, password)
    async with open_command_database(settings) as database:
        row = await user_by_email(database, email)
        if row is None:
            raise CommandFailed(f"there is no account {email}: `flowisectl user list` shows what there is")
        await update_user(database, row["id"], {"credential": await hash_password(password, settings.secrets.password_rounds)})


def _check(email: str, password: str) -> None:
    """Raises CommandFailed for what the server would refuse as well."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.secrets.passwords import RULE, is_strong
    from flowisectl.web.access.login import is_email

    if not is_email(email):
        raise CommandFailed(f"{email} is no e-mail address")
    if not is_strong(password):
        raise CommandFailed(f"the password is too weak: {RULE}")
