"""The synthetic book: outwards, never crossed, and no liquidity is given twice."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.exact import is_multiple
from execution.simulated.book_model import BookModel
from market.book import Level
from risk.order import Side

D = Decimal


def test_a_book_is_laid_out_as_the_profile_says(shop: Any) -> None:
    model = BookModel(shop.settings(spread_bps=2.0, levels=3, level_step_bps=10.0, depth_fraction=0.1))
    book = model.bar(shop.instrument(), 60.0).book_at(D(1000))
    assert book.asks == (Level(D("1000.10"), D(2)), Level(D("1001.10"), D(2)), Level(D("1002.10"), D(2)))
    assert book.bids == (Level(D("999.90"), D(2)), Level(D("998.90"), D(2)), Level(D("997.90"), D(2)))


def test_what_was_taken_is_gone_for_the_rest_of_the_bar_and_only_on_its_side(shop: Any) -> None:
    bar = BookModel(shop.settings(levels=2, depth_fraction=0.1)).bar(shop.instrument(), 40.0)
    bar.take(Side.BUY, D(3))
    book = bar.book_at(D(500))
    assert [level.quantity for level in book.asks] == [D("0.5"), D("0.5")]
    assert [level.quantity for level in book.bids] == [D(2), D(2)]
    bar.take(Side.BUY, D(1))
    assert bar.book_at(D(500)).asks == ()


def test_a_bar_without_volume_has_an_empty_book(shop: Any) -> None:
    book = BookModel(shop.settings()).bar(shop.instrument(), 0.0).book_at(D(100))
    assert (book.bids, book.asks) == ((), ())


def test_quantities_are_rounded_down_to_lots(shop: Any) -> None:
    book = BookModel(shop.settings(levels=3, depth_fraction=1.0)).bar(shop.instrument(lot_size="1"), 11.9).book_at(D(9))
    assert [level.quantity for level in book.asks] == [D(4), D(4), D(3)]


@pytest.mark.parametrize(("volume", "lots"), [(450.0, 9), (50.0, 1), (1.0, 1), (0.001, 1), (0.0, 0)])
def test_fewer_lots_than_levels_lie_on_the_nearest_and_a_bar_that_traded_offers_one(
    shop: Any, volume: float, lots: int
) -> None:
    model = BookModel(shop.settings(levels=10, depth_fraction=0.02))
    bar = model.bar(shop.instrument(lot_size="1"), volume)
    book, whole = bar.book_at(D(100)), model.bar(shop.instrument(lot_size="1"), 1e6).book_at(D(100))
    assert [level.quantity for level in book.bids] == [level.quantity for level in book.asks] == [D(1)] * lots
    assert [level.price for level in book.bids] == [level.price for level in whole.bids][:lots]
    assert [level.price for level in book.asks] == [level.price for level in whole.asks][:lots]
    if lots:
        bar.take(Side.SELL, D(lots))
        assert bar.book_at(D(100)).bids == ()


@given(
    price=st.decimals("0.0001", "99999", places=7),
    spread=st.floats(0, 500),
    step=st.floats(0.01, 500),
    levels=st.integers(1, 30),
    volume=st.floats(0, 1e9),
    tick=st.sampled_from(["0.01", "0.0001", "5", "0.00000001"]),
)
def test_no_book_is_crossed_off_the_tick_or_better_than_the_model(
    shop: Any, price: Decimal, spread: float, step: float, levels: int, volume: float, tick: str
) -> None:
    settings = shop.settings(spread_bps=spread, level_step_bps=step, levels=levels, depth_fraction=0.3)
    instrument = shop.instrument(tick_size=tick)
    book = BookModel(settings).bar(instrument, volume).book_at(price)
    half = D(str(spread)) / 20000
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert all(0 < bid <= price * (1 - half) for bid in bids)
    assert all(ask >= price * (1 + half) for ask in asks)
    assert not bids or not asks or bids[0] < asks[0]
    assert all(is_multiple(level.price, instrument.tick_size) for level in book.bids + book.asks)
    assert all(is_multiple(level.quantity, instrument.lot_size) for level in book.bids + book.asks)
    offered, depth = sum(level.quantity for level in book.asks), D(str(volume)) * D("0.3")
    assert offered <= max(depth, instrument.lot_size if volume else D(0))
    assert offered > depth - instrument.lot_size
