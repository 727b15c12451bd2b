"""Short sales are followed to mirrored barriers, and counted apart from purchases of the same voter."""

from datetime import UTC, datetime, timedelta

import pytest
from gate_support import LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st

from agents.memory.outcomes import Barriers
from agents.memory.voters import Voted, VotersBook
from agents.strategies.vote import Vote
from market.bar import Bar
from market.timeframe import Timeframe
from risk.proposal import Direction
from risk.record import VotersRecord

BTC, FREE = "BTC/USDT", Barriers(LIMITS, SETTINGS.exits, {"BTC/USDT": 0.0})
SHORT, LONG = "one (short)", "one"


def bar(opened: float, high: float, low: float, close: float) -> dict[str, Bar]:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=1)
    return {
        BTC: Bar(
            symbol=BTC, timeframe=Timeframe.H1, close_utc=at, open=opened, high=high, low=low, close=close, volume=1.0
        )
    }


def vote(*, short: bool, exposure: float | None = None) -> Vote:
    direction = Direction.SHORT if short else Direction.LONG
    return Vote(
        voter="one", symbol=BTC, direction=direction, confidence=0.5, weight=1.0, reasons=("said",), goes_short=short,
        exposure=exposure,
    )  # fmt: skip


def followed(
    cast: Vote, bars: list[tuple[float, float, float, float]], exit_price: float | None = None
) -> dict[str, VotersRecord]:
    book = VotersBook(FREE, {})
    book.pass_bar(bar(100, 100, 100, 100), (Voted(BTC, 100.0, None, (cast,), exit_price, cast.goes_short),), ("one",))
    for prices in bars:
        book.pass_bar(bar(*prices), (), ("one",))
    return book.records


def test_a_short_wins_where_its_target_below_comes_first() -> None:
    target = SETTINGS.exits.take_profit_fraction
    records = followed(vote(short=True), [(100, 100.5, 100 * (1 - target) - 1, 99)])
    assert set(records) == {SHORT}
    assert (records[SHORT].cases, records[SHORT].wins) == (1, 1)
    assert records[SHORT].gain == pytest.approx(target / LIMITS.stop_fraction)


def test_a_short_that_gaps_above_its_stop_loses_more_than_one_r() -> None:
    records = followed(vote(short=True), [(100, 100, 100, 100), (110, 112, 109, 111)])
    assert records[SHORT].loss == pytest.approx(0.10 / LIMITS.stop_fraction)


def test_the_exit_of_a_short_by_shares_is_above_it() -> None:
    records = followed(vote(short=True, exposure=0.5), [(100, 101, 99, 100), (100, 102.5, 99, 102)], exit_price=102.0)
    assert records[SHORT].loss > 0.0


prices = st.floats(96.0, 104.0)


@given(moves=st.lists(st.tuples(prices, prices, prices, prices), min_size=1, max_size=8))
def test_what_a_short_earns_is_what_its_mirror_earns(moves: list[tuple[float, float, float, float]]) -> None:
    up = [(100.0, 100.0, 100.0, 100.0), *((a, max(a, b, c, d), min(a, b, c, d), d) for a, b, c, d in moves)]
    down = [tuple(200.0 - price for price in (a, low, high, d)) for a, high, low, d in up]
    long, short = followed(vote(short=False), up), followed(vote(short=True), [(a, b, c, d) for a, b, c, d in down])
    assert (LONG in long) == (SHORT in short)
    if LONG in long:
        assert long[LONG].gain - long[LONG].loss == pytest.approx(short[SHORT].gain - short[SHORT].loss)
