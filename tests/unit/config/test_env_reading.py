"""`.env` files and the environment become settings, or one line that says what is wrong."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from config.env import PROCESS, SettingError, load_settings, read_environment
from config.settings import Settings
from config.variables import VARIABLES, Variable

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [path.read_text() for package in ("flowisectl", "roles") for path in (ROOT / package).rglob("*.py")]
PEM = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"


def settings_of(tmp_path: Path, **environ: str) -> Settings:
    return load_settings(None, environ, tmp_path)


def test_without_any_variable_the_documented_defaults_hold(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)

    assert settings.mode == "main"
    assert settings.http.port == 3000
    assert settings.worker.port == 5566
    assert settings.worker.concurrency == 10_000
    assert settings.queue.name == "flowise-queue"
    assert settings.queue.event_stream_max_len == 10_000
    assert settings.http.file_size_limit == 52_428_800
    assert settings.database.path == Path("~/.flowise").expanduser()
    assert not settings.redis.is_configured


def test_process_environment_beats_env_file_beats_project_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1\nWORKER_PORT=1\nREDIS_PORT=1\n")
    given = tmp_path / "given.env"
    given.write_text("PORT=2\nWORKER_PORT=2\n")

    settings = load_settings(given, {"PORT": "3"}, tmp_path)

    assert (settings.http.port, settings.worker.port, settings.redis.port) == (3, 2, 1)


def test_an_empty_text_counts_as_unset_and_uncovers_the_source_below(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUEUE_NAME=from-file\nLOG_PATH=\n")

    settings = load_settings(None, {"QUEUE_NAME": "", "DATABASE_PATH": "", "LOG_PATH": ""}, tmp_path)

    assert settings.queue.name == "from-file"
    assert settings.database.path == Path("~/.flowise").expanduser()
    assert settings.logs.path is None


def test_environment_tells_where_each_value_came_from(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1\n")

    environment = read_environment(None, {"MODE": "queue"}, tmp_path)

    assert environment.sources == {"PORT": str(tmp_path / ".env"), "MODE": PROCESS}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("MODE", "worker", "one of main, queue"),
        ("PORT", "abc", "a whole number from 0 to 65535"),
        ("PORT", "70000", "a whole number from 0 to 65535"),
        ("WORKER_CONCURRENCY", "0", "a whole number of 1 or more"),
        ("REDIS_TLS", "yes", "true or false"),
        ("REDIS_KEEP_ALIVE", "1.5", "milliseconds"),
        ("QUEUE_NAME", "two words", "letters, digits"),
        ("REMOVE_ON_AGE", "-2", "a time in seconds"),
        ("REMOVE_ON_COUNT", "many", "-1: unset"),
        ("FLOWISE_FILE_SIZE_LIMIT", "50 megs", "50mb"),
        ("DATABASE_TYPE", "postgresdb", "one of sqlite, postgres"),
        ("LOG_LEVEL", "loud", "one of error, warn, info, verbose, debug"),
        ("SANDBOX_TIMEOUT", "0", "milliseconds"),
        ("JOB_TIMEOUT", "soon", "a time in seconds"),
    ],
)
def test_a_wrong_value_names_variable_value_and_what_is_allowed(tmp_path: Path, name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingError) as caught:
        settings_of(tmp_path, **{name: value})

    assert f"{name}={value!r}" in str(caught.value)
    assert allowed in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("REDIS_KEY", "hunter2!"), ("REDIS_URL", "http://:hunter2@host")])
def test_a_secret_value_never_appears_in_the_message(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        settings_of(tmp_path, **{name: value})

    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_secrets_do_not_show_in_the_repr_of_settings(tmp_path: Path) -> None:
    secret = {
        variable.name: "hunter2"
        for variable in VARIABLES
        if variable.is_secret and variable.name.endswith(("PASSWORD", "SECRET", "OVERWRITE"))
    }

    settings = settings_of(tmp_path, REDIS_URL="redis://:hunter2@host", **secret)

    assert len(secret) > 5
    assert "hunter2" not in repr(settings)
    assert settings.secrets.overwrite == "hunter2"


def test_a_wrong_value_in_a_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=abc\n")

    with pytest.raises(SettingError, match=re.escape(f"(in {tmp_path / '.env'})")):
        settings_of(tmp_path)


def test_a_line_that_is_no_assignment_is_named_by_its_number_without_its_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=1\n\n# fine\nhunter2 is my password\n")

    with pytest.raises(SettingError) as caught:
        settings_of(tmp_path)

    assert ".env, line 4" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe\n")

    with pytest.raises(SettingError, match="not UTF-8"):
        settings_of(tmp_path)


def test_a_missing_env_file_is_refused_when_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="there is no such file"):
        load_settings(tmp_path / "none.env", {}, tmp_path)


def test_certificates_are_read_from_their_base64_form(tmp_path: Path) -> None:
    encoded = base64.b64encode(PEM.encode()).decode()

    settings = settings_of(tmp_path, REDIS_CA=encoded, DATABASE_SSL_KEY_BASE64=encoded)

    assert settings.redis.ca_pem == PEM
    assert settings.database.ssl_ca_pem == PEM


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("500ms", 0.5), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("1.5s", 1.5)])
def test_times_are_seconds_or_carry_a_unit(tmp_path: Path, text: str, seconds: float) -> None:
    assert settings_of(tmp_path, JOB_TIMEOUT=text).queue.job_timeout_seconds == seconds


@pytest.mark.parametrize(("text", "size"), [("1000", 1000), ("100kb", 102_400), ("50MB", 52_428_800), ("1gb", 1 << 30)])
def test_sizes_are_bytes_or_carry_a_unit(tmp_path: Path, text: str, size: int) -> None:
    assert settings_of(tmp_path, FLOWISE_FILE_SIZE_LIMIT=text).http.file_size_limit == size


def test_remove_on_age_is_seconds_and_minus_one_is_unset(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, REMOVE_ON_AGE="24", REMOVE_ON_COUNT="-1")

    assert settings.queue.remove_on_age_seconds == 24
    assert settings.queue.remove_on_count is None


@pytest.mark.parametrize("name", ["REDIS_URL", "REDIS_HOST"])
def test_redis_counts_as_configured_once_an_address_is_given(tmp_path: Path, name: str) -> None:
    value = "redis://localhost:6379" if name == "REDIS_URL" else "localhost"

    assert settings_of(tmp_path, **{name: value}).redis.is_configured


def test_a_database_server_needs_its_host_and_gets_its_port(tmp_path: Path) -> None:
    server = {"DATABASE_TYPE": "postgres", "DATABASE_NAME": "flows", "DATABASE_USER": "me"}

    settings = settings_of(tmp_path, DATABASE_HOST="db", **server)

    assert settings.database.port == 5432
    with pytest.raises(SettingError, match="DATABASE_HOST is missing"):
        settings_of(tmp_path, **server)


def test_data_dir_stands_in_for_the_home_folder_unless_a_path_is_set(tmp_path: Path) -> None:
    settings = load_settings(None, {"SECRETKEY_PATH": "/keys"}, tmp_path, data_dir=tmp_path / "data")

    assert settings.database.path == tmp_path / "data"
    assert settings.storage.path == tmp_path / "data" / "storage"
    assert settings.secrets.path == Path("/keys")


def test_every_variable_sets_a_field_that_exists() -> None:
    settings = Settings()

    for variable in VARIABLES:
        target: object = settings
        for part in variable.field.split("."):
            assert hasattr(target, part), variable.name
            target = getattr(target, part)
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)


@pytest.mark.parametrize("variable", [variable for variable in VARIABLES if variable.is_used], ids=lambda variable: variable.name)
def test_a_variable_that_is_said_to_have_an_effect_is_read_somewhere(variable: Variable) -> None:
    field = re.compile(rf"\.{variable.field.rpartition('.')[2]}\b")

    assert any(field.search(text) for text in SOURCES), f"{variable.field}: mark the row `later=True` until something reads it"


def test_the_projects_env_file_holds_every_setting_commented_with_its_default_and_sets_nothing() -> None:
    lines = (ROOT / ".env").read_text().splitlines()

    environment = read_environment(None, {}, ROOT)

    assert environment.values == {}
    for variable in VARIABLES:
        default = f'"{variable.default}"' if "'" in variable.default else variable.default
        assert f"#{variable.name}={default}" in lines
        assert f"# {variable.about}" == lines[lines.index(f"#{variable.name}={default}") - 1]


def test_the_defaults_shown_to_people_are_those_in_force(tmp_path: Path) -> None:
    shown = [line[1:] for line in (ROOT / ".env").read_text().splitlines() if re.fullmatch(r"#[A-Z0-9_]+=.+", line)]
    (tmp_path / ".env").write_text("\n".join(shown))

    from_file = load_settings(None, {}, tmp_path)
    plain = load_settings(None, {}, tmp_path / "nowhere")

    assert len(shown) > 50
    unlike = {variable.name for variable in VARIABLES if _field(from_file, variable.field) != _field(plain, variable.field)}
    # An issuer that is not set comes from a file or is `flowise`; `false` and nothing both trust no proxy.
    assert unlike == {"JWT_ISSUER", "JWT_AUDIENCE", "TRUST_PROXY"}


def _field(settings: Settings, path: str) -> object:
    value: object = settings
    for part in path.split("."):
        value = getattr(value, part)
    return value
