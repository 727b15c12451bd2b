"""The alert rules of Prometheus: each says what it must, reads what is really exported, fires when it should and not before."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from promql import exported, labels_of, series_of
from rule_cases import BASE, CASES, FOR_EVER, INTERVAL_MIN, Case

from ops.live.metrics.catalogue import CATALOGUE
from ops.live.metrics.rules_page import rules_page

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
RULES = FOLDER / "rules.yml"
_LONG_MIN = 24 * 60
"""Cases that last longer are looked at once an hour."""
MISSING = "Prometheus is not installed (apt-get install --no-install-recommends prometheus prometheus-alertmanager)"
needs_tools = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("promtool") and shutil.which("amtool")), reason=MISSING
)


@cache
def rules() -> dict[str, dict[str, Any]]:
    """Each rule by its name."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    found = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in found}) == len(found)
    return {rule["alert"]: rule for rule in found}


def tool(*words: str | Path) -> str:
    """Run one of the tools; its output. Fails the test where it finds anything."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_tools
def test_prometheus_takes_the_rules_and_alertmanager_its_routes(tmp_path: Path) -> None:
    assert f"{len(rules())} rules found" in tool("promtool", "check", "rules", RULES)
    tool("promtool", "check", "config", "--syntax-only", FOLDER / "prometheus.yml")
    tool("amtool", "check-config", FOLDER / "alertmanager.yml")


def test_there_are_enough_of_them_and_each_says_how_grave_it_is_and_what_to_do() -> None:
    assert len(rules()) >= 25
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    for name, rule in rules().items():
        assert rule["labels"] == {"severity": rule["labels"]["severity"]}
        assert rule["labels"]["severity"] in ("critical", "warning")
        notes = rule["annotations"]
        assert set(notes) == {"summary", "action", "runbook"}, name
        assert notes["runbook"] == f"docs/rules.md#{name.lower()}"
        assert f"\n### {name}\n" in page


def test_the_page_of_rules_is_that_of_the_file() -> None:
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == rules_page(RULES.read_text(encoding="utf-8"))


def test_each_rule_reads_only_what_is_exported() -> None:
    known = exported()
    declared = {
        (metric.full_name + ending, label.name)
        for metric in CATALOGUE
        for label in metric.labels
        for ending in ("", "_bucket")
    }
    for name, rule in rules().items():
        read = series_of(rule["expr"])
        assert read, name
        assert read <= known, name
        assert labels_of(rule["expr"]) <= declared, name


def test_a_metric_that_nobody_exports_would_be_seen() -> None:
    assert series_of('sum by (job) (rate(tribunal_gone_total{rule="a"}[5m])) / on (job) up') == {
        "tribunal_gone_total",
        "up",
    }
    assert labels_of('tribunal_x{a="1", b!~"up"} > 0') == {("tribunal_x", "a"), ("tribunal_x", "b")}


def test_every_rule_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    assert set(CASES) == set(rules())


def minutes_of(at: str) -> int:
    """The minutes of a time such as 3h."""
    return int(at[:-1]) * {"m": 1, "h": 60, "d": 1440}[at[-1]]


def until(values: str, at: str) -> str:
    """Values that go on for ever, up to a time such as 3h: promtool makes a sample of each."""
    return values.replace(FOR_EVER, f"x{minutes_of(at) // INTERVAL_MIN + 1}")


def written(name: str, case: Case) -> list[dict[str, Any]]:
    """The two tests of a rule, in promtool's form."""
    tests = []
    for told, expected in ((case.fires, 1), (case.silent, 0)):
        base = {} if case.alone else BASE
        series = base | told
        firing = f'count(ALERTS{{alertname="{name}",alertstate="firing"}})'
        samples = [{"labels": "{}", "value": expected}] if expected else []
        tests.append(
            {
                "name": f"{name} {'fires' if expected else 'is silent'}",
                "interval": f"{INTERVAL_MIN}m",
                "input_series": [{"series": one, "values": until(values, case.at)} for one, values in series.items()],
                "promql_expr_test": [{"expr": firing, "eval_time": case.at, "exp_samples": samples}],
            }
        )
    return tests


@pytest.mark.slow
@needs_tools
def test_each_rule_fires_once_and_is_silent_once(tmp_path: Path) -> None:
    """promtool asks every rule that it is given at every look, so it is given one group at a time."""
    for number, group in enumerate(yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]):
        alone, file = tmp_path / f"{number}.yml", tmp_path / f"{number}_test.yml"
        alone.write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
        names = [rule["alert"] for rule in group["rules"]]
        for looks, are_long in (("1m", False), ("1h", True)):
            chosen = [name for name in names if (minutes_of(CASES[name].at) > _LONG_MIN) is are_long]
            tests = [test for name in chosen for test in written(name, CASES[name])]
            asked = {"rule_files": [str(alone)], "evaluation_interval": looks, "tests": tests}
            file.write_text(yaml.safe_dump(asked), encoding="utf-8")
            assert not tests or "SUCCESS" in tool("promtool", "test", "rules", file)


@pytest.mark.slow
@needs_tools
def test_a_rule_that_does_not_fire_is_seen_and_its_words_are_filled_in(tmp_path: Path) -> None:
    tests = written("KillSwitchOn", CASES["KillSwitchOn"])
    tests[0]["promql_expr_test"][0]["exp_samples"] = []
    file = tmp_path / "wrong.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    notes = dict(rules()["OrderUnknown"]["annotations"], summary="nobody knows what became of 2 orders")
    labels = {"severity": "critical", "status": "unknown", "instance": "a", "job": "tribunal"}
    asked = {"eval_time": "10m", "alertname": "OrderUnknown"}
    series = {
        "series": 'tribunal_orders_open{status="unknown",instance="a",job="tribunal"}',
        "values": "2x20",
    }
    expected = [{"exp_labels": labels, "exp_annotations": notes}]
    test = {"interval": "1m", "input_series": [series], "alert_rule_test": [{**asked, "exp_alerts": expected}]}
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [test]}), encoding="utf-8")
    tool("promtool", "test", "rules", file)
