"""Where floats decide on shares, stops and ticks, they decide as exact decimals do."""

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from uncompiled import plain, record

from execution.kernel import records as w

shares, protection, gate, holdings = (
    plain("judging.shares"),
    plain("protection"),
    plain("gate"),
    plain("judging.holdings"),
)

PRICES = st.floats(0.0001, 90_000.0).map(lambda price: float(f"{price:.6g}"))
FRACTIONS = st.one_of(st.floats(1e-6, 1.0), st.sampled_from([0.1, 0.25, 0.5, 0.8, 1.0]))
LOTS = st.integers(1, 10**9)


def rule(**given: Any) -> Any:
    return record(w.RULE, lot=(1e-5, 0.0), tick=(0.01, 0.0), **given)


def exact(value: float) -> Fraction:
    """The decimal that a float prints as."""
    return Fraction(repr(float(value)))


@given(
    equity=st.floats(10.0, 1e7),
    price=PRICES,
    scale=st.floats(0.01, 1.5),
    wanted=FRACTIONS,
    cap=FRACTIONS,
    order=FRACTIONS,
    held=st.one_of(st.just(0), LOTS),
)
def test_lots_of_a_share_are_those_of_exact_parts_where_floats_decide(
    equity: float, price: float, scale: float, wanted: float, cap: float, order: float, held: int
) -> None:
    place = record(w.PLACE, held=held)
    lots = shares.rough_lots_of_share(rule(), place, equity, price, scale, wanted, cap, order)
    assume(lots != shares.UNCLEAR)
    pair = shares.decimal_of
    assert lots == shares.lots_of_share(
        rule(), place, (equity, 0.0), pair(price), pair(min(scale, 1.0)), wanted, pair(cap), order
    )


@given(units=st.integers(1, 10**6), price=st.sampled_from([0.5, 20.0, 1000.0]))
def test_what_lies_on_a_whole_lot_is_left_to_exact_parts(units: int, price: float) -> None:
    equity = units * price * 1e-5
    lots = shares.rough_lots_of_share(rule(), record(w.PLACE), equity, price, 1.0, 1.0, 1.0, 1.0)
    assert lots == shares.UNCLEAR


@given(equity=st.floats(10.0, 1e7), mark=PRICES, wanted=FRACTIONS, share=FRACTIONS, held=LOTS)
def test_what_is_kept_of_a_position_leaves_the_lots_that_fractions_leave(
    equity: float, mark: float, wanted: float, share: float, held: int
) -> None:
    band, most = 0.1, 0.2
    place = record(w.PLACE, held=held, mark=mark, share=share)
    kept = shares.kept_lots(
        rule(), record(w.LIMITS, band=band, max_position_fraction=most), place, wanted, (equity, 0.0)
    )
    if wanted - share > band * wanted:
        assert kept[0] < 0.0
        return
    allowed = exact(most) * Fraction(equity) * exact(wanted) / (exact(mark) * Fraction(1e-5))
    trims = share - wanted > band * wanted
    left = held * exact(wanted) / exact(share) if trims else Fraction(held)
    above = held > allowed * exact(1.0 + band)
    if above:
        left = min(left, allowed)
    if not above and not trims:
        assert kept[0] < 0.0
    else:
        assert floor(held - Fraction(kept[0]) - Fraction(kept[1])) == floor(held - left)


@given(lots=st.lists(st.tuples(LOTS, st.integers(1, 10**8)), min_size=1, max_size=20), stop=FRACTIONS)
def test_the_hard_stop_is_the_tick_nearest_to_the_exact_price(lots: list[tuple[int, int]], stop: float) -> None:
    place = record(w.PLACE, held=sum(size for size, _ in lots), tail=len(lots), bracket_stop=stop)
    for at, (size, ticks) in enumerate(lots):
        place.lot_sizes[at], place.lot_ticks[at] = size, ticks
    paid = Fraction(sum(size * ticks for size, ticks in lots), sum(size for size, _ in lots))
    assert protection._hard_stop(None, place) == round(paid * (1 - exact(stop)))


@given(price=st.floats(0.01, 1e6))
def test_a_price_is_the_ticks_nearest_to_it(price: float) -> None:
    assert protection._ticks_of(rule(), price) == round(exact(price) / Fraction(0.01))


@given(held=LOTS, mark=PRICES, later=PRICES)
def test_what_is_kept_of_a_positions_worth_is_that_of_its_lots_and_mark(held: int, mark: float, later: float) -> None:
    place = record(w.PLACE, held=held, mark=mark)
    for price in (mark, mark, later):
        place.mark = price
        fresh = record(w.PLACE, held=held, mark=price)
        assert holdings.worth_of(rule(), place) == holdings.worth_of(rule(), fresh)
    place.held += 1
    assert holdings.worth_of(rule(), place) == holdings.worth_of(rule(), record(w.PLACE, held=held + 1, mark=later))


@given(first=st.integers(0, 10**15), then=st.integers(0, 10**15))
def test_cash_is_told_anew_once_it_has_changed(first: int, then: int) -> None:
    limits, account = record(w.LIMITS, quote_units=1e6), record(w.ACCOUNT)
    for cash in (first, then, first):
        account.cash[0] = float(cash)
        assert holdings.cash_of(limits, account)[0] == np.float64(cash) / 1e6


@given(tick=st.floats(1e-8, 1.0), close=PRICES, most=st.floats(0.1, 100.0))
def test_a_coarse_tick_is_one_whose_exact_share_of_the_price_is_too_large(
    tick: float, close: float, most: float
) -> None:
    holder = record(w.LIMITS, max_tick_bps=most)
    share = Fraction(tick) / exact(close) * 10_000
    assume(abs(share / Fraction(most) - 1) > Fraction(1, 10**12))
    price = shares.decimal_of(close)
    assert gate._is_coarse(record(w.RULE, tick=(tick, 0.0)), holder, price) == (share > Fraction(most))
