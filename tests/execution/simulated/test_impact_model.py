"""The square-root law in the simulated exchange: no walk is cheaper than it, and pieces pay as the whole."""

import asyncio
import math
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from gate_support import BTC, LIMITS, SETTINGS
from hypothesis import given
from hypothesis import strategies as st

from config.errors import UsageFault
from execution.kernel.rules import rules_of
from execution.simulated.book_model import BookModel
from execution.simulated.impact_model import impact_cost
from execution.simulated.latency import bar_sigma
from execution.simulated.venue import SimulatedVenue
from market.book import Level
from risk.order import Side

D = Decimal
PRICE = D(1000)


def walked(levels: tuple[Level, ...], quantity: Decimal) -> Decimal:
    """Average price of a walk."""
    left, paid = quantity, D(0)
    for level in levels:
        part = min(left, level.quantity)
        left, paid = left - part, paid + part * level.price
    assert left == 0
    return paid / quantity


@given(
    sigma=st.floats(0, 0.2), volume=st.floats(1, 1e6), y=st.floats(0, 5), levels=st.integers(1, 30),
    spread=st.floats(0, 50), part=st.fractions(0, 1),
)  # fmt: skip
def test_no_order_is_cheaper_than_the_impact_law_or_better_than_the_middle(
    shop: Any, sigma: float, volume: float, y: float, levels: int, spread: float, part: Any
) -> None:
    settings = shop.settings(impact="square_root", impact_coefficient=y, levels=levels, spread_bps=spread)
    book = BookModel(settings).bar(shop.instrument(), volume, sigma).book_at(PRICE)
    depth = sum((level.quantity for level in book.asks), D(0))
    quantity = max(D("0.001"), (depth * part.numerator / part.denominator).quantize(D("0.001")))
    law = spread / 20_000 + impact_cost(float(quantity), volume=volume, sigma=sigma, coefficient=y)
    assert float(walked(book.asks, quantity)) >= 1000 * (1 + law) * (1 - 1e-12)
    if sum(level.quantity for level in book.bids) >= quantity:
        assert float(walked(book.bids, quantity)) <= 1000 * (1 - law) * (1 + 1e-12)


@given(y=st.floats(0, 3), sigma=st.floats(0, 0.1), volume=st.floats(10, 1e5))
def test_the_cost_grows_with_the_size_and_the_book_is_never_crossed(
    shop: Any, y: float, sigma: float, volume: float
) -> None:
    settings = shop.settings(impact="square_root", impact_coefficient=y, levels=7, spread_bps=0)
    book = BookModel(settings).bar(shop.instrument(), volume, sigma).book_at(PRICE)
    depth = sum((level.quantity for level in book.asks), D(0))
    prices = [walked(book.asks, depth * number / 10) for number in range(1, 11)]
    assert all(one <= other for one, other in pairwise(prices))
    assert not book.bids or book.bids[0].price < book.asks[0].price
    asks = [level.price for level in book.asks]
    assert asks == sorted(set(asks))


def test_the_levels_lie_at_the_distances_of_the_impact_law(shop: Any) -> None:
    settings = shop.settings(
        impact="square_root", impact_coefficient=2.0, levels=4, spread_bps=2.0, depth_fraction=0.04
    )
    book = BookModel(settings).bar(shop.instrument(), 100.0, 0.01).book_at(PRICE)
    far = [1e-4 + 1.5 * 2.0 * 0.01 * math.sqrt(number / 100) for number in (1, 2, 3, 4)]
    assert [float(level.price) for level in book.asks] == pytest.approx([1000 * (1 + away) for away in far], abs=0.011)
    assert [float(level.price) for level in book.bids] == pytest.approx([1000 * (1 - away) for away in far], abs=0.011)


def test_an_order_in_two_pieces_pays_as_much_as_the_whole(shop: Any) -> None:
    model = BookModel(shop.settings(impact="square_root", impact_coefficient=1.0, levels=50, depth_fraction=0.5))
    whole, pieces = (model.bar(shop.instrument(), 1000.0, 0.02) for _ in range(2))
    first = walked(pieces.book_at(PRICE).asks, D(200))
    pieces.take(Side.BUY, D(200))
    second = walked(pieces.book_at(PRICE).asks, D(200))
    assert second > first
    assert float((first + second) / 2) == pytest.approx(float(walked(whole.book_at(PRICE).asks, D(400))), rel=2e-4)


@pytest.mark.parametrize(("prices", "wider"), [("100 102 98 100", True), ("100 100 100 100", False)])
def test_the_venue_takes_sigma_and_volume_from_the_bar_itself(shop: Any, prices: str, wider: bool) -> None:
    def price(**more: Any) -> Decimal:
        venue = SimulatedVenue(
            {"BTC/USDT": shop.instrument()}, shop.settings(levels=1, latency_ms=0, **more), shop.seal
        )
        asyncio.run(venue.submit(shop.order("in", "buy 10 market")))
        (fill,) = asyncio.run(venue.on_open(shop.tape(shop.bar(prices, volume=1000.0)))).fills
        return fill.price

    bought = price(impact="square_root", impact_coefficient=1.0)
    assert price(impact="book") == D("100.01")
    assert (bought > D("100.01")) is wider
    if wider:
        assert float(bought) == pytest.approx(100.01 + 150 * bar_sigma(102, 98) * math.sqrt(0.1), abs=0.02)


def test_the_fast_engine_refuses_the_law_in_words() -> None:
    venue = SETTINGS.venue.model_copy(update={"impact": "square_root"})
    with pytest.raises(UsageFault, match=r"venue.impact is square_root"):
        rules_of([BTC], LIMITS, SETTINGS.exits, venue, 24.0)
