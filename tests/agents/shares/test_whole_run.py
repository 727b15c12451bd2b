"""A run whose voter holds shares: more is tried in court, less is sold at once, and all of it replays and resumes."""

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from broken_off import killed
from position_voter import written
from run_support import events, run, said

from agents.records.folder import JOURNAL
from agents.records.record import CycleRecord
from agents.replay import main as replay
from agents.run import main
from config.secrets import journal_key
from execution.account.ledger import Ledger
from execution.reports import Fill, OrderStatus, SentOrder, VenueWord
from ops.story.story import read_story
from ops.story.trips import trips_of_story
from risk.order import OrderKind, Purpose
from risk.verdict import Outcome

KEY = "5a" * 32
DAYS = ("--days", "14", "--set", "seed=11")


def played(folder: Path, *more: str) -> Path:
    voter = written(folder)
    assert run(folder / "run", "--strategy", f"{voter}:Holder", *DAYS, *more) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        return played(tmp_path_factory.mktemp("shares"))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


def records(folder: Path) -> list[CycleRecord]:
    return said(events(folder), CycleRecord)


def fills(folder: Path) -> list[Fill]:
    return [fill for word in said(events(folder), VenueWord) for fill in word.report.fills]


@pytest.mark.slow
def test_what_is_held_is_enlarged_by_the_court_and_trimmed_without_it(whole: Path) -> None:
    hearings = [hearing for record in records(whole) for hearing in record.hearings]
    enlarged = [each for each in hearings if each.case.held_share is not None]
    assert any(each.verdict.outcome is Outcome.SIGNED for each in enlarged)
    assert all((each.case.proposal.exposure or 0.0) > (each.case.held_share or 0.0) for each in enlarged)
    trims = [gone for record in records(whole) for gone in record.exits if gone.kept_share is not None]
    sold = [order for order in said(events(whole), SentOrder) if order.purpose is Purpose.TRIM]
    assert len(trims) == len(sold) > 3
    assert {gone.decision_id for gone in trims} == {order.decision_id for order in sold}
    assert "of a full position, and" in trims[0].why


@pytest.mark.slow
def test_every_verdict_of_a_share_names_the_rule_that_binds_and_what_is_held(whole: Path) -> None:
    hearings = [hearing for record in records(whole) for hearing in record.hearings]
    signed = [each.verdict for each in hearings if each.verdict.outcome is Outcome.SIGNED]
    assert all(verdict.binding_rule in {report.code for report in verdict.rules} for verdict in signed)
    enlarged = {each.case.decision_id for each in hearings if each.case.held_share is not None}
    for verdict in signed:
        report = next(report for report in verdict.rules if report.code == "share")
        assert "of a full position is wanted" in report.note
        assert (report.number == verdict.held > 0) == (verdict.decision_id in enlarged)


def test_a_position_by_shares_has_one_stop_and_no_target(whole: Path) -> None:
    purposes = {order.purpose for order in said(events(whole), SentOrder)}
    assert purposes == {Purpose.ENTRY, Purpose.STOP_LOSS, Purpose.STRATEGY_EXIT, Purpose.TRIM}


def test_the_stop_of_a_position_never_falls(whole: Path) -> None:
    last: dict[str, Decimal] = {}
    for record in records(whole):
        now = {held.symbol: held.stop_price for held in record.portfolio.positions}
        for symbol, stop in now.items():
            assert stop is not None
            assert stop >= last.get(symbol, stop) or _began_anew(whole, symbol, record)
        last = {symbol: stop for symbol, stop in now.items() if stop is not None}


def _began_anew(folder: Path, symbol: str, record: CycleRecord) -> bool:
    """Whether a position began in this bar: the one before it was closed in the same bar."""
    return any(
        fill.symbol == symbol
        and fill.purpose is Purpose.ENTRY
        and fill.filled_utc >= record.as_of_utc.replace(minute=0)
        for fill in fills(folder)
    )


def laid_bare(folder: Path) -> dict[tuple[str, datetime], Decimal]:
    """What was laid bare by reports without a fill, event by event: market and time, and how much was held without a stop."""
    sent = {order.order_id: order for order in said(events(folder), SentOrder)}
    left: dict[str, Decimal] = {}
    held: dict[str, Decimal] = {}
    covered: dict[str, Decimal] = {}
    bare: dict[tuple[str, datetime], Decimal] = {}
    for word in said(events(folder), VenueWord):
        for fill in word.report.fills:
            held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + fill.quantity * (1 if fill.side == "buy" else -1)
        for state in word.report.states:
            is_open = state.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIAL)
            left[state.order_id] = sent[state.order_id].quantity - state.filled_quantity if is_open else Decimal(0)
        for symbol, quantity in held.items():
            now = min(
                quantity, sum((size for order_id, size in left.items() if covers(sent[order_id], symbol)), Decimal(0))
            )
            if now < covered.get(symbol, Decimal(0)) and not word.report.fills:
                bare[symbol, word.report.states[0].at_utc] = quantity - now
            covered[symbol] = now
    return bare


def covers(order: SentOrder, symbol: str) -> bool:
    return order.symbol == symbol and (order.kind is OrderKind.STOP or order.purpose is Purpose.TRIM)


def test_no_quantity_is_without_a_stop_while_it_is_replaced(whole: Path) -> None:
    orders = said(events(whole), SentOrder)
    sold = {
        (order.symbol, order.created_utc): order.quantity
        for order in orders
        if order.purpose in (Purpose.STRATEGY_EXIT, Purpose.TRIM)
    }
    assert sum(order.purpose is Purpose.STOP_LOSS for order in orders) > 2 * len(sold) > 0
    for moment, quantity in laid_bare(whole).items():
        assert quantity <= sold[moment], "only what is sold at once is without a stop until then"


def test_a_round_trip_with_many_entries_and_sales_counts_once(whole: Path) -> None:
    story = read_story(whole, journal_key())
    ledger = Ledger(story.session.settings.venue.starting_cash, "USDT")
    for fill in fills(whole):
        ledger.apply(fill)
    trips = trips_of_story(story)
    assert len(trips) == len(ledger.trades)
    assert {trip.strategy for trip in trips} == {"Holder"}
    parts = [fill for fill in fills(whole) if fill.side == "buy"]
    assert len({fill.decision_id for fill in parts}) > len(trips)


@pytest.mark.slow
def test_the_run_replays_to_the_byte(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(whole)]) == 0
    assert "identical" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.62, 0.9])
def test_a_run_that_was_killed_goes_on_to_the_same_journal(whole: Path, tmp_path: Path, share: float) -> None:
    all_of_it = events(whole)
    broken = killed(whole, tmp_path / "broken", int(len(all_of_it) * share))
    assert main(["--quiet", "--resume", str(broken)]) == 0
    assert events(broken)[-1].mac == all_of_it[-1].mac


@pytest.mark.slow
def test_without_a_band_nothing_is_resized(tmp_path: Path) -> None:
    fixed = played(tmp_path, "court.resize_band=null")
    assert all(hearing.case.held_share is None for record in records(fixed) for hearing in record.hearings)
    assert Purpose.TRIM not in {order.purpose for order in said(events(fixed), SentOrder)}
    shutil.rmtree(fixed)
    assert not (fixed / JOURNAL).exists()
