"""Margins in pairs of floats are those in decimals: what is bound, where it is liquidated, and at which price it is bankrupt."""

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from gate_support import LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st
from uncompiled import plain, record

from config.sections.market import PerpetualsSettings
from execution.exact import EXACT
from execution.holdings.fifo import Lots
from execution.holdings.isolated import Isolated
from execution.kernel import records as w
from execution.kernel.rules import rules_of
from market.instrument import Instrument, InstrumentKind
from market.perpetual.margin import MarginTier, PerpetualTerms

margins = plain("margined.isolated")
TIERS = (
    MarginTier(up_to=Decimal(5000), max_leverage=Decimal(50), maintenance_rate=Decimal("0.01")),
    MarginTier(
        up_to=Decimal(60000),
        max_leverage=Decimal(5),
        maintenance_rate=Decimal("0.05"),
        maintenance_amount=Decimal(200),
    ),
    MarginTier(
        up_to=None, max_leverage=Decimal(2), maintenance_rate=Decimal("0.25"), maintenance_amount=Decimal(12200)
    ),
)
TICK, LOT = Decimal("0.01"), Decimal("0.001")


def market(maintenance_at: Any) -> Instrument:
    return Instrument(
        symbol="BTC/USDT", base="BTC", quote="USDT", kind=InstrumentKind.PERPETUAL, tick_size=TICK, lot_size=LOT,
        min_notional=Decimal(5), maker_fee_bps=Decimal(2), taker_fee_bps=Decimal(5),
        perpetual=PerpetualTerms(tiers=TIERS, maintenance_at=maintenance_at, liquidation_fee_bps=Decimal(50)),
    )  # fmt: skip


sizes = st.integers(1, 400_000)
lots = st.lists(st.tuples(sizes, st.integers(2_000_000, 6_000_000)), min_size=1, max_size=6)


@given(
    held=lots, short=st.booleans(), at=st.sampled_from(["mark", "entry"]), leverage=st.sampled_from(["1", "1.7", "2", "3"]),
    part=st.floats(0, 0.999), drawn=st.integers(0, 5 * 10**9),
)  # fmt: skip
def test_both_count_the_same_margin_whatever_was_entered_and_taken_back(
    held: list[tuple[int, int]], short: bool, at: str, leverage: str, part: float, drawn: int
) -> None:
    rules = market(at)
    assert rules.perpetual is not None
    made = rules_of(
        [rules], LIMITS, SETTINGS.exits, SETTINGS.venue, 24.0,
        perpetuals=PerpetualsSettings(leverage=Decimal(leverage)),
    )  # fmt: skip
    rule, limits = (table.view(np.recarray)[0] for table in (made.markets, made.limits))
    place, account = record(w.PLACE, side=-1 if short else 1), record(w.ACCOUNT)
    decimal, own = Isolated(rules.perpetual, Decimal(leverage)), Lots()
    sign = -1 if short else 1
    with localcontext(EXACT):
        for number, (size, ticks) in enumerate(held):
            own.add(sign * size * LOT, ticks * TICK)
            decimal.add(size * LOT * ticks * TICK)
            place.lot_sizes[number], place.lot_ticks[number] = size, ticks
            place.held += size
            place.tail += 1
            margins.put_more_in(place, margins.times(margins.two_product(float(size), float(ticks)), (rule.units, 0.0)))
        decimal.draw(drawn * Decimal("1e-8"))
        place.drawn[0] = drawn * limits.margin_step
        whole = sum(size for size, _ in held)
        gone = int(whole * part)
        if gone:
            own.take(gone * LOT, TICK)
            decimal.reduce(gone * LOT, whole * LOT)
            margins.take_out(limits, place, gone)
            _take(place, gone)
        quantity, unit = sign * (whole - gone) * LOT, Decimal(limits.quote_units)
        margins.rebind(rule, limits, account, place)
        assert Decimal(place.margin[0]) + Decimal(place.margin[1]) == decimal.margin(own.cost) * unit
        assert Decimal(account.bound[0]) + Decimal(account.bound[1]) == (decimal.margin(own.cost) - own.cost) * unit
    found = decimal.liquidation(quantity, own.cost)
    assert margins.liquidation_of(rule, limits, place) == pytest.approx(float(found or 0), rel=1e-15)
    assert margins.bankruptcy_ticks(rule, place) * TICK == decimal.bankruptcy(quantity, own.cost, TICK)


def _take(place: Any, lots: int) -> None:
    """The oldest lots are traded back."""
    place.held -= lots
    while lots:
        part = min(lots, int(place.lot_sizes[place.head]))
        place.lot_sizes[place.head] -= part
        lots -= part
        place.head += 1 if place.lot_sizes[place.head] == 0 else 0
