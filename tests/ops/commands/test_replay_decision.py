"""`tribunal replay RUN --decision`: one decision is recomputed, also under other limits, and a difference is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from kept_journals import KEY
from run_support import events, run

from agents.records.record import CycleRecord
from agents.replay import main as replay
from config.secrets import journal_key
from execution.journal.chain import Journal

OPTIONS = (
    "--days",
    "4",
    "--symbols",
    "BTC/USDT",
    "--set",
    "market.warmup_bars=200",
    "court.review_every=6",
    "--seed",
    "11",
)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("decision") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        assert run(out, *OPTIONS) == 0
    return out


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def asked(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    code = replay([str(folder), "--quiet", "--json", "--decision", *options])
    return code, json.loads(capsys.readouterr().out)


def first_heard(folder: Path) -> tuple[int, str]:
    """How many bars there are up to the first case, and its decision."""
    records = [found.event for found in events(folder) if isinstance(found.event, CycleRecord)]
    at = next(place for place, record in enumerate(records, 1) if record.hearings)
    return at, records[at - 1].hearings[0].case.decision_id


@pytest.mark.slow
def test_a_decision_is_identical_and_nothing_after_it_is_recomputed(
    traded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars, name = first_heard(traded)
    before = {file: file.read_bytes() for file in traded.iterdir()}
    code, told = asked(traded, capsys, name)
    assert (code, told["identical"], told["decision_id"], told["bars"]) == (0, True, name, bars)
    assert (told["limits"], told["judged"]) == ([], [])
    assert {file: file.read_bytes() for file in traded.iterdir()} == before


@pytest.mark.slow
def test_under_other_limits_it_says_what_would_have_been(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, name = first_heard(traded)
    code, told = asked(traded, capsys, name, "--set", "limits.min_conviction=1.0")
    assert (code, told["identical"]) == (0, True)
    assert [(each["name"], each["asked"]) for each in told["limits"]] == [("min_conviction", "1.0")]
    assert told["judged"][0]["asked"]["rule"] == "min_conviction"
    assert told["judged"][0]["then"]["rule"] != "min_conviction"
    assert [each["asked"]["code"] for each in told["judged"][0]["rules"]] == ["min_conviction"]
    code = replay([str(traded), "--quiet", "--decision", name, "--set", "limits.min_conviction=1.0"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "WHAT WOULD HAVE BEEN. Under other limits (min_conviction 1.0 instead of" in shown
    assert "nothing is written" in shown


def test_the_same_limits_give_the_same_word(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, name = first_heard(traded)
    _, told = asked(traded, capsys, name, "--set", "limits.max_positions=100000")
    assert told["judged"][0]["then"] == told["judged"][0]["asked"]


def test_a_decision_that_comes_out_otherwise_is_told_with_its_fields(
    traded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, name = first_heard(traded)
    journal = Journal(tmp_path / "journal.db", journal_key(), 64)
    for found in events(traded):
        event = found.event
        if isinstance(event, CycleRecord) and event.hearings and event.hearings[0].case.decision_id == name:
            heard = event.hearings[0]
            ruling = heard.ruling.model_copy(update={"why": "somebody has written this"})
            other = heard.model_copy(update={"ruling": ruling})
            event = event.model_copy(update={"hearings": (other, *event.hearings[1:])})
        journal.append(event)
    journal.close()
    code, told = asked(tmp_path, capsys, name)
    assert (code, told["identical"]) == (1, False)
    assert told["deviation"]["kind"].startswith("cycle")
    assert any("somebody has written this" in line for line in told["deviation"]["lines"])
    assert replay([str(tmp_path), "--quiet", "--decision", name]) == 1
    assert f"{name}: different." in capsys.readouterr().out


def test_a_review_of_what_is_held_goes_to_no_gate(traded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [found.event for found in events(traded) if isinstance(found.event, CycleRecord)]
    name = next(record for record in records if record.reviews).reviews[0].case.decision_id
    code, told = asked(traded, capsys, name, "--set", "limits.min_conviction=1.0")
    assert (code, told["identical"], told["judged"]) == (0, True, [])
    assert replay([str(traded), "--quiet", "--decision", name, "--set", "limits.min_conviction=1.0"]) == 0
    assert "a review of what is held goes to none" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--decision", "nothing"), "has no decision 'nothing'"),
        (("--decision", "last", "--set", "venue.kind=ccxt"), "is no limit, and only the gate is asked again"),
        (("--decision", "last", "--set", "limits.max_positon=1"), "did you mean max_positions"),
        (("--decision", "last", "--as-backtest"), "Leave one of them out"),
        (("--decision", "last", "--anchors", "x"), "leave one of them out"),
        (("--set", "limits.min_conviction=7", "--json"), "min_conviction"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_told(
    traded: Path, options: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay([str(traded), "--quiet", *options]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert said.out == ""
