"""A real Prometheus on loopback scrapes a window that is served: its series are there, our rules are loaded, and one fires."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from kept_journals import JOURNALS, KEY
from window_support import app_on, window_on

from ops.live.auth.operator import Operator
from ops.live.following.window import Window
from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.exporting import registry_of
from ops.live.web.server import Place, Serving

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/rules.yml"
RUN = JOURNALS / "models-0.7.0"
PATIENCE_S = 60.0
needs_prometheus = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not shutil.which("prometheus"),
    reason="Prometheus is not installed (apt-get install --no-install-recommends prometheus)",
)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    return window_on(RUN)


@pytest.fixture
def asked(window: Window, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Asks a Prometheus that scrapes the window each second, with a token of its own; the data of its answer."""
    operator, token = Operator(password_hash="none that lets anybody in").with_token("prometheus", "read")
    with ExitStack() as held:
        serving = held.enter_context(
            Serving(lambda is_closing: app_on(window, RUN, operator, None, is_closing), Place(port=0))
        )
        (tmp_path / "token").write_text(token)
        config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"}
        config["rule_files"] = [str(RULES)]
        del config["alerting"]
        (job,) = config["scrape_configs"]
        job["authorization"]["credentials_file"] = str(tmp_path / "token")
        job["static_configs"] = [{"targets": [serving.address.removeprefix("http://").rstrip("/")]}]
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = ["prometheus", "--config.file=prometheus.yml", f"--web.listen-address=127.0.0.1:{port}"]
        process = subprocess.Popen(
            [*words, "--storage.tsdb.path=data"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        held.callback(process.wait, 10)
        held.callback(process.terminate)
        client = held.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5))

        def ask(path: str) -> Any:
            try:
                answer = client.get(f"/api/v1/{path}")
            except httpx2.HTTPError:
                return None
            return answer.json()["data"] if answer.status_code == 200 else None

        yield ask


def until(found: Callable[[], Any], what: str) -> Any:
    """What is found, once it is there."""
    end = time.monotonic() + PATIENCE_S
    while not (there := found()):
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.1)
    return there


@needs_prometheus
def test_prometheus_scrapes_the_window_loads_the_rules_and_fires_one(
    window: Window, asked: Callable[[str], Any]
) -> None:
    def up() -> list[Any]:
        targets = (asked("targets") or {}).get("activeTargets", [])
        return [each for each in targets if each["health"] == "up"]

    (target,) = until(up, "a target that is up")
    assert target["lastError"] == ""
    told = {name for family in registry_of(window).collect() for name in {each.name for each in family.samples}}
    ours = {name for name in told if name.startswith("tribunal_")}
    assert len(ours) > len(CATALOGUE) / 2

    def names() -> set[str]:
        return ours & set(asked("label/__name__/values") or ())

    until(lambda: names() == ours, "every series of the window")
    (sample,) = until(lambda: (asked("query?query=tribunal_equity_quote") or {}).get("result"), "the equity")
    status = window.status()
    assert status is not None
    assert status.account is not None
    assert float(sample["value"][1]) == pytest.approx(float(status.account.equity))
    written = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
    loaded = {rule["name"] for group in (asked("rules") or {})["groups"] for rule in group["rules"]}
    assert loaded == written

    def firing() -> set[str]:
        alerts = (asked("alerts") or {}).get("alerts", [])
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    assert "EventsMissed" not in firing()
    window.miss(window.events + 3)
    until(lambda: "EventsMissed" in firing(), "the alert")
