"""`flowisectl predict`: ask a flow, over HTTP, as any client does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli.completion import complete_flow
from flowisectl.cli.options import DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings


def predict(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The flow's id or name.", autocompletion=complete_flow)],
    question: Annotated[str, typer.Argument(help="What to ask.")],
    stream: Annotated[bool, typer.Option("--stream", help="Print the answer as it comes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole JSON answer; with --stream every event.")] = False,
    chat_id: Annotated[str, typer.Option(help="Go on with this chat.")] = "",
    url: Annotated[str, typer.Option(help="The server; by default the one on this machine.")] = "",
    api_key: Annotated[str, typer.Option(envvar="FLOWISECTL_API_KEY", help="For flows that are bound to a key.")] = "",
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Ask a flow of the running server and print its answer."""
    from flowisectl.cli.connections import is_without_queue, server_url
    from flowisectl.cli.output import write_line, write_piece
    from flowisectl.cli.prediction_client import PredictionClient

    settings, _ = read_settings(env_file, data_dir)
    client = PredictionClient(url.rstrip("/") or server_url(settings), api_key=api_key, has_jobs=not url and not is_without_queue(settings))
    flow_id = flow if _is_uuid(flow) else asyncio.run(_flow_id(settings, flow))
    body = {"question": question, **({"chatId": chat_id} if chat_id else {})}
    if not stream:
        answer = client.ask(flow_id, body)
        write_line(answer.raw if as_json else answer.text)
        return
    has_text = False
    try:
        for event in client.stream(flow_id, body):
            if as_json:
                write_line(event.raw)
            elif event.name in ("start", "token"):
                write_piece(str(event.data))
                has_text = has_text or bool(event.data)
    finally:
        if has_text:
            write_line("")  # also before what is said of a failure


def _is_uuid(text: str) -> bool:
    import uuid

    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


async def _flow_id(settings: Settings, wanted: str) -> str:
    from flowisectl.cli.connections import open_command_database
    from flowisectl.cli.flows import find_flow

    async with open_command_database(settings) as database:
        return str((await find_flow(database, wanted))["id"])
