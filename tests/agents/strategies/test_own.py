"""Voters of the user's own, and the backtest command that takes them."""

import json
import sys
from pathlib import Path

import pytest
from gate_support import OLD_FOUR_PAIR, PLAIN_PAIRS
from history import simulated
from run_support import write_bars

from agents.backtest import main
from agents.replay import main as replay
from agents.strategies.own import own_voter, read_own
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from evidence.strategies.ballots import signals_of

DIP = """
from agents.strategies.voter import NOTHING, Ballot
from risk.proposal import Direction


class Dip:
    def __init__(self, rsi: float = 30.0, weight: float = 0.7):
        self.rsi, self.weight, self.seen = rsi, weight, []

    def vote(self, now):
        self.seen.append(now.symbol)
        assert len(set(self.seen)) == 1, "one instance a symbol"
        if now.rsi_14 is not None and now.rsi_14 < self.rsi:
            return Ballot(Direction.LONG, self.weight, ("a dip",))
        return NOTHING


class Raises:
    def vote(self, now):
        return {}[now.symbol]


class SaysNothingSound:
    def vote(self, now):
        return Ballot(Direction.LONG, float("nan"), ("sure",))


class Mumbles:
    def vote(self, now):
        return "buy"


class Deaf:
    pass


class Dice:
    def vote(self, now):
        import random
        return Ballot(Direction.LONG, random.random(), ("luck",))
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    write_bars(tmp_path)
    (tmp_path / "mine.py").write_text(DIP)
    return tmp_path


def backtest(world: Path, strategy: str, *more: str) -> int:
    bars = [str(path) for path in sorted(world.glob("*.parquet"))]
    return main(["--data", *bars, "--strategy", strategy, "--quiet", "--out", str(world / "run"), *more])


@pytest.mark.slow
def test_a_voter_of_ones_own_votes_and_its_run_replays_without_the_file(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(world, f"{world}/mine.py:Dip:rsi=45", "--json") == 0
    assert json.loads(capsys.readouterr().out)["summary"]["hearings"] > 0
    (world / "mine.py").unlink()
    assert replay([str(world / "run"), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Raises", "KeyError in line 20"),
        ("SaysNothingSound", "a confidence of nan"),
        ("Mumbles", "str instead of a Ballot"),
    ],
)
def test_a_voter_that_fails_ends_the_session_with_its_line_and_leaves_nothing(
    world: Path, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    assert backtest(world, f"{world}/mine.py:{name}") == 10
    told = capsys.readouterr().err
    assert says in told
    assert "this vote was not traded" in told
    assert "Traceback" not in told
    assert not (world / "run").exists()


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ("mine.py:Nobody", "It has: Dip, Raises, SaysNothingSound, Mumbles, Dice"),
        ("mine.py:Deaf", "no class 'Deaf' with a method `vote`"),
        ("mine.py:Dip:rsy=3", "It takes rsi, weight"),
        ("mine.py", "names a file and no class"),
        ("gone.py:Dip", "cannot be read"),
        ("ema_cros", "did you mean ema_cross?"),
        ("ema_cross:rsi_max", "is not key=number"),
        ("ema_cross:rsi_max=nan", "is not key=number"),
        ("ema_cross:a=1:b=2", "is not NAME:key=value"),
    ],
)
def test_an_invalid_voter_is_reported_before_the_session_starts(
    world: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, strategy: str, says: str
) -> None:
    monkeypatch.chdir(world)
    assert backtest(world, strategy) == 2
    assert says in capsys.readouterr().err
    assert not (world / "run").exists()


def test_a_file_with_a_fault_is_told_with_its_line(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (world / "mine.py").write_text("class Dip:\n    def vote(self, now:\n")
    assert backtest(world, f"{world}/mine.py:Dip") == 2
    assert "SyntaxError in line 2" in capsys.readouterr().err


FORMS = {
    "a dataclass": "@dataclass\nclass Form:",
    "a model": "class Form(BaseModel):",
    "a named tuple": "class Form(NamedTuple):",
}
FORM = """from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel

from config.silence import Abstained


{form}
    x: float = 1.0

    def vote(self, now):
        return Abstained(why=str(self.x))
"""


@pytest.mark.parametrize("form", FORMS)
def test_a_voter_may_be_of_any_form_and_its_file_of_any_name(tmp_path: Path, form: str) -> None:
    path = tmp_path / "numpy.py"
    path.write_text(FORM.format(form=FORMS[form]), encoding="utf-8-sig")
    entry = StrategyContext(strategy="own", file=str(path), name="Form", params={"x": 3.0})
    (now,) = signals_of(simulated(1))
    before = sys.modules["numpy"]
    assert own_voter(entry, read_own((entry,))).vote(now) == Abstained(why="3.0")
    assert sys.modules["numpy"] is before


@pytest.mark.parametrize("where", ["file", "__init__", "vote"])
def test_a_voter_that_wants_to_end_the_program_is_told_with_its_line(
    world: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    ends = {name: "raise SystemExit('enough')" if name == where else "pass" for name in ("file", "__init__", "vote")}
    lines = [
        ends["file"], "class Ends:", "    def __init__(self):", f"        {ends['__init__']}", "    def vote(self, now):",
        f"        {ends['vote']}",
    ]  # fmt: skip
    (world / "mine.py").write_text("\n".join(lines))
    assert backtest(world, f"{world}/mine.py:Ends") == (10 if where == "vote" else 2)
    line = 1 + next(place for place, text in enumerate(lines) if "SystemExit" in text)
    assert f"SystemExit in line {line}: enough" in capsys.readouterr().err


@pytest.mark.slow
def test_without_a_court_the_gate_still_judges_and_the_run_replays(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(world, "ema_cross", "--no-court", "--json") == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary["rulings"] == {"approved": summary["hearings"], "shrunk": 0, "rejected": 0}
    assert summary["signed"] > 0
    assert {rule["rule"] for rule in summary["gate_rules"]} & {
        "position",
        "kelly",
        "risk_per_trade",
        "var_1d",
        "record",
    }
    assert "court" not in {row["by"] for row in summary["taken"]["rows"]}
    assert replay([str(world / "run"), "--quiet"]) == 0


@pytest.mark.parametrize("option", ["--fee-bps", "--slippage-bps", "--cash", "--latency-ms"])
def test_costs_are_not_negative(world: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert backtest(world, "ema_cross", f"{option}=-1") == 2
    assert f"{option} must be a number, not negative" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["cubic", "square_root:much", "square_root:nan", "book:1", "square_root:-1"])
def test_an_invalid_impact_is_refused(world: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert backtest(world, "ema_cross", f"--impact={text}") == 2
    assert "--impact" in capsys.readouterr().err


@pytest.mark.long
def test_fees_slippage_latency_and_impact_cost_the_configured_amounts(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same decisions, dearer: what is paid on a bought notional is the fee, and the price is worse."""
    found = {}
    for name, more in {
        "free": ("--fee-bps=0",),
        "fee": ("--fee-bps=20",),
        "slip": ("--fee-bps=0", "--slippage-bps=60"),
        "late": ("--fee-bps=0", "--latency-ms=600000"),
        "moved": ("--fee-bps=0", "--impact=square_root:9"),
    }.items():
        more = (*more, "--set", *(pair for pair in PLAIN_PAIRS if pair != OLD_FOUR_PAIR))
        assert backtest(world, "ema_cross", *more, "--json", "--out", str(world / name)) == 0
        found[name] = json.loads(capsys.readouterr().out)["summary"]
    assert found["free"]["trades"]["closed"] > 0
    assert float(found["free"]["fees"]) == 0.0 < float(found["fee"]["fees"])
    assert float(found["free"]["final_equity"]) > float(found["fee"]["final_equity"])
    for dear in ("slip", "late", "moved"):
        assert float(found["free"]["final_equity"]) > float(found[dear]["final_equity"]), dear
    assert found["slip"]["trades"]["closed"] > 0, "a cost that is tried is no reason to refuse"


@pytest.mark.long
def test_a_check_believes_a_sound_voter_and_stops_one_that_votes_by_chance(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest(world, f"{world}/mine.py:Dip:rsi=45", "--check", "--json") == 0
    told = capsys.readouterr()
    assert "No vote changed in" in told.err
    assert "250 are enough" in told.err
    assert backtest(world, f"{world}/mine.py:Dice", "--check", "--out", str(world / "other")) == 10
    assert "votes by chance" in capsys.readouterr().err
    assert not (world / "other").exists()
