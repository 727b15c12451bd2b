"""The image, compose and the manifests: what is in them, what they open, and that no secret and no second session is.

No engine, no cluster and no Terraform has run them here; `make image` builds and runs the image.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.secrets import Secrets

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
OPEN_SCRIPTS = ("session", "build-image", "terraform/startup.sh")


def lines_of(file: Path) -> list[str]:
    """The instructions of a Dockerfile, each on one line."""
    text = re.sub(r"\\\n\s*", " ", file.read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def copied() -> set[str]:
    """What the image is made of."""
    sources = (line.split()[1:-1] for line in lines_of(DOCKERFILE) if line.startswith("COPY"))
    return {word.rstrip("/") for words in sources for word in words if not word.startswith(("--", "/"))}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def manifests() -> dict[str, dict[str, Any]]:
    """The manifests by kind."""
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    there = {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed) == there
    found = [yaml.safe_load((DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")) for name in listed]
    return {each["kind"]: each for each in found}


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--failure-threshold", "style", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_image_holds_every_room_and_nothing_else() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    rooms = {package.partition(".")[0] for package in packages}
    assert copied() == rooms | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "deploy/session"}


def test_the_builder_is_given_only_that() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied()
    assert {"**/.env", "**/*.key", "**/journal.db"} <= set(ignored)


def test_it_runs_as_nobody_without_torch_and_says_whether_it_is_well() -> None:
    lines = lines_of(DOCKERFILE)
    assert lines[0] == "ARG BASE=python:3.11-slim-bookworm"
    assert [line for line in lines if line.startswith("FROM")] == ["FROM ${BASE} AS build", "FROM ${BASE}"]
    assert "USER 10001:10001" in lines
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (install,) = re.findall(r'"\.\[([^\]]+)\]"', DOCKERFILE.read_text(encoding="utf-8"))
    assert set(install.split(",")) == {"postgres", "serve", "woken"}
    asked = [one for name in install.split(",") for one in extras[name]]
    assert not [one for one in asked if one.startswith(("torch", "stable-baselines3", "gymnasium"))]
    (health,) = [line for line in lines if line.startswith("HEALTHCHECK")]
    assert "http://127.0.0.1:8420/health" in health


@pytest.mark.parametrize("name", OPEN_SCRIPTS)
def test_a_script_is_read_by_its_shell(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    shell = "bash" if "bash" in text.partition("\n")[0] else "sh"
    done = subprocess.run(
        [shutil.which(shell) or shell, "-n", DEPLOY / name], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def session(folder: Path, *words: str) -> list[str]:
    """What the script of a session calls, in a folder with a `tribunal` that only repeats its words."""
    program = folder / "bin/tribunal"
    program.parent.mkdir(exist_ok=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:/usr/bin:/bin", "TRIBUNAL_PORT": "9000"}
    done = subprocess.run(
        [DEPLOY / "session", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_session_begins_once_and_goes_on_after_that(tmp_path: Path) -> None:
    begun = session(tmp_path, "a", "--profile", "paper")
    assert begun == ["run", "--out", "runs/a", "--quiet", "--serve", "9000", "--profile", "paper"]
    (tmp_path / "runs/a").mkdir()
    (tmp_path / "runs/a/journal.db").touch()
    assert session(tmp_path, "a", "--profile", "paper") == ["run", "--resume", "runs/a", "--quiet", "--serve", "9000"]


def test_every_port_is_bound_to_loopback_and_every_image_is_named_by_who_runs_it() -> None:
    services = compose()["services"]
    assert set(services) == {"bot", "window", "watchdog", "postgres", "prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", service["image"]), name
        assert service["mem_limit"], name
        assert "no-new-privileges:true" in service["security_opt"], name
    example = (DEPLOY / "compose.env.example").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == asked


def test_our_containers_can_write_nothing_but_their_data() -> None:
    services = compose()["services"]
    for name in ("bot", "window", "watchdog"):
        service = services[name]
        assert service["read_only"] is True
        assert service["user"] == "10001:10001"
        assert service["cap_drop"] == ["ALL"]
        assert service["volumes"] == ["data:/data"]


def test_a_secret_is_a_file_and_never_an_environment() -> None:
    told = compose()
    secret = re.compile("PASSWORD|SECRET|TOKEN|KEY|HASH", re.IGNORECASE)
    for name, service in told["services"].items():
        for variable in service.get("environment", {}):
            assert not secret.search(variable) or variable.endswith(("_FILE", "FILE")), (name, variable)
        used = {one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])}
        assert used <= set(told["secrets"])
    assert all(file["file"].startswith("./deploy/secrets/") for file in told["secrets"].values())
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_what_compose_mounts_is_there() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / volume.partition(":")[0]).exists(), volume


def test_prometheus_scrapes_the_window_of_compose() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scraped["scrape_configs"]
    ((target,),) = (one["targets"] for one in job["static_configs"])
    host, _, port = target.partition(":")
    window = compose()["services"][host]
    assert window["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert window["command"][window["command"].index("--behind-proxy") + 1] == host
    credentials = Path(job["authorization"]["credentials_file"])
    assert credentials.name in compose()["services"]["prometheus"]["secrets"]


def test_there_is_one_replica_and_the_old_one_ends_before_the_new_one_begins() -> None:
    found = manifests()
    assert set(found) == {"Namespace", "PersistentVolumeClaim", "Deployment", "Service", "NetworkPolicy"}
    spec = found["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert found["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOncePod"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels == found["Service"]["spec"]["selector"]
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_a_pod_is_closed_is_probed_and_refers_to_its_secret() -> None:
    pod = manifests()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert container["resources"]["limits"]["memory"]
        assert not {variable["name"] for variable in container.get("env", [])} & secret_variables()
    bot = next(container for container in pod["containers"] if container["name"] == "bot")
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(bot)
    (keys,) = [volume for volume in pod["volumes"] if "secret" in volume]
    assert keys["secret"]["secretName"] == "tribunal-keys"


def secret_variables() -> set[str]:
    return set(Secrets().held())


def test_the_machine_of_terraform_lets_in_ssh_by_proxy_alone_and_holds_no_secret() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted((DEPLOY / "terraform").iterdir()))
    assert text.count("{") == text.count("}")
    assert "0.0.0.0/0" not in text
    assert re.findall(r'ports\s*=\s*\["(\d+)"\]', text) == ["22"]
    declared = set(re.findall(r'variable "(\w+)"', text))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    made = set(re.findall(r'resource "(\w+)" "(\w+)"', text))
    for kind, name in set(re.findall(r"\b(google_\w+)\.(\w+)\.", text)):
        assert (kind, name) in made
