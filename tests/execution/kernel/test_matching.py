"""How the kernel lays a book, takes from it, and protects what it bought: in whole ticks and lots, one bar at a time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from gate_support import BTC, LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st
from uncompiled import fills, plain, record

from execution.kernel import records as w
from execution.kernel.rules import rules_of

book, venue, protection = plain("book"), plain("venue"), plain("protection")
PRICE = 50_000.0
MADE = rules_of([BTC], LIMITS, SETTINGS.exits, SETTINGS.venue, 24.0)
RULE: Any = MADE.markets.view(np.recarray)[0]
HOLDS: Any = MADE.limits.view(np.recarray)[0]


def bar(low: float = 49_900.0, high: float = 50_100.0, volume: float = 1000.0, state: int = w.BELIEVED) -> Any:
    return record(w.BAR, open=PRICE, low=low, high=high, close=PRICE, volume=volume, state=state)


@dataclass
class Market:
    """One market, its account and its fills."""

    place: Any = field(default_factory=lambda: record(w.PLACE, entry_stop=0.02, too_small=-1, stop_ticks=-1))
    account: Any = field(default_factory=lambda: record(w.ACCOUNT, cash=HOLDS.cash))
    fills: Any = field(default_factory=fills)

    def pass_bar(self, shown: Any) -> None:
        """The open, the protection of what it brought, the walk, and the protection again."""
        venue.at_open(None, RULE, HOLDS, self.account, self.place, self.fills, shown)
        protection.tidy(None, RULE, HOLDS, self.account, self.place)
        venue.walk(None, RULE, HOLDS, self.account, self.place, self.fills, shown)
        protection.tidy(None, RULE, HOLDS, self.account, self.place)

    def buy(self, lots: int) -> None:
        venue.put(None, RULE, self.place, w.BUYING, w.MARKET, w.ENTRY, lots, w.NOTHING, w.ALONE)

    def done(self) -> list[tuple[str, int]]:
        """Purpose and lots of each fill."""
        return [(w.PURPOSES[fill.purpose], int(fill.lots)) for fill in self.fills[: self.account.fills]]

    def standing(self) -> dict[int, tuple[int, int, int]]:
        """Kind, purpose and lots left of each open order, by slot."""
        orders = self.place.orders
        return {
            slot: (int(orders[slot, w.KIND]), int(orders[slot, w.PURPOSE]), int(orders[slot, w.LEFT]))
            for slot in range(w.SLOTS)
            if orders[slot, w.KIND] != w.NOTHING
        }

    def covered(self) -> int:
        return sum(lots for kind, _, lots in self.standing().values() if kind == w.STOP)


def bought(lots: int = 5_000) -> Market:
    """A market in which so many lots were bought at the open of one bar, and are protected."""
    market = Market()
    market.buy(lots)
    market.pass_bar(bar())
    return market


@given(price=st.floats(0.02, 1e6), volume=st.floats(0.0, 1e6))
def test_a_book_has_bids_below_asks_and_the_lots_of_the_bar(price: float, volume: float) -> None:
    place = record(w.PLACE)
    book.lay_liquidity(RULE, place, bar(volume=volume))
    book.lay_book(RULE, place, price)
    asks, bids = (place.prices[side, : RULE.levels] for side in (0, 1))
    shown = [int(tick) for tick in bids if tick > 0]
    assert list(asks[asks > 0]) == sorted(set(asks[asks > 0]))
    assert shown == sorted(set(shown), reverse=True)
    if asks[0] and shown:
        assert asks[0] > shown[0]
    assert (place.depths[0, : RULE.levels] > 0).tolist() == (asks > 0).tolist()
    assert place.depths[0].sum() == place.asks


def test_a_bar_with_any_volume_offers_at_least_one_lot_and_one_without_none() -> None:
    for volume, lots in ((1e-9, 1), (0.0, 0)):
        place = record(w.PLACE)
        book.lay_liquidity(RULE, place, bar(volume=volume))
        assert (place.asks, place.bids) == (lots, lots)


def test_the_liquidity_of_a_bar_is_laid_once() -> None:
    place = record(w.PLACE)
    book.lay_liquidity(RULE, place, bar(volume=1000.0))
    place.asks -= 7
    left = int(place.asks)
    book.lay_liquidity(RULE, place, bar(volume=9999.0))
    assert place.asks == left


def test_an_order_that_comes_late_finds_a_dearer_ask_and_a_cheaper_bid_but_none_outside_the_bar() -> None:
    place, late = record(w.PLACE), record(w.LIMITS, delay=0.2)
    shown = bar(low=49_000.0, high=51_000.0)
    book.lay_liquidity(RULE, place, shown)
    book.lay_book(RULE, place, shown.open)
    for side in (0, 1):
        book.lay_late(RULE, place, late, shown, side)
    assert place.late[0, 0] > place.prices[0, 0]
    assert place.late[1, 0] < place.prices[1, 0]
    at_worst = record(w.LIMITS, delay=1e6)
    lowest = record(w.PLACE, prices=place.prices)
    book.lay_late(RULE, lowest, at_worst, shown, 1)
    assert lowest.late[1, 0] == book.floor_scaled(49_000.0, *RULE.bid[0])


def test_a_purchase_is_paid_with_its_fee_to_the_last_unit() -> None:
    market = bought(5_000)
    paid = float(HOLDS.cash[0]) - market.account.cash[0]
    trades = market.fills[: market.account.fills]
    value = sum(int(fill.lots) * int(fill.ticks) for fill in trades)
    assert market.place.held == 5_000 == sum(int(fill.lots) for fill in trades)
    assert paid == value * (RULE.units + RULE.taker_units)
    assert sum(fill.fee for fill in trades) == pytest.approx(value * 0.01 * 0.00001 * 0.001)


def test_cash_buys_what_it_pays_for_and_the_rest_of_the_entry_is_given_up() -> None:
    market = Market()
    market.account.cash[0] = 100.0 * HOLDS.quote_units
    market.buy(5_000)
    market.pass_bar(bar())
    assert 0 < market.place.held <= 200
    assert 0 <= market.account.cash[0] < RULE.units * (PRICE * 1.01) * 100
    assert w.BUYING not in market.standing()


def test_what_is_bought_is_covered_by_stops_at_once_and_part_of_it_has_a_target() -> None:
    market = bought(5_000)
    standing = market.standing()
    assert market.covered() == 5_000
    assert standing[w.SECOND][:2] == (w.LIMIT, w.TAKE_PROFIT)
    first = standing[w.FIRST][2]
    assert first == int(5_000 * SETTINGS.exits.take_profit_share)
    assert standing[w.SECOND][2] == first
    assert standing[w.THIRD] == (w.STOP, w.STOP_LOSS, 5_000 - first)
    entry = market.place.lot_ticks[0] / 100
    assert market.place.stop_ticks / 100 == pytest.approx(entry * 0.98, rel=1e-4)


def test_a_fall_through_the_stop_sells_all_and_leaves_no_order() -> None:
    market = bought(5_000)
    market.pass_bar(bar(low=48_000.0))
    assert market.place.held == 0
    assert market.standing() == {}
    assert {purpose for purpose, _ in market.done()} == {"entry", "stop_loss"}
    assert sum(lots for purpose, lots in market.done() if purpose == "stop_loss") == 5_000
    assert market.account.losses == 1


def test_a_rise_through_the_target_sells_its_part_and_the_rest_trails_upward_only() -> None:
    market = bought(5_000)
    part = market.standing()[w.SECOND][2]
    market.pass_bar(bar(high=60_000.0))
    assert ("take_profit", part) in market.done()
    assert market.place.held == 5_000 - part
    protection.trail(None, RULE, HOLDS, market.account, market.place, 60_000.0, PRICE)
    pulled = int(market.place.stop_ticks)
    assert market.standing() == {w.FIRST: (w.STOP, w.TRAILING_STOP, 5_000 - part)}
    assert pulled == round(60_000 * (1 - SETTINGS.exits.trail_fraction) * 100)
    protection.trail(None, RULE, HOLDS, market.account, market.place, 55_000.0, PRICE)
    assert market.place.stop_ticks == pulled


def test_before_the_target_nothing_trails() -> None:
    market = bought(5_000)
    before = int(market.place.stop_ticks)
    protection.trail(None, RULE, HOLDS, market.account, market.place, 70_000.0, PRICE)
    assert market.place.stop_ticks == before


def test_leaving_withdraws_all_else_and_sells_at_the_next_open() -> None:
    market = bought(5_000)
    protection.leave(None, RULE, market.place)
    assert market.standing() == {w.FIRST: (w.MARKET, w.STRATEGY_EXIT, 5_000)}
    protection.leave(None, RULE, market.place)
    assert market.place.live == 1
    market.pass_bar(bar())
    assert market.place.held == 0
    assert market.standing() == {}
    assert market.place.leaving == 0


def test_what_is_too_small_for_the_venue_is_not_left_at_market() -> None:
    market = bought(5_000)
    market.place.held = 1
    protection.leave(None, RULE, market.place)
    assert market.place.leaving == 0


def test_an_entry_that_is_abandoned_keeps_and_covers_what_it_has_bought() -> None:
    market = Market()
    market.buy(10**8)
    market.account.cash[0] = 1e12 * HOLDS.quote_units
    market.pass_bar(bar(volume=10.0))
    held = int(market.place.held)
    assert held > 0
    assert w.BUYING in market.standing()
    protection.abandon_entry(None, RULE, HOLDS, market.account, market.place)
    assert w.BUYING not in market.standing()
    assert market.covered() == held


def test_a_doubted_bar_stops_out_and_neither_buys_nor_takes_profit() -> None:
    market = bought(5_000)
    market.buy(1_000)
    fallen = market.account.fills
    market.pass_bar(bar(high=60_000.0, state=w.DOUBTED))
    assert market.account.fills == fallen
    market.pass_bar(bar(low=48_000.0, state=w.DOUBTED))
    assert market.place.held == 0


def test_a_gap_below_the_stop_is_sold_at_the_open_and_not_at_the_stop() -> None:
    market = bought(5_000)
    stop = int(market.place.stop_ticks)
    opened = record(w.BAR, open=45_000.0, low=44_900.0, high=45_100.0, close=45_000.0, volume=1000.0, state=w.BELIEVED)
    market.pass_bar(opened)
    sold = [int(fill.ticks) for fill in market.fills[: market.account.fills] if not fill.buys]
    assert market.place.held == 0
    assert max(sold) <= 4_500_000 < stop


def test_an_order_below_the_least_of_the_venue_is_an_error_and_no_trade() -> None:
    market = Market()
    market.buy(1)
    market.pass_bar(bar())
    assert market.done() == []
    assert market.account.errors == 1
    assert market.standing() == {}


@given(sizes=st.lists(st.tuples(st.integers(1, 900), st.integers(4_000_000, 6_000_000)), min_size=1, max_size=6))
def test_the_average_price_is_that_of_the_lots_that_are_left(sizes: list[tuple[int, int]]) -> None:
    place = record(w.PLACE, held=sum(lots for lots, _ in sizes), tail=len(sizes))
    for row, (lots, ticks) in enumerate(sizes):
        place.lot_sizes[row], place.lot_ticks[row] = lots, ticks
    average = book.average_ticks(place)
    wanted = sum(lots * ticks for lots, ticks in sizes) / place.held
    assert average[0] == pytest.approx(wanted, rel=1e-15)


@pytest.mark.slow
@given(steps=st.lists(st.tuples(st.floats(0.93, 1.0), st.floats(1.0, 1.07), st.booleans()), min_size=1, max_size=12))
def test_whatever_the_bars_do_what_is_held_is_covered_and_no_lot_is_lost(
    steps: list[tuple[float, float, bool]],
) -> None:
    market = bought(3_000)
    for low, high, doubted in steps:
        state = w.DOUBTED if doubted else w.BELIEVED
        market.pass_bar(bar(low=PRICE * low, high=PRICE * high, state=state))
        protection.trail(None, RULE, HOLDS, market.account, market.place, PRICE * high, PRICE)
        buys = sum(int(fill.lots) for fill in market.fills[: market.account.fills] if fill.buys)
        sells = sum(int(fill.lots) for fill in market.fills[: market.account.fills] if not fill.buys)
        assert market.place.held == buys - sells >= 0
        assert market.covered() == market.place.held
        assert market.place.live == len(market.standing())


def test_three_losses_in_a_row_pause_what_their_breaker_pauses_and_a_profit_begins_anew() -> None:
    market = Market()
    market.account.now_us = 1_000
    for _ in range(int(HOLDS.loss_streak)):
        assert market.account.streak_until == 0
        market.buy(1_000)
        market.pass_bar(bar())
        market.pass_bar(bar(low=40_000.0))
    assert market.account.streak_until == 1_000 + HOLDS.streak_pause_us
    assert market.account.losses == 0
