"""The dashboards: whole JSON, panels that do not lie upon each other, queries that Prometheus reads and metrics that exist.

Grafana itself has never opened them here: there is no package of it.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from promql import exported, labels_of, series_of

from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.grafana.dashboards import files

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy/grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
EVERYWHERE = {"instance", "job"}
needs_prometheus = pytest.mark.skipif(
    os.environ.get("CI") != "true" and shutil.which("prometheus") is None,
    reason="Prometheus is not installed (apt-get install --no-install-recommends prometheus)",
)


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def queries(board: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_the_files_are_those_that_are_made() -> None:
    assert {file.name: file.read_text(encoding="utf-8") for file in BOARDS} == files()
    assert {file.stem for file in BOARDS} == {"overview", "court", "execution", "system"}


def test_ids_are_unique_and_each_panel_asks_the_chosen_source() -> None:
    boards = [read(file) for file in BOARDS]
    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == len(boards)
    for board in boards:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        for panel in board["panels"]:
            for asked in (panel, *panel["targets"]):
                assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_no_panel_lies_upon_another_or_outside(file: Path) -> None:
    taken = set[tuple[int, int]]()
    for panel in read(file)["panels"]:
        at = panel["gridPos"]
        assert at["x"] in range(24 - at["w"] + 1), panel["title"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_every_query_reads_what_is_exported_of_the_chosen_session(file: Path) -> None:
    declared = {
        (metric.full_name + ending, label.name)
        for metric in CATALOGUE
        for label in metric.labels
        for ending in ("", "_bucket")
    }
    for query in queries(read(file)):
        read_of = series_of(query)
        assert read_of, query
        assert read_of <= exported(), query
        asked = labels_of(query)
        assert {pair for pair in asked if pair[1] not in EVERYWHERE} <= declared, query
        assert query.count('instance="$instance"') >= len(read_of), query


def test_every_metric_of_the_catalogue_that_says_how_it_stands_is_on_some_board() -> None:
    shown = {name for file in BOARDS for query in queries(read(file)) for name in series_of(query)}
    bare = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in shown}
    left_out = {metric.full_name for metric in CATALOGUE} - bare
    assert left_out == {
        "tribunal_bar_length_seconds", "tribunal_cash_quote", "tribunal_last_bar_timestamp_seconds",
        "tribunal_last_decision_timestamp_seconds", "tribunal_max_drawdown_ratio", "tribunal_pnl_quote",
        "tribunal_policy_demotions_total", "tribunal_positions", "tribunal_session_on_the_clock",
        "tribunal_session_start_timestamp_seconds", "tribunal_unrealised_pnl_quote",
    }  # fmt: skip


def test_what_is_provisioned_names_what_is_there() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/tribunal.yaml").read_text(encoding="utf-8"))[
        "providers"
    ]
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in compose
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in compose["grafana"]["volumes"]}
    assert (ROOT / mounted[provider["options"]["path"]]).resolve() == GRAFANA / "dashboards"


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A Prometheus on loopback that scrapes nothing; its address."""
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        "prometheus",
        "--config.file=prometheus.yml",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.path=data",
    ]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@needs_prometheus
def test_prometheus_can_read_every_query(prometheus: str) -> None:
    import httpx2

    with httpx2.Client(base_url=prometheus, timeout=5) as client:
        end = time.monotonic() + 30
        while True:
            try:
                client.get("/-/ready").raise_for_status()
                break
            except httpx2.HTTPError:
                assert time.monotonic() < end, "Prometheus did not start"
                time.sleep(0.05)
        for file in BOARDS:
            for query in queries(read(file)):
                asked = query.replace("$__rate_interval", "5m")
                found = client.get("/api/v1/format_query", params={"query": asked})
                assert found.status_code == 200, (query, found.text)
        assert client.get("/api/v1/format_query", params={"query": "rate(up[5m]"}).status_code == 400
