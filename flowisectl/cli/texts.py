"""`flowisectl texts`: what the server tells models and clients beyond what a flow says, and whose words these are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from flowisectl.texts.taking_over import Taken

app = typer.Typer(help="The built-in texts, and those in their place.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """List the texts: what each is for, and whether it is ours or replaced."""
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.texts import texts_view
    from flowisectl.texts.table import TABLE
    from roles.built_in_texts import texts_of

    settings, _ = read_settings(env_file, data_dir)
    replaced = texts_of(settings).replaced
    if as_json:
        write_json([{"name": name, "purpose": text.purpose, "isReplaced": name in replaced} for name, text in TABLE.items()])
    else:
        show(texts_view(TABLE.values(), replaced.keys()))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The text's name, as `texts list` shows it.")],
    ours: Annotated[bool, typer.Option("--ours", help="The built-in text, even if it is replaced.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Print the text in force."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.output import write_json, write_line
    from flowisectl.texts.table import TABLE
    from roles.built_in_texts import texts_of

    text = TABLE.get(name)
    if text is None:
        raise CommandFailed(f"there is no built-in text {name}: `flowisectl texts list` shows the names")
    settings, _ = read_settings(env_file, data_dir)
    replaced = texts_of(settings).replaced
    is_replaced = name in replaced and not ours
    value: Any = replaced[name] if is_replaced else text.ours
    if as_json:
        names = {"placeholders": getattr(text, "placeholders", ()), "optional": getattr(text, "optional", ())}
        write_json({"name": name, "purpose": text.purpose, "isReplaced": is_replaced, **names, "text": value})
    elif isinstance(value, str):
        write_line(value)
    else:
        write_json(value)


@app.command("take-over")
def take_over(
    folder: Annotated[Path, typer.Argument(help="Your Flowise: the folder that `node_modules` lies in, or the package's own.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write the texts here.")] = Path("flowise-texts.json"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the texts of your own Flowise into a file. Exit status 0: every text was found; 1: some were not."""
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.output import show, write_json, write_line
    from flowisectl.cli.views.texts import setting_line, taken_view
    from flowisectl.texts.taking_over import take_over

    if not folder.is_dir():
        raise CommandFailed(f"{folder}: there is no such folder")
    if out.exists() and not force:
        raise CommandFailed(f"{out} is there already: name another file with --out, or overwrite it with --force")
    taken = take_over(folder)
    found = [text for text in taken if text.value is not None]
    if not found:
        raise CommandFailed(f"{folder} holds none of the texts ({taken[0].trouble}): name the folder in which Flowise is installed")
    _write(out, found)
    if as_json:
        write_json([{"name": text.name, "isFound": text.value is not None, "place": text.place, "trouble": text.trouble} for text in taken])
    else:
        show(taken_view(taken))
        write_line(setting_line(out.absolute()))
    raise typer.Exit(int(len(found) < len(taken)))


def _write(path: Path, found: list[Taken]) -> None:
    """Only its owner may read the file: the texts are not ours to publish."""
    import os
    import secrets

    import orjson

    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(orjson.dumps({text.name: text.value for text in found}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
