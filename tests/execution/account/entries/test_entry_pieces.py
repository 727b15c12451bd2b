"""Entries that are bought piece by piece: at the best bid, sent anew when it moves, at market when their time is up, never dearer
than the gate allowed, and never twice."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import ANY_PRICE, BTC, LIMITS
from hypothesis import given
from hypothesis import strategies as st
from trader_support import World

from config.sections.venue import EntrySettings
from execution.account.pieces import Touch, begun, next_piece
from execution.reports import CloseOnly, Fill, Liquidity, OrderState, OrderStatus, VenueReport
from risk.order import Order, OrderKind, Purpose

D = Decimal
SYMBOL = "BTC/USDT"
NOTHING = D(0)
CAPPED = LIMITS.model_copy(update={"entry_price_cap_bps": 50.0})
TOUCH = EntrySettings(how="touch")


class Quiet:
    """A real exchange that takes every order, and whose fills are those that a test tells."""

    def __init__(self, venue: Any) -> None:
        self._venue = venue
        self.sent: list[Order] = []
        self.done: set[str] = set()
        self.mute = False
        """Whether cancels are not answered."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, order: Order) -> VenueReport:
        self.sent.append(order)
        return VenueReport(states=(self.state(order, OrderStatus.ACCEPTED),))

    async def cancel(self, order_id: str) -> VenueReport:
        (order,) = [each for each in self.sent if each.order_id == order_id]
        if self.mute or order_id in self.done:
            return VenueReport()
        self.done.add(order_id)
        return VenueReport(states=(self.state(order, OrderStatus.CANCELLED),))

    async def look(self, symbols: Any) -> VenueReport:
        book = self._venue.book(SYMBOL)
        return VenueReport(books={} if book is None else {SYMBOL: book})

    async def account(self) -> None:
        return None

    async def on_open(self, shown: Any) -> VenueReport:
        return VenueReport()

    async def on_slice(self, shown: Any) -> VenueReport:
        await self._venue.on_slice(shown)
        return VenueReport()

    def state(self, order: Order, status: OrderStatus, filled: Decimal = NOTHING) -> OrderState:
        return OrderState(
            order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status, filled_quantity=filled,
            at_utc=order.created_utc,
        )  # fmt: skip


class On:
    """A trader on it, which has just bought at the close; looks come by the second."""

    def __init__(self, entries: EntrySettings = TOUCH, limits: Any = CAPPED) -> None:
        made: list[Quiet] = []

        def around(venue: Any) -> Quiet:
            made.append(Quiet(venue))
            return made[0]

        self.world = World(real=True, limits=limits, around=around, entries=entries)
        self.venue = made[0]
        verdict = self.world.buy()
        assert verdict.order is not None
        self.signed = verdict.order

    @property
    def pieces(self) -> list[Order]:
        return [order for order in self.venue.sent if order.purpose is Purpose.ENTRY]

    def look(self, second: float, bid: str) -> None:
        """What the exchange shows at a second after the decision."""
        at = self.world.now + timedelta(seconds=second)
        touch = Touch(D(bid), D(bid) + 1)
        asyncio.run(self.world.trader.pursue(at, dict.fromkeys(self.world.trader.pursued, touch)))

    def fill(self, order: Order, quantity: Decimal, *, done: bool) -> None:
        """The exchange filled a part of an order, and it may be done with that."""
        status = OrderStatus.PARTIAL
        if done:
            self.venue.done.add(order.order_id)
            status = OrderStatus.FILLED if quantity == order.quantity else OrderStatus.CANCELLED
        fill = Fill(
            trade_id=f"{order.order_id}-{quantity}", order_id=order.order_id, decision_id=order.decision_id, symbol=SYMBOL,
            side=order.side, purpose=order.purpose, quantity=quantity, price=order.limit_price or D(50_000), fee=D(0),
            fee_currency="USDT", liquidity=Liquidity.MAKER, filled_utc=self.world.now,
        )  # fmt: skip
        report = VenueReport(states=(self.venue.state(order, status, quantity),), fills=(fill,))
        asyncio.run(self.world.trader.hear(report, self.world.now))


def test_the_first_piece_rests_at_the_best_bid_and_is_the_whole_entry() -> None:
    on = On()
    (piece,) = on.pieces
    bid = on.venue.book(SYMBOL).bids[0].price
    assert (piece.kind, piece.limit_price, piece.quantity) == (OrderKind.LIMIT, bid, on.signed.quantity)
    assert piece.order_id == on.signed.order_id


def test_it_is_sent_anew_when_the_best_bid_has_moved_and_only_then() -> None:
    on = On()
    bid = on.pieces[0].limit_price
    assert bid is not None
    on.look(1, str(bid))
    assert len(on.pieces) == 1
    on.look(6, str(bid + 10))
    on.look(11, str(bid + 10))
    on.look(16, str(bid - 5))
    assert [piece.limit_price for piece in on.pieces] == [bid, bid + 10, bid - 5]
    assert on.venue.done == {piece.order_id for piece in on.pieces[:-1]}


def test_after_thirty_seconds_the_rest_is_bought_at_market_up_to_the_cap() -> None:
    on = On()
    bid = on.pieces[0].limit_price
    on.look(1, str(bid))
    part = D("0.002")
    on.fill(on.pieces[0], part, done=False)
    on.venue.cancel = _ends_with(on, part)  # type: ignore[method-assign]
    on.look(30.9, str(bid))
    assert len(on.pieces) == 1
    on.look(31, str(bid))
    last = on.pieces[-1]
    assert (last.kind, last.limit_price) == (OrderKind.MARKET, on.signed.limit_price)
    assert last.quantity == on.signed.quantity - part
    on.fill(last, last.quantity, done=True)
    assert on.world.trader.pursued == ()
    assert on.world.held == on.signed.quantity


def _ends_with(on: On, filled: Decimal) -> Any:
    async def cancel(order_id: str) -> VenueReport:
        (order,) = [each for each in on.venue.sent if each.order_id == order_id]
        on.venue.done.add(order_id)
        return VenueReport(states=(on.venue.state(order, OrderStatus.CANCELLED, filled),))

    return cancel


def test_what_the_cap_does_not_buy_is_given_up() -> None:
    on = On()
    bid = str(on.pieces[0].limit_price)
    on.look(1, bid)
    on.look(31, bid)
    last = on.pieces[-1]
    assert last.kind is OrderKind.MARKET
    on.fill(last, last.quantity / 2, done=True)
    on.look(60, bid)
    assert on.pieces[-1] is last
    assert on.world.trader.pursued == ()
    assert on.world.trader.portfolio(on.world.now).pending_notional == {}


def test_no_piece_is_dearer_than_the_cap_however_high_the_best_bid_is() -> None:
    on = On()
    for second in range(1, 40, 5):
        on.look(second, str(60_000 + second))
    assert on.signed.limit_price is not None
    assert all(piece.limit_price is not None and piece.limit_price <= on.signed.limit_price for piece in on.pieces)
    assert on.pieces[-1].kind is OrderKind.MARKET


def test_while_the_end_of_a_piece_is_not_known_nothing_else_is_sent() -> None:
    on = On()
    on.venue.mute = True
    for second in (1, 6, 31, 36):
        on.look(second, "49000")
    assert len(on.pieces) == 1
    on.fill(on.pieces[0], on.signed.quantity, done=True)
    on.look(41, "49000")
    assert len(on.pieces) == 1
    assert on.world.held == on.signed.quantity


def test_each_partial_fill_is_protected_at_once_while_the_rest_is_bought() -> None:
    on = On()
    on.fill(on.pieces[0], on.signed.quantity / 2, done=False)
    stops = [order for order in on.venue.sent if order.kind is OrderKind.STOP]
    assert sum((order.quantity for order in stops), D(0)) == on.world.held
    pending = on.world.trader.portfolio(on.world.now).pending_notional[SYMBOL]
    assert float(pending) == pytest.approx(float(on.signed.quantity) * 50_000 / 2, rel=0.01)


def test_an_entry_that_is_withdrawn_between_two_pieces_gets_no_further_one() -> None:
    on = On()
    on.look(1, "49000")
    asyncio.run(on.world.trader.wind_up(on.world.now))
    sent = len(on.pieces)
    on.look(6, "48000")
    assert len(on.pieces) == sent
    assert on.world.trader.pursued == ()


def test_a_piece_that_is_refused_ends_the_entry() -> None:
    on = On()
    state = on.venue.state(on.pieces[0], OrderStatus.REJECTED)
    asyncio.run(on.world.trader.hear(VenueReport(states=(state,)), on.world.now))
    on.look(6, "48000")
    assert len(on.pieces) == 1
    assert on.world.trader.pursued == ()


def test_in_a_market_that_becomes_close_only_no_piece_follows_and_the_last_one_is_withdrawn_in_time() -> None:
    on = On()
    on.look(1, "49000")
    sent = len(on.pieces)
    closed = {SYMBOL: CloseOnly(why="two orders under one id")}
    asyncio.run(on.world.trader.hear(VenueReport(close_only=closed), on.world.now))
    on.look(6, "48000")
    assert len(on.pieces) == sent
    assert on.pieces[-1].order_id not in on.venue.done
    on.look(31, "48000")
    assert len(on.pieces) == sent
    assert on.pieces[-1].order_id in on.venue.done
    assert on.world.trader.pursued == ()


def test_a_large_entry_is_bought_in_slices_one_after_the_other() -> None:
    on = On(EntrySettings(how="touch", slice_quote=D(150)), ANY_PRICE)
    bought = []
    for second in range(1, 600, 40):
        if not on.world.trader.pursued:
            break
        piece = on.pieces[-1]
        assert piece.quantity * 50_000 <= 151
        bought.append(piece.quantity)
        on.fill(piece, piece.quantity, done=True)
        on.look(second, "50000")
    assert sum(bought, D(0)) == on.signed.quantity
    assert len(bought) > 2
    assert all(piece.kind is OrderKind.LIMIT for piece in on.pieces), "each slice has its own time"


def test_on_the_simulated_exchange_a_piece_that_a_bar_does_not_fill_is_bought_at_market_at_the_next_open() -> None:
    world = World(limits=ANY_PRICE, entries=TOUCH)
    world.buy()
    first = world.events.orders()[0]
    assert first.kind is OrderKind.LIMIT
    world.bar(50_100, 50_150, 50_090, 50_120)
    assert world.held == 0
    world.bar(50_120, 50_150, 50_090, 50_120)
    entries = [order for order in world.events.orders() if order.purpose is Purpose.ENTRY]
    assert [order.kind for order in entries] == [OrderKind.LIMIT, OrderKind.MARKET]
    assert world.held == first.quantity


def test_on_the_simulated_exchange_a_bar_that_falls_through_the_bid_fills_the_piece() -> None:
    world = World(limits=ANY_PRICE, entries=TOUCH)
    world.buy()
    world.bar(50_000, 50_050, 49_800, 50_000)
    assert world.held > 0
    assert world.trader.pursued == ()


@pytest.mark.slow
@given(
    quantity=st.integers(1, 10**6), slices=st.one_of(st.none(), st.integers(10, 10**5)), bid=st.integers(1, 10**6),
    fills=st.lists(st.fractions(0, 1), max_size=12), seconds=st.lists(st.floats(0, 50), max_size=12),
)  # fmt: skip
def test_pieces_never_sum_to_more_than_was_signed_and_never_cost_more(
    quantity: int, slices: int | None, bid: int, fills: list[Any], seconds: list[float]
) -> None:
    signed = Order(
        order_id="e", decision_id="d", symbol=SYMBOL, side="buy", kind=OrderKind.MARKET, purpose=Purpose.ENTRY,
        quantity=quantity * BTC.lot_size, limit_price=D(50_000), created_utc=datetime.fromisoformat("2024-03-01T00:00:00+00:00"),
    )  # type: ignore[arg-type]  # fmt: skip
    settings = EntrySettings(how="touch", slice_quote=None if slices is None else D(slices))
    touch = Touch(D(bid), D(bid) + 1)
    pursuit = begun(signed, settings, touch, BTC, None)
    at = signed.created_utc
    for share, more in zip(fills, seconds, strict=False):
        at += timedelta(seconds=more)
        pursuit.look(at, BTC)
        piece = next_piece(pursuit, at, touch, settings, BTC)
        if piece is None or pursuit.is_over:
            break
        assert piece.limit is not None
        assert piece.limit <= 50_000
        assert pursuit.bought + piece.quantity <= signed.quantity
        order = signed.model_copy(update={"quantity": piece.quantity, "kind": piece.kind})
        filled = BTC.round_quantity(piece.quantity * share.numerator / share.denominator)
        state = OrderState(
            order_id="e",
            decision_id="d",
            symbol=SYMBOL,
            status=OrderStatus.CANCELLED,
            filled_quantity=filled,
            at_utc=at,
        )
        pursuit.settle(order, state)
    assert pursuit.bought <= signed.quantity


def test_the_gate_signs_no_piece_that_is_larger_or_dearer_than_what_it_signed() -> None:
    on = On()
    sign, at = on.world.gate.sign_piece, on.world.now
    cap = on.signed.limit_price
    assert cap is not None
    for quantity, limit in (
        (on.signed.quantity + BTC.lot_size, cap), (on.signed.quantity, cap + 1), (on.signed.quantity, None), (D(0), cap),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="dearer"):
            sign(on.signed, order_id="x", kind=OrderKind.LIMIT, quantity=quantity, limit_price=limit, at=at)
    forged = on.signed.model_copy(update={"quantity": D(100)})
    with pytest.raises(ValueError, match="not a signed entry"):
        sign(forged, order_id="x", kind=OrderKind.LIMIT, quantity=D(1), limit_price=cap, at=at)
