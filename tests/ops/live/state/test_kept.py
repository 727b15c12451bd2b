"""The fold of a journal that an earlier version wrote says what `tribunal show` says of it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from kept_journals import KEY, RUNS
from run_support import events

from agents.records.record import Session
from agents.show import main as show
from ops.live.state.fold import Fold

each = pytest.mark.parametrize("kept", RUNS, ids=lambda folder: folder.name)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def folded(run: Path) -> Fold:
    """The fold of a whole journal."""
    first, *others = events(run)
    assert isinstance(first.event, Session)
    fold = Fold(run.name, first.event)
    for recorded in others:
        fold.take(recorded.event, recorded.seq)
    return fold


def shown(run: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the user is shown of it."""
    assert show([str(run), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


@each
def test_the_account_and_what_is_held(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fold, told = folded(kept), shown(kept, capsys)
    status = fold.status()
    assert status.account is not None
    assert status.account.equity == Decimal(told["final_equity"])
    identity = told["identity"]
    for name in ("realised", "unrealised", "fees", "funding"):
        assert getattr(status.account, name) == Decimal(identity[name]), name
    assert status.counts.max_drawdown == pytest.approx(told["growth"]["max_drawdown"], abs=1e-12)
    held = [
        (
            each.symbol,
            each.quantity * (-1 if each.side == "short" else 1),
            each.entry_price,
            each.mark_price,
            each.stop_price,
        )
        for each in fold.positions
    ]
    assert held == [
        (
            each["symbol"],
            *(Decimal(each[name]) for name in ("quantity", "entry_price", "mark_price")),
            None if each["stop_price"] is None else Decimal(each["stop_price"]),
        )
        for each in told["positions"]
    ]
    assert sum((each.unrealised for each in fold.positions), Decimal(0)) == sum(
        (Decimal(each["unrealised"]) for each in told["positions"]), Decimal(0)
    )


@each
def test_the_court_the_trades_and_the_switch(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fold, told = folded(kept), shown(kept, capsys)
    status, trades = fold.status(), told["trades"]
    counts = status.counts
    assert status.phase == told["ended"]
    assert (status.events, counts.bars, counts.planned_bars) == (told["events"], told["bars"], told["planned_bars"])
    assert counts.hearings == told["hearings"]
    assert {word: getattr(counts, word) for word in ("approved", "shrunk", "rejected")} == told["rulings"]
    assert (counts.signed, counts.trades) == (told["signed"], trades["closed"])
    down = [latch for latch in status.latches if latch.name == "kill switch"]
    assert bool(down) == told["kill_switch"]["down_at_end"]
    named = [alert.code for alert in status.alerts]
    assert {code: named.count(code) for code in sorted(set(named))} == told["alerts"]
    if told["models"] is not None:
        assert status.budget is not None
        assert status.budget.requests == told["models"]["requests"]
        assert status.budget.total_usd == Decimal(told["models"]["cost_usd"])


@pytest.mark.slow
@each
def test_every_decision_is_in_the_index(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fold = folded(kept)
    assert show([str(kept), "--json", "--export", str(tmp_path)]) == 0
    capsys.readouterr()
    lines = [json.loads(line) for line in (tmp_path / "decisions.jsonl").read_text().splitlines()]
    proposals = [each for each in fold.decisions.page(limit=200).decisions if each.kind == "proposal"]
    assert [
        (
            each.decision_id,
            "+".join(each.voters),
            each.ruling,
            each.verdict,
            each.rule,
            each.pnl,
            each.outcome,
            each.outcome_bps,
        )
        for each in reversed(proposals)
    ] == [
        (
            line["decision_id"],
            line["strategy"],
            line["ruled"]["outcome"],
            line["gate"]["outcome"],
            line["gate"]["binding_rule"],
            line["trade"] and Decimal(line["trade"]["pnl"]),
            line["outcome"] and line["outcome"]["barrier"],
            line["outcome"] and line["outcome"]["return_bps"],
        )
        for line in lines
    ]
    places = {recorded.seq: recorded.event for recorded in events(kept)}
    for each in proposals:
        record = places[each.event]
        text = record.canonical().decode()
        assert each.decision_id in text, "its number leads to the record that holds it"
