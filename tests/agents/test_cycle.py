"""One bar through the whole system: the record says all of it, comes last, and chains what was seen onto what was before."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from halt_support import world
from trader_support import Events

from agents.court.hearing import Hearing
from agents.cycle import run_cycle
from agents.desk.description import describe
from agents.desk.outside import NOTHING_OUTSIDE
from agents.desk.paper import open_paper
from agents.records.record import CycleRecord
from execution.reports import VenueWord
from market.bar import Slice
from risk.order import Order, Purpose
from risk.proposal import Direction

KEY = b"k" * 32
DAYS = 12


class Lived(NamedTuple):
    """The records of some bars, and all that was journaled from the first of them on."""

    records: list[CycleRecord]
    events: Events


def lived(
    change: Callable[[int, Slice], Slice] = lambda _, shown: shown, bars: int = 24 * DAYS, **changes: str
) -> Lived:
    """Take bars of the simulated market through cycles, each as `change` makes it from its number and itself."""
    settings, tape = world(DAYS, tuple((key.replace("__", "."), value) for key, value in changes.items()))
    events = Events()
    desk = open_paper(settings, describe(settings, tape, KEY), tape, events, KEY, NOTHING_OUTSIDE)
    events.all.clear()
    slices = [change(number, shown) for number, shown in zip(range(bars), tape.slices(), strict=False)]

    async def through() -> list[CycleRecord]:
        return [await run_cycle(desk, shown) for shown in slices]

    return Lived(asyncio.run(through()), events)


@pytest.fixture(scope="module")
def plain() -> Lived:
    return lived()


def heard(records: Sequence[CycleRecord]) -> list[tuple[CycleRecord, Hearing]]:
    return [(record, hearing) for record in records for hearing in record.hearings]


@pytest.mark.slow
def test_each_bar_has_one_record_in_order_that_is_journaled_behind_all_that_it_tells(plain: Lived) -> None:
    written = [event for event in plain.events.all if isinstance(event, CycleRecord)]
    assert written == plain.records
    assert plain.events.all[-1] is plain.records[-1]
    assert [record.bar for record in plain.records] == list(range(1, 24 * DAYS + 1))
    moments = [record.as_of_utc for record in plain.records]
    assert moments == sorted(set(moments)) == [record.tape.close_utc for record in plain.records]


@pytest.mark.slow
def test_what_the_gate_signed_leaves_before_the_record_of_its_bar(plain: Lived) -> None:
    entries = {event.decision_id: event for event in plain.events.orders() if event.purpose is Purpose.ENTRY}
    places = {id(event): place for place, event in enumerate(plain.events.all)}
    signed = [(record, hearing) for record, hearing in heard(plain.records) if hearing.verdict.order is not None]
    assert signed
    for record, hearing in signed:
        assert places[id(entries[hearing.case.decision_id])] < places[id(record)]


def test_a_decision_is_named_by_its_bar_and_market(plain: Lived) -> None:
    for record, hearing in heard(plain.records):
        case = hearing.case
        assert case.decision_id == f"{record.as_of_utc:%Y%m%dT%H%M}-{case.symbol.replace('/', '')}"
        assert case.as_of_utc == record.as_of_utc


def test_the_court_sees_the_book_of_the_record(plain: Lived) -> None:
    held = 0
    for record, hearing in heard(plain.records):
        book = hearing.case.book
        assert book.equity == float(record.portfolio.equity)
        assert book.held == tuple(position.symbol for position in record.portfolio.positions)
        assert book.drawdown == record.exposure.drawdown
        assert (book.var_1d, book.es_1d) == (record.exposure.var_1d, record.exposure.es_1d)
        assert (book.worst_correlation is None) == (not book.held)
        held += bool(book.held)
    assert held > 0


def test_only_a_purchase_of_what_is_not_held_is_tried(plain: Lived) -> None:
    assert heard(plain.records)
    for record, hearing in heard(plain.records):
        assert hearing.case.proposal.direction is Direction.LONG
        assert record.portfolio.position(hearing.case.symbol) is None
        assert hearing.case.symbol not in record.portfolio.pending_notional


@pytest.mark.slow
def test_where_the_profile_says_so_every_market_is_tried_at_every_bar() -> None:
    told = lived(bars=30, court__call="every_bar").records
    assert all({hearing.case.symbol for hearing in record.hearings} == set(record.tape.bars) for record in told)
    assert {hearing.case.proposal.direction for _, hearing in heard(told)} > {Direction.LONG}
    assert len(heard(told)) > len(heard(lived(bars=30).records))


def test_what_the_voters_want_closed_leaves_at_once_and_says_why(plain: Lived) -> None:
    exits = [(record, each) for record in plain.records for each in record.exits]
    assert exits
    for record, each in exits:
        assert record.portfolio.position(each.symbol) is not None
        assert each.symbol not in {hearing.case.symbol for hearing in record.hearings}
        against = [vote for vote in record.votes if vote.symbol == each.symbol and vote.direction is Direction.SHORT]
        assert against
        assert all(reason in each.why for vote in against for reason in vote.reasons)
    left = {event.decision_id for event in plain.events.orders() if event.purpose is Purpose.STRATEGY_EXIT}
    assert {each.decision_id for _, each in exits} == left


@pytest.mark.slow
def test_a_market_without_a_bar_has_no_vote_and_no_hearing() -> None:
    def silent(number: int, shown: Slice) -> Slice:
        rest = {symbol: bar for symbol, bar in shown.bars.items() if symbol != "BTC/USDT"}
        return shown.model_copy(update={"bars": rest}) if number % 2 else shown

    told = lived(silent, bars=60, court__call="every_bar").records
    for number, record in enumerate(told):
        assert not (number % 2 and "BTC/USDT" in {vote.symbol for vote in record.votes})
        assert ("BTC/USDT" in {hearing.case.symbol for hearing in record.hearings}) == (number % 2 == 0)
    assert "BTC/USDT" in {vote.symbol for record in told for vote in record.votes}


@pytest.mark.slow
@pytest.mark.parametrize("field", ["close", "volume"])
def test_the_hash_changes_with_the_first_bar_that_differs_and_in_all_after_it(field: str) -> None:
    def nudged(number: int, shown: Slice) -> Slice:
        if number != 20:
            return shown
        bar = shown.bars["BTC/USDT"]
        value = getattr(bar, field) * (1 + 1e-12)
        return shown.model_copy(update={"bars": shown.bars | {"BTC/USDT": bar.model_copy(update={field: value})}})

    one, other = (lived(change, bars=25).records for change in (lambda _, shown: shown, nudged))
    hashes = [(a.data_hash, b.data_hash) for a, b in zip(one, other, strict=True)]
    assert all(a == b for a, b in hashes[:20])
    assert all(a != b for a, b in hashes[20:])
    assert len({a for a, _ in hashes}) == 25


def test_what_is_decided_at_a_bar_does_not_depend_on_the_bars_after_it(plain: Lived) -> None:
    def risen(number: int, shown: Slice) -> Slice:
        if number < 100:
            return shown
        bars = {
            symbol: bar.model_copy(update={k: getattr(bar, k) * 1.3 for k in ("open", "high", "low", "close")})
            for symbol, bar in shown.bars.items()
        }
        return shown.model_copy(update={"bars": bars})

    other = lived(risen, bars=110).records
    assert [record.canonical() for record in other[:100]] == [record.canonical() for record in plain.records[:100]]
    assert other[100].canonical() != plain.records[100].canonical()


def test_the_venue_speaks_only_of_orders_that_were_journaled_before(plain: Lived) -> None:
    known: set[str] = set()
    spoken = 0
    for event in plain.events.all:
        if isinstance(event, Order):
            known.add(event.order_id)
        if isinstance(event, VenueWord):
            spoken += len(event.report.fills)
            assert {fill.order_id for fill in event.report.fills} <= known
    assert spoken > 0
