"""`tribunal ab` as a user runs it, on generated bars."""

import json
from pathlib import Path
from typing import Any

import pytest
from gate_support import OLD_FOUR, OLD_FOUR_PAIR
from model_server import ModelServer
from run_support import write_bars
from session_models import KEYS

from agents.backtest import main as backtest
from agents.desk.request import BarsRequest, WorldRequest
from agents.desk.world import world_of
from evidence.ab import main as ab
from evidence.worlds.world import curve_of


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bars(tmp_path_factory.mktemp("bars"), days=10)[0])


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert ab([*arguments, "--quiet", "--json", "--workers", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.long
def test_each_side_is_what_it_is_alone_and_the_difference_is_that_of_both(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "--data", bars, "--set", "limits.unproven_fraction=null", OLD_FOUR_PAIR, "--b-no-court")
    assert [(each["key"], each["b"]) for each in found["changed"]] == [("court.seats", [])]
    for side, overrides in zip(found["sides"], ({}, {"court.seats": []}), strict=True):
        same = {**OLD_FOUR, "limits.unproven_fraction": None, "sentiment.sources": []}
        asked = WorldRequest(profile="backtest", overrides=same | overrides, bars=BarsRequest(data=(bars,)))
        alone = curve_of(world_of(asked), lambda more: None)
        assert side["growth"] == alone.equity[-1] / alone.equity[0] - 1.0
        assert (side["trades"], side["signed"], side["fees"]) == (alone.trades, alone.signed, alone.fees)
        assert side["trades"] > 0
    apart = {each["measure"]: each for each in found["differences"]["differences"]}
    for measure in apart.values():
        if measure["value"] is not None:
            assert measure["value"] == pytest.approx(measure["first"] - measure["second"])
            assert measure["low"] is None or measure["low"] <= measure["high"]
    out = str(tmp_path / "run")
    shared = ["--data", bars, "--set", "limits.unproven_fraction=null", OLD_FOUR_PAIR]
    assert backtest([*shared, "--quiet", "--json", "--out", out]) == 0
    assert json.loads(capsys.readouterr().out)["deflated"]["trials"] == 2, "A and B were both counted"


@pytest.mark.slow
def test_two_processes_tell_what_one_does_and_the_tables_end_in_a_verdict(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data", bars, "--a-strategy", "ema_cross", "--b-strategy", "donchian_trend:entry_bars=20"]
    page = tmp_path / "ab.md"
    assert ab([*asked, "--workers", "2", "--markdown", str(page)]) == 0
    printed = capsys.readouterr()
    assert "100%" in printed.err
    assert "Verdict: " in printed.out
    alone = told(capsys, *asked)
    text = page.read_text()
    assert "| strategies.0.strategy | ema_cross | donchian_trend |" in text
    for side in alone["sides"]:
        assert f"{side['fees']:,.2f}" in text
        assert f"{side['trades']:,}" in text


@pytest.mark.slow
def test_one_context_of_a_profile_is_held_against_another_with_its_own_rules(
    bars: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "extends: backtest\nstrategies:\n  - strategy: ema_cross\n  - strategy: ema_cross\n"
        "    limits: {max_position_fraction: 0.002}\n"
    )
    asked = ["--data", bars, "--profile", str(mine), "--set", "limits.unproven_fraction=null"]
    found = told(capsys, *asked, "--a-context", "ema_cross#0", "--b-context", "ema_cross#1")
    a, b = found["sides"]
    assert a["hearings"] == b["hearings"] > 0
    assert 0 < b["deployed"] < a["deployed"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ([], "A and B are the same, so there is nothing to compare"),
        (["--a-no-court", "--b-no-court"], "A and B are the same"),
        (["--b-set", "market.warmup_bars=300"], "would not trade the same bars: start_utc is"),
        (["--b-context", "nobody"], "--b-context 'nobody' is no context of the profile that votes"),
        (["--b-no-court", "--b-mind", "openai"], "--b-no-court seats nobody, and --b-mind openai names who sits"),
        (["--b-mind", "openai"], "No model of the court has a key"),
        (["--b-profile", "nobody"], "there is no profile 'nobody'"),
        (["--b-set", "limits.risk_per_trade=9"], "is not allowed"),
        (["--workers", "0"], "--workers must be at least 1"),
    ],
)
def test_what_cannot_be_compared_is_told_before_anything_runs(
    bars: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], says: str
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    assert ab(["--data", bars, "--quiet", *more]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""


def test_too_few_days_end_with_the_code_of_data(bars: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ab(["--data", bars, "--start", "2023-12-20", "--end", "2024-01-05", "--b-no-court", "--quiet"]) == 3
    assert "The bars cover 16 whole days, and an interval needs 30" in capsys.readouterr().err


@pytest.mark.slow
def test_a_setting_of_one_side_wins_over_the_shared_one_as_a_part_and_as_a_whole(
    bars: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = ["--data", bars, "--end", "2023-12-20", "--set", "limits.risk_per_trade=0.001"]
    found = told(capsys, *shared, "--b-set", "limits.risk_per_trade=0.002")
    assert [(each["a"], each["b"]) for each in found["changed"]] == [(0.001, 0.002)]


@pytest.mark.slow
def test_models_sit_on_one_side_and_are_paid_there(
    bars: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with ModelServer() as server:
        place = f"minds.providers.anthropic.base_url={server.url}"
        found = told(capsys, "--data", bars, "--set", place, OLD_FOUR_PAIR, "--b-mind", "anthropic")
    a, b = found["sides"]
    assert a["models_usd"] == 0.0
    assert b["models_usd"] > 0.0
    assert server.log
