"""The protection of a short is the mirror of that of a long, and what is closed first is what is most endangered."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from gate_support import BTC, SETTINGS
from hypothesis import given
from hypothesis import strategies as st

from config.sections.venue import EntrySettings
from execution.account.closing import to_liquidation
from execution.account.decision import DecisionOrders, is_nearer, nearest
from execution.account.pieces import Touch, begun, next_piece
from execution.account.shares import kept_of
from execution.account.stops import legs_of, opening_legs, resized, size_of, trailing_price
from risk.order import Order, OrderKind, Purpose, Side
from risk.portfolio import Position

D = Decimal
EXITS = SETTINGS.exits
AT = datetime(2024, 3, 1, tzinfo=UTC)
quantities = st.decimals("0.0001", "5", places=4)
prices = st.decimals("100", "90000", places=2)


def entry(side: Side, limit: str | None = None) -> Order:
    return Order(
        order_id="d-e", decision_id="d", symbol=BTC.symbol, side=side, kind=OrderKind.MARKET, purpose=Purpose.ENTRY,
        quantity=D("0.4"), limit_price=None if limit is None else D(limit), created_utc=AT,
    )  # fmt: skip


def position(quantity: str, mark: str = "100", liquidation: str | None = None) -> Position:
    return Position(
        symbol=BTC.symbol, quantity=D(quantity), entry_price=D(100), mark_price=D(mark),
        liquidation_price=None if liquidation is None else D(liquidation),
    )  # fmt: skip


@given(quantity=quantities, price=prices, stop=st.floats(0.001, 0.2))
def test_the_legs_of_a_short_mirror_those_of_a_long(quantity: Decimal, price: Decimal, stop: float) -> None:
    long, short = (opening_legs(sign * quantity, price, stop, EXITS, BTC) for sign in (1, -1))
    assert sum(leg.quantity for leg in short if leg.kind is OrderKind.STOP) == quantity
    assert all(leg.quantity > 0 for leg in short)
    for leg in short:
        assert (leg.price > price) if leg.kind is OrderKind.STOP else (leg.price < price)
    if len(long) == len(short):
        assert all(abs(a.price + b.price - 2 * price) <= 2 * BTC.tick_size for a, b in zip(long, short, strict=True))


@given(lows=st.lists(prices, min_size=1, max_size=20), by_atr=st.booleans())
def test_the_trailing_stop_of_a_short_follows_the_lowest_price_and_never_rises(
    lows: list[Decimal], by_atr: bool
) -> None:
    exits = EXITS.model_copy(update={"trail_atr_multiple": 3.0 if by_atr else None})
    best, present = D(90_000), D(100_000)
    for low in lows:
        best = min(best, low)
        moved = trailing_price(best, present, exits, BTC, D(50), -1)
        assert moved is None or moved < present
        present = present if moved is None else moved
        assert present >= BTC.round_price(best)


def test_known_trailing_stops_of_a_short() -> None:
    by_atr = EXITS.model_copy(update={"trail_atr_multiple": 3.0})
    assert trailing_price(D(50_000), D(52_000), EXITS, BTC, None, -1) == D("51000.00")
    assert trailing_price(D(50_000), D(50_900), EXITS, BTC, None, -1) is None
    assert trailing_price(D(50_000), D(52_000), by_atr, BTC, D(100), -1) == D("50300.00")


def test_the_own_stop_of_a_short_is_the_nearer_one_and_never_moves_up() -> None:
    held = DecisionOrders(entry(Side.SELL), 0.2, D(40), share=0.5, exit_price=D(110))
    (leg,) = legs_of(position("-0.4"), held, EXITS, BTC)
    assert (leg.price, leg.quantity) == (D(110), D("0.4"))
    held.raise_exit(D(115))
    assert held.exit_price == D(110), "an exit that is farther changes nothing"
    held.raise_exit(D(105))
    held.stop_price = D(104)
    assert legs_of(position("-0.4"), held, EXITS, BTC)[0].price == D(104)
    held.exit_price = D(150)
    held.stop_price = None
    assert legs_of(position("-0.4"), held, EXITS, BTC)[0].price == D(120), "the hard stop is nearer"


def test_what_is_on_its_way_has_the_sign_of_its_side() -> None:
    assert DecisionOrders(entry(Side.SELL), 0.1, D(40)).open_exposure == D(-40)
    assert DecisionOrders(entry(Side.BUY), 0.1, D(40)).open_exposure == D(40)


@given(sign=st.sampled_from((1, -1)), stops=st.lists(prices, min_size=1, max_size=5))
def test_no_stop_is_nearer_than_the_nearest(sign: int, stops: list[Decimal]) -> None:
    assert not any(is_nearer(sign, stop, nearest(sign, *stops)) for stop in stops)


def test_a_short_sale_rests_at_the_ask_and_sells_no_lower_than_its_cap() -> None:
    settings = EntrySettings(how="touch", market_after_s=30)
    for cap, rests in ((None, "101"), ("100.5", "101"), ("102", "102")):
        pursuit = begun(entry(Side.SELL, cap), settings, Touch(D(99), D(101)), BTC, AT)
        piece = next_piece(pursuit, AT, Touch(D(99), D(101)), settings, BTC)
        assert piece is not None
        assert piece.limit == D(rests)


def test_what_is_kept_of_a_short_is_a_size() -> None:
    assert kept_of(position("-4"), 0.8, 0.4, D(1000), 0.2) == D(2)
    assert kept_of(position("-4"), 0.8, 0.8, D(100), 0.2) == D("0.8")
    assert kept_of(position("-4"), 0.8, 0.8, D(1000), 0.2) is None
    assert size_of(resized(position("-4"), D(1))) == 1
    assert resized(position("-4"), D(1)).is_short


@pytest.mark.parametrize(
    ("held", "away"),
    [
        (position("1", "100", "60"), "0.4"),
        (position("-1", "100", "110"), "0.1"),
        (position("-1", "100", "95"), "-0.05"),
        (position("1", "100"), "Infinity"),
    ],
)
def test_the_most_endangered_is_the_one_nearest_to_its_liquidation(held: Position, away: str) -> None:
    assert to_liquidation(held) == D(away)
