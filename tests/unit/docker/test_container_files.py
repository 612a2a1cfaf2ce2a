"""The files for containers agree with the program: variables, commands, probes, metrics."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from config.settings import Settings
from config.variables import VARIABLES
from flowisectl.cli.app import app
from flowisectl.observability.process_metrics import dependency_metrics, process_metrics
from flowisectl.observability.readiness import ReadinessReport
from flowisectl.queue.gauges import queue_gauges
from flowisectl.queue.overview import Overview, RedisFacts
from flowisectl.web.access.gate import API
from flowisectl.web.metrics import MainMetrics
from flowisectl.worker.metrics import WorkerMetrics

DOCKER = Path(__file__).resolve().parents[3] / "docker"
COMPOSE = sorted(DOCKER.glob("docker-compose-queue-*.yml"))
KNOWN = {variable.name for variable in VARIABLES}
OF_COMPOSE = {"FLOWISECTL_IMAGE"}


def read(path: Path) -> dict[str, Any]:
    """A compose file as compose sees it, with variables that are not set."""
    text = re.sub(r"\$\{(\w+):[-?]([^}]*)\}", r"\2", path.read_text())
    found: dict[str, Any] = yaml.safe_load(text.replace("$$", "$"))
    return found


def test_both_ways_to_run_the_queue_are_there() -> None:
    assert [path.name for path in COMPOSE] == ["docker-compose-queue-prebuilt.yml", "docker-compose-queue-source.yml"]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_a_stack_starts_in_order_and_can_be_scaled(path: Path) -> None:
    services = read(path)["services"]

    assert services["flowise"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("redis", "postgres")}
    assert services["flowise-worker"]["depends_on"] == {"flowise": {"condition": "service_healthy"}}
    assert all("healthcheck" in service for service in services.values())
    worker = services["flowise-worker"]
    assert "container_name" not in worker and "ports" not in worker
    assert services["redis"]["command"][-2:] == ["--maxmemory-policy", "noeviction"]
    assert "--appendonly" in services["redis"]["command"]
    assert not any("ports" in services[name] for name in ("redis", "postgres", "flowise-worker"))


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_a_store_that_is_still_loading_is_not_healthy(path: Path) -> None:
    services = read(path)["services"]

    assert "grep -q PONG" in services["redis"]["healthcheck"]["test"][1]
    assert "-h 127.0.0.1" in services["postgres"]["healthcheck"]["test"][1]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_a_container_is_given_longer_to_stop_than_the_program_takes(path: Path) -> None:
    grace = next(float(variable.default) for variable in VARIABLES if variable.name == "WORKER_SHUTDOWN_GRACE")

    for service in ("flowise", "flowise-worker"):
        assert float(read(path)["services"][service]["stop_grace_period"].removesuffix("s")) >= grace + 10


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_compose_reads_the_file(path: Path) -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode if shutil.which("docker") else True:
        pytest.skip("docker compose is not here")
    environment = {**os.environ, "DATABASE_PASSWORD": "a$b"}

    read_by_compose = subprocess.run(
        ["docker", "compose", "-f", str(path), "config", "--format", "json"], env=environment, capture_output=True, text=True, check=False
    )

    assert read_by_compose.returncode == 0, read_by_compose.stderr
    services = json.loads(read_by_compose.stdout)["services"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == services["flowise"]["environment"]["DATABASE_PASSWORD"]


def test_the_dockerfile_pleases_its_linter() -> None:
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is not here")

    found = subprocess.run(["hadolint", str(DOCKER / "Dockerfile")], capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_every_variable_of_a_compose_file_is_one_of_the_program(path: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)", path.read_text()))
    given = {name for service in ("flowise", "flowise-worker") for name in read(path)["services"][service]["environment"]}

    assert used - OF_COMPOSE <= KNOWN
    assert given <= KNOWN


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.stem)
def test_no_secret_stands_in_a_compose_file(path: Path) -> None:
    for service in read(path)["services"].values():
        for name, value in service["environment"].items() if isinstance(service.get("environment"), dict) else ():
            if "PASSWORD" in name or "SECRET" in name:
                assert value == "set DATABASE_PASSWORD in docker/.env", name


def test_commands_of_the_containers_exist() -> None:
    commands = [service["command"] for path in COMPOSE for service in read(path)["services"].values() if service.get("command")]
    checks = [service["healthcheck"]["test"] for path in COMPOSE for service in read(path)["services"].values()]
    own = [command for command in commands if command[0] != "redis-server"]
    own += [check[2:] for check in checks if check[1] == "flowisectl"]
    own.append(json.loads(re.findall(r"^CMD (\[.*\])$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)[0]))

    assert len(own) >= 9
    for command in own:
        assert CliRunner().invoke(app, [command[0], "--help"]).exit_code == 0, command


def test_the_image_runs_as_nobody_special_and_has_what_the_package_needs() -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text()
    ignored = (DOCKER.parent / ".dockerignore").read_text()

    assert re.search(r"^USER 1000$", dockerfile, re.MULTILINE)
    assert 'ENTRYPOINT ["tini", "--", "flowisectl"]' in dockerfile
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for name in copied.split():
            assert (DOCKER.parent / name).exists() and f"!{name}\n" in ignored, name


def test_the_image_brings_every_extra_but_the_demo_model() -> None:
    extras = tomllib.loads((DOCKER.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    [given] = re.findall(r'^ARG EXTRAS="(.*)"$', (DOCKER / "Dockerfile").read_text(), re.MULTILINE)

    assert sorted(given.split()) == sorted(extras.keys() - {"demo"})


def test_the_image_asks_the_role_that_it_was_started_for() -> None:
    [check] = re.findall(r"^HEALTHCHECK [^\n]*\\\n    CMD (\[.*\])$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    shell, option, command = json.loads(check)

    assert (shell, option) == ("sh", "-c")
    for part in re.findall(r"exec flowisectl ([^;]+)", command):
        assert CliRunner().invoke(app, [*part.split(), "--help"]).exit_code == 0, part


def test_the_example_of_an_env_file_is_the_one_that_its_script_writes() -> None:
    written = runpy.run_path(str(DOCKER.parent / "scripts" / "container_env.py"))["example"]()

    assert (DOCKER / ".env.example").read_text() == written, "run .venv/bin/python scripts/container_env.py"


def test_the_example_of_an_env_file_names_settings_only_and_sets_no_secret() -> None:
    lines = (DOCKER / ".env.example").read_text().splitlines()
    names = {match[1] for line in lines if (match := re.fullmatch(r"#?([A-Z0-9_]+)=.*", line))}

    assert names - OF_COMPOSE <= KNOWN
    assert [line for line in lines if line and not line.startswith("#")] == ["DATABASE_PASSWORD="]


def documents(name: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all((DOCKER / "kubernetes" / name).read_text()) if document]


def test_pods_end_later_than_the_program_does_and_are_asked_where_it_answers() -> None:
    found = {(document["kind"], document["metadata"]["name"]): document for document in documents("flowise.yaml")}
    grace = int(found["ConfigMap", "flowise"]["data"]["WORKER_SHUTDOWN_GRACE"])

    for name, port in (("flowise", 3000), ("flowise-worker", 5566)):
        pod = found["Deployment", name]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert pod["terminationGracePeriodSeconds"] > grace + 5
        assert container["ports"][0]["containerPort"] == port
        assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe")} == {"/readyz"}
    assert set(found["ConfigMap", "flowise"]["data"]) <= KNOWN


@pytest.mark.parametrize("name", ["flowise", "flowise-worker"])
def test_a_pod_may_write_its_volumes_only_and_takes_no_settings_from_its_neighbours(name: str) -> None:
    [deployment] = [found for found in documents("flowise.yaml") if found["kind"] == "Deployment" and found["metadata"]["name"] == name]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/home/flowise/.flowise", "/tmp"}
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert CliRunner().invoke(app, [*container["args"], "--help"]).exit_code == 0


def test_what_refers_to_pods_finds_them() -> None:
    found = documents("flowise.yaml")
    pods = {item["metadata"]["name"]: item["spec"]["template"]["metadata"]["labels"] for item in found if item["kind"] == "Deployment"}
    claims = {item["metadata"]["name"] for item in found if item["kind"] == "PersistentVolumeClaim"}

    for item in found:
        if item["kind"] == "Deployment":
            assert item["spec"]["selector"]["matchLabels"].items() <= pods[item["metadata"]["name"]].items()
            used = {volume["persistentVolumeClaim"]["claimName"] for volume in item["spec"]["template"]["spec"]["volumes"][:1]}
            assert used <= claims
        if item["kind"] in ("Service", "PodDisruptionBudget"):
            selector = item["spec"]["selector"]
            assert selector.get("matchLabels", selector).items() <= pods["flowise"].items()
    [scaler] = documents("keda.yaml")
    assert scaler["spec"]["scaleTargetRef"]["name"] in pods


def test_the_manifests_fit_the_schemas_of_kubernetes() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")

    for document in documents("flowise.yaml"):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_a_wait_scales_by_its_ratio_and_a_length_by_its_share() -> None:
    [scaler] = documents("keda.yaml")
    by_query = {trigger["metadata"]["query"].split("{")[0]: trigger for trigger in scaler["spec"]["triggers"]}

    assert by_query["max(flowisectl_queue_oldest_wait_seconds"]["metricType"] == "Value"
    assert by_query["max(flowisectl_queue_waiting"]["metricType"] == "AverageValue"
    assert all(isinstance(value, str) for trigger in by_query.values() for value in trigger["metadata"].values())
    assert scaler["spec"]["minReplicaCount"] >= 1, "with no worker nobody tells how long jobs wait"


def metric_names() -> set[str]:
    facts = RedisFacts(
        version="9", round_trip_ms=1, memory_bytes=1, memory_limit_bytes=1, eviction_policy="noeviction", has_append_only_file=True,
        saves=False, role="master",
    )  # fmt: skip
    gauges = queue_gauges(Overview(taken_ms=0, redis=facts, queues=(), roles=()))
    all_ = (
        *MainMetrics(lambda: 0).all(),
        *WorkerMetrics().all(),
        *gauges,
        *process_metrics(),
        *dependency_metrics(ReadinessReport(checks={})),
    )
    return {metric.name for metric in all_}


def test_the_dashboard_and_the_scaler_ask_for_metrics_that_there_are() -> None:
    dashboard = json.loads((DOCKER / "grafana" / "flowise.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [trigger["metadata"]["query"] for trigger in documents("keda.yaml")[0]["spec"]["triggers"]]

    asked = {name for query in queries for name in re.findall(r"\b([a-z_]+)\{", query)}

    assert len(queries) >= 20
    assert {re.sub(r"_bucket$", "", name) for name in asked} <= metric_names()
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def alert_rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load((DOCKER / "prometheus" / "alerts.yml").read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


@pytest.mark.parametrize("rule", alert_rules(), ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_that_there_are_and_says_what_to_do(rule: dict[str, Any]) -> None:
    asked = set(re.findall(r"\b([a-z_]+)\{", rule["expr"]))
    labels = set(re.findall(r"[{,]([a-z]+)[=!]", rule["expr"]))

    assert asked and asked <= metric_names() | {"up"}
    assert labels <= {"queue", "outcome", "route", "code", "name", "app", "job"}
    assert all(rule["expr"].count(left) == rule["expr"].count(right) for left, right in ("()", "{}", "[]"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "action"}
    for command in re.findall(r"`flowisectl ([a-z-]+)( [a-z]+)?", rule["annotations"]["action"]):
        assert command[0] in get_command(app).commands  # type: ignore[attr-defined]


def test_prometheus_scrapes_what_compose_starts() -> None:
    scraped = {job["job_name"]: job for job in yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]}
    services = yaml.safe_load((DOCKER / "docker-compose-queue-source.yml").read_text())["services"]

    names = {name: job["dns_sd_configs"][0]["names"][0] for name, job in scraped.items()}
    assert set(names.values()) <= set(services)
    assert scraped["flowise-main"]["metrics_path"] == f"{API}metrics" and "metrics_path" not in scraped["flowise-worker"]
    assert [job["dns_sd_configs"][0]["port"] for job in scraped.values()] == [Settings().http.port, Settings().worker.port]
