"""`tribunal ask`: one market is heard and printed from the votes to the order, and nothing is traded."""

import json
from pathlib import Path
from typing import Any

import pytest
from model_server import KEY, ModelServer
from run_support import events, run, said, voters, write_bars

from agents.ask import main as ask
from agents.records.record import CycleRecord

PARTS = (
    "PROPOSED",
    "SHOWN",
    "ANALYST",
    "RISK AGENT",
    "DEVIL'S ADVOCATE",
    "SUPERVISOR",
    "RULING",
    "POLICY",
    "GATE",
    "ORDER",
    "COST",
)
DAYS = ("--set", "market.session_days=8")


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert ask([*arguments, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    assert ask([*arguments, "--quiet"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err


@pytest.mark.slow
def test_a_trial_is_printed_from_the_votes_to_the_cost_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert ask(["BTC", "--simulated", *DAYS, "--quiet"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    heads = [part for line in lines for part in PARTS if line.startswith(part)]
    assert heads == list(PARTS)
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("BTC/USDT at ")
    assert "no model was asked: 0 tokens, 0 USD" in shown.out
    assert shown.err == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_is_asked_is_what_a_session_would_hear_at_that_bar(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(tmp_path / "run", "--days", "8", "--seed", "5", "--set", "court.hears=all") == 0
    capsys.readouterr()
    records = said(events(tmp_path / "run"), CycleRecord)
    first = next(hearing for record in records for hearing in record.hearings)
    at = first.case.as_of_utc.strftime("%Y-%m-%dT%H:%M")
    found = answer(capsys, first.case.symbol, "--simulated", "--seed", "5", *DAYS, "--at", at, *voters())
    heard, wanted = found["hearing"], json.loads(first.canonical())
    for part in ("case", "analyst", "risk_agent", "advocate", "supervisor", "ruling"):
        assert heard[part] == wanted[part], part
    assert heard["verdict"]["notional"] == wanted["verdict"]["notional"]
    assert found["unproposed"] == ""
    assert found["traded"] is False


@pytest.mark.slow
def test_a_market_that_nobody_proposes_is_heard_as_the_purchase_that_it_would_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = answer(capsys, "ETH", "--simulated", *DAYS, "--set", "court.net_threshold=1", "--strategy", "golden_cross")
    proposal = found["hearing"]["case"]["proposal"]
    assert proposal["direction"] == "long"
    assert "No voter proposes" in found["unproposed"]
    assert found["hearing"]["verdict"]["outcome"] == "refused"
    assert found["hearing"]["analyst"]["kind"] == "analyst"


@pytest.mark.slow
def test_models_are_heard_once_each_and_paid_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    with ModelServer() as server:
        place = f"minds.providers.anthropic.base_url={server.url}"
        told = ["--mind", "anthropic", "--set", place, "minds.transcripts=cached"]
        found = answer(capsys, "BTC", "--simulated", *DAYS, *told)
        assert {seen.role for seen in server.log} == {"analyst", "risk_agent", "devils_advocate", "supervisor"}
        assert len(found["attempts"]) == 4
        assert {voice["speaker"].partition("/")[0] for voice in found["hearing"]["voices"]} == {"anthropic"}
        assert ask(["BTC", "--simulated", *DAYS, *told, "--quiet"]) == 0
        assert "4 answers recorded before, not paid again" in capsys.readouterr().out
        assert len(server.log) == 4


@pytest.mark.slow
def test_recorded_bars_are_heard_at_their_last_close_or_at_any_other(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bars = str(write_bars(tmp_path, ("BTC/USDT", "ETH/USDT"), days=45)[0].parent)
    last = answer(capsys, "BTCUSDT", "--data", bars)["hearing"]["case"]
    assert last["as_of_utc"] == "2024-02-15T00:00:00Z"
    earlier = answer(capsys, "BTC/USDT", "--data", bars, "--at", "2024-02-03T05:30")["hearing"]["case"]
    assert earlier["as_of_utc"] == "2024-02-03T05:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("BTC",), 2, "give recorded bars with --data FILE or --store DIR, or try --simulated."),
        (("BTC", "--simulated", "--data", "x.csv"), 2, "leave one of them out"),
        (("BTD", "--simulated"), 2, "Did you mean BTC/USDT?"),
        (("BTC", "--simulated", "--at", "2031-01-01"), 2, "is not inside the bars that can be heard"),
        (("BTC", "--data", "nowhere.csv"), 3, "nowhere.csv"),
    ],
)
def test_what_cannot_be_heard_is_one_sentence(
    arguments: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, code, *arguments)
    assert words in told
    assert "Traceback" not in told
    assert told.count("\n") == 1
