"""The laws of the house, on whole runs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from run_support import change_after, events, run, said, write_bars

from agents.records.record import CycleRecord
from agents.replay import main as replay
from execution.reports import SentOrder, VenueWord
from risk.order import Purpose
from risk.verdict import Outcome

DAYS = "8"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One simulated session of some days, with its key kept beside it."""
    folder = tmp_path_factory.mktemp("finished")
    patch = pytest.MonkeyPatch()
    patch.setenv("TRIBUNAL_STATE_DIR", str(folder / "state"))
    assert run(folder / "run", "--days", "20") == 0
    patch.undo()
    return folder


@pytest.fixture
def its_key(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The finished run, opened with the key that it was written with."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(finished / "state"))
    return finished / "run"


@pytest.mark.slow
def test_the_same_command_and_seed_give_the_same_journal_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert run(tmp_path / name, "--days", DAYS, "--seed", seed) == 0
    heads = {name: events(tmp_path / name)[-1].mac for name in "abc"}
    assert heads["a"] == heads["b"]
    assert heads["a"] != heads["c"]
    summaries = [json.loads((tmp_path / name / "summary.json").read_text()) for name in "ab"]
    assert summaries[0]["journal_hash"] == summaries[1]["journal_hash"] == heads["a"]


@pytest.mark.slow
def test_changing_all_data_after_a_bar_leaves_every_record_up_to_it_byte_identical(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    paths = write_bars(tmp_path / "data", ("BTC/USDT", "ETH/USDT"))
    arguments = ["--data", *map(str, paths), "--start", "2024-01-02", "--end", "2024-01-18"]
    assert run(tmp_path / "before", *arguments) == 0
    for path in paths:
        change_after(path, "2024-01-10")
    assert run(tmp_path / "after", *arguments) == 0
    turn = datetime(2024, 1, 10, tzinfo=UTC)
    before, after = (said(events(tmp_path / name), CycleRecord) for name in ("before", "after"))
    early = [record for record in before if record.as_of_utc <= turn]
    assert len(early) == 8 * 24
    assert any(record.hearings for record in early)
    assert [r.canonical() for r in early] == [r.canonical() for r in after if r.as_of_utc <= turn]
    assert before[-1].canonical() != after[-1].canonical()


@pytest.mark.slow
def test_every_order_traces_to_a_decision_and_every_entry_to_a_signed_verdict(its_key: Path) -> None:
    records = said(events(its_key), CycleRecord)
    signed = {
        h.verdict.order.order_id: h.verdict.order
        for record in records
        for h in record.hearings
        if h.verdict.outcome is Outcome.SIGNED and h.verdict.order is not None
    }
    decisions = {order.decision_id for order in signed.values()}
    closed = {exit_.decision_id for record in records for exit_ in record.exits}
    orders = said(events(its_key), SentOrder)
    assert len(orders) > 20
    for order in orders:
        if order.purpose is Purpose.ENTRY:
            assert signed[order.order_id].canonical() == order.canonical()
        else:
            assert order.decision_id in decisions | closed
    assert signed.keys() == {order.order_id for order in orders if order.purpose is Purpose.ENTRY}


@pytest.mark.slow
def test_every_fill_was_ordered_before_and_every_position_is_protected_from_its_first_fill(its_key: Path) -> None:
    ordered: set[str] = set()
    protected: set[str] = set()
    fills = 0
    for event in events(its_key):
        if isinstance(event.event, SentOrder):
            order = event.event
            ordered.add(order.order_id)
            if order.purpose is Purpose.STOP_LOSS:
                protected.add(order.decision_id)
        if isinstance(event.event, VenueWord):
            for fill in event.event.report.fills:
                fills += 1
                assert fill.order_id in ordered
        if isinstance(event.event, CycleRecord):
            held = event.event.portfolio.positions
            assert all(position.stop_price is not None for position in held)
    assert fills > 20
    assert protected


def test_the_money_adds_up_to_the_last_digit(its_key: Path) -> None:
    end = events(its_key)[-1].event
    assert end.starting_cash + end.realised + end.unrealised - end.fees - end.funding == end.portfolio.equity
    marks = sum(position.notional for position in end.portfolio.positions)
    assert end.portfolio.cash + marks == end.portfolio.equity
    assert end.fees > 0


def test_nothing_that_was_deployed_was_ever_above_its_limits(its_key: Path) -> None:
    for record in said(events(its_key), CycleRecord):
        assert record.exposure.deployed_fraction <= 0.20 * 1.1, "a rise of the price alone may exceed it a little"
        for hearing in record.hearings:
            assert hearing.verdict.notional <= record.portfolio.equity * 5 / 100


@pytest.mark.slow
def test_a_run_replays_to_the_byte(its_key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(its_key), "--quiet"]) == 0
    assert "identical" in capsys.readouterr().out


@pytest.mark.slow
def test_other_limits_are_asked_without_changing_what_was(
    its_key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("max_position_fraction: 0.001\n")
    assert replay([str(its_key), "--limits", str(limits), "--json", "--quiet"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["changed"]
    for row in answer["changed"]:
        assert row["actual"][0] == "signed"
        assert row["other"][0] == "refused" or float(row["other"][1].replace(",", "")) <= 10.1


def test_the_simulated_headlines_reach_the_court_and_none_before_it_was_seen(its_key: Path) -> None:
    read = 0
    for record in said(events(its_key), CycleRecord):
        for hearing in record.hearings:
            for headline in hearing.case.sentiment.headlines:
                read += 1
                assert headline.first_seen_utc <= record.as_of_utc
    assert read > 0


def test_the_report_says_who_changed_the_rulings_and_what_that_was_worth(its_key: Path) -> None:
    page = (its_key / "report.html").read_text()
    section = page[page.index('<section id="worth">') : page.index('<section id="trades">')]
    for role in ("analyst", "risk agent", "devils advocate", "supervisor"):
        assert f"<td>{role}</td>" in section
