"""What README.md and docs/ tell people to type is there: commands, options, variables, files, compose services."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from config.variables import VARIABLES
from flowisectl.cli.app import app

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = get_command(app)
KNOWN = {variable.name for variable in VARIABLES}
OF_OTHERS = ("AWS_", "AZURE_", "COMPOSE_", "GOOGLE_", "OTEL_", "PIP_", "SSL_")
"""How variables begin that other programs and libraries read."""
OF_THE_SHELL = {"HOME", "KEY", "PYTHON"}
"""Variables that a page sets for its own commands, and those that the scripts read."""
FROM_TYPER = {"--install-completion", "--show-completion", "--help"}


def of_single_commands() -> set[str]:
    """Variables that stand in for an option, and those of the compose files and the tests: all begin like the program."""
    sources = [*(ROOT / "flowisectl" / "cli").rglob("*.py"), *(ROOT / "docker").glob("*.yml"), *(ROOT / "tests").rglob("*.py")]
    return {name for source in sources for name in re.findall(r"\bFLOWISECTL_[A-Z_]+\b", source.read_text())}


def ids(path: Path) -> str:
    return path.name


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```[^\n]*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def spoken(page: Path) -> list[str]:
    """What stands between backticks in the running text."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def lines(page: Path) -> list[str]:
    return [line.partition("  #")[0].strip() for block in blocks(page) for line in block.replace("\\\n", " ").splitlines()]


def command_lines(page: Path) -> list[list[str]]:
    """Each call of the program, from its first argument to where the shell takes over."""
    found = []
    for line in [*lines(page), *spoken(page)]:
        for match in re.finditer(r"(?:^|\$\(|[ /&])flowisectl +(?=[a-z-])([^|;<>)&]*)", line):
            found.append(shlex.split(match[1]))
    return found


def fault(arguments: list[str]) -> str:
    """Why the program would not understand this; an empty text when it would."""
    command = COMMANDS
    options = {option for parameter in command.params for option in parameter.opts} | FROM_TYPER
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            if argument.partition("=")[0] not in options:
                return f"{command.name} has no {argument}"
        elif isinstance(command, TyperGroup):
            if argument not in command.commands:
                return f"{command.name or 'flowisectl'} has no command {argument}"
            command = command.commands[argument]
            options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | FROM_TYPER
    return ""


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    # A container's image is called like the program.
    calls = [call for call in command_lines(page) if call and call != ["."]]

    faults = {" ".join(call): said for call in calls if (said := fault(call))}

    assert not faults
    assert len(calls) >= 20 or page.name != "README.md"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_variable_that_a_page_names_exists(page: Path) -> None:
    named = {name for text in spoken(page) for name in re.findall(r"(?<![\w.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w<])", text)}
    assigned = {name for line in lines(page) for name in re.findall(r"(?:^|\s)([A-Z][A-Z0-9_]+)=", line)}

    unknown = (named | assigned) - KNOWN - OF_THE_SHELL - of_single_commands()
    assert {name for name in unknown if not name.startswith(OF_OTHERS)} == set()
    assert len(named) >= 15 or page.name != "README.md"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_file_that_a_page_leads_to_is_there(page: Path) -> None:
    linked = [target for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in target]
    typed = [word for line in lines(page) for word in line.split() if re.match(r"(scripts|docker|examples|tests|\.ci)/", word)]

    assert [target for target in linked if not (page.parent / target).exists()] == []
    assert [word for word in typed if not (ROOT / word).exists() and word != "docker/.env"] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_service_that_a_page_names_is_in_the_compose_files(page: Path) -> None:
    services = yaml.safe_load((ROOT / "docker" / "docker-compose-queue-source.yml").read_text())["services"]

    for line in (line for line in lines(page) if line.startswith("docker compose")):
        for name in re.findall(r"--scale (\S+)=", line) + re.findall(r" (?:exec|logs|restart)(?: -\S+)* (\S+)", line):
            assert name in services, line


def test_the_defaults_of_the_readmes_table_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| ([^|]*) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    defaults = {variable.name: variable.default for variable in VARIABLES}
    told = {name: value.strip(" `") for names, value in rows for name in re.findall(r"[A-Z_]+", names) if "," not in names}

    assert len(told) >= 5
    assert {name: value for name, value in told.items() if value != defaults[name]} == {}
