"""Several exchanges as one venue: who is asked, who speaks, and which of them is well."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from execution.reports import CloseOnly, OrderState, OrderStatus, VenueAccount, VenueReport
from execution.venues.routed import SILENT_S, RoutedExchanges, common_rules, named
from market.book import Book, Level
from risk.order import Order

D = Decimal
BOOK = Book((Level(D(99), D(1)),), (Level(D(101), D(1)),))


class Scripted:
    """An exchange that notes what it is asked, and says what a test gives it to say."""

    def __init__(self, cash: int) -> None:
        self.asked: list[str] = []
        self.words: asyncio.Queue[VenueReport | None] = asyncio.Queue()
        self.silent: float | None = 0.0
        self.failed: float | None = None
        self.left = 0.0
        self._cash = cash

    async def submit(self, order: Order) -> VenueReport:
        self.asked.append(f"submit {order.order_id}")
        return said(order, OrderStatus.ACCEPTED)

    async def settle(self, order: Order) -> VenueReport:
        self.asked.append(f"settle {order.order_id}")
        return said(order, OrderStatus.ACCEPTED)

    def adopt(self, orders: Any, trade_ids: Any, held: Any) -> None:
        self.asked.append(f"adopt {[order.order_id for order in orders]} {list(trade_ids)} {dict(held)}")

    async def cancel(self, order_id: str) -> VenueReport:
        self.asked.append(f"cancel {order_id}")
        return VenueReport()

    async def hear(self) -> VenueReport | None:
        return await self.words.get()

    async def account(self) -> VenueAccount:
        return VenueAccount(cash=D(self._cash), held={"BTC/USDT": D(1)})

    async def look(self, symbols: Any) -> VenueReport:
        return VenueReport(account=await self.account(), books=dict.fromkeys(symbols, BOOK))

    def book(self, symbol: str) -> Book | None:
        return BOOK

    def silent_s(self) -> float | None:
        return self.silent

    def share_failed(self) -> float | None:
        return self.failed

    def left_alone_s(self) -> float:
        return self.left


def said(order: Order, status: OrderStatus) -> VenueReport:
    state = OrderState(
        order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status, at_utc=order.created_utc
    )  # fmt: skip
    return VenueReport(states=(state,))


class Pair:
    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.a, self.b = Scripted(6000), Scripted(4000)
        both: Any = {"a": self.a, "b": self.b}
        self.venue = RoutedExchanges(both, {"BTC/USDT": shop.instrument()})

    def order(self, order_id: str, text: str, account: str) -> Order:
        sealed: Order = self.shop.seal.sign(
            self.shop.order(order_id, text).model_copy(update={"account": account})
        )  # fmt: skip
        return sealed


@pytest.fixture
def pair(shop: Any) -> Pair:
    return Pair(shop)


def test_an_order_goes_to_the_exchange_that_it_is_sealed_for_and_is_cancelled_there(pair: Pair) -> None:
    async def scenario() -> None:
        await pair.venue.submit(pair.order("x", "buy 1 market", "b"))
        await pair.venue.cancel("x")
        assert (await pair.venue.cancel("never seen")).is_empty

    asyncio.run(scenario())
    assert (pair.a.asked, pair.b.asked) == ([], ["submit x", "cancel x"])


@pytest.mark.parametrize("account", ["", "c"])
def test_an_order_for_no_exchange_of_the_session_is_sent_nowhere(pair: Pair, account: str) -> None:
    (state,) = asyncio.run(pair.venue.submit(pair.order("x", "buy 1 market", account))).states
    assert (state.status, pair.a.asked, pair.b.asked) == (OrderStatus.REJECTED, [], [])


def test_the_same_order_id_is_taken_by_one_exchange_alone(pair: Pair) -> None:
    async def scenario() -> OrderState:
        await pair.venue.submit(pair.order("x", "buy 1 market", "b"))
        return (await pair.venue.submit(pair.order("x", "buy 1 market", "a"))).states[0]

    state = asyncio.run(scenario())
    assert (state.status, pair.a.asked) == (OrderStatus.REJECTED, [])
    assert "duplicate" in state.note


def test_each_takes_over_what_the_journal_knows_of_it_and_settles_what_was_sent_to_it(pair: Pair) -> None:
    order = pair.order("x", "sell 1 stop 90", "b")
    pair.venue.adopt_at("a", (), [("BTC/USDT", "7")], {})
    pair.venue.adopt_at("b", (order,), [("BTC/USDT", "7")], {"BTC/USDT": D(1)})

    async def scenario() -> None:
        await pair.venue.settle(pair.order("y", "buy 1 market", "b"))
        await pair.venue.cancel("x")

    asyncio.run(scenario())
    assert pair.a.asked == ["adopt [] [('BTC/USDT', '7')] {}"]
    assert pair.b.asked[1:] == ["settle y", "cancel x"]


def test_whoever_speaks_is_named_and_nothing_that_came_meanwhile_is_lost(pair: Pair, shop: Any) -> None:
    async def scenario() -> list[VenueReport | None]:
        waiting = asyncio.ensure_future(pair.venue.hear())
        await asyncio.sleep(0)
        waiting.cancel()
        for word, each in ((shop.fill("7", "buy 1 at 100"), pair.b), (shop.fill("7", "buy 2 at 100"), pair.a)):
            each.words.put_nowait(VenueReport(fills=(word,)))
        heard = [await pair.venue.hear(), await pair.venue.hear()]
        pair.a.words.put_nowait(None)
        pair.b.words.put_nowait(None)
        return [*heard, await pair.venue.hear()]

    *heard, last = asyncio.run(scenario())
    assert {(fill.account, fill.quantity) for word in heard if word for fill in word.fills} == {
        ("a", D(2)),
        ("b", D(1)),
    }
    assert last is None


def test_a_look_tells_the_account_and_the_books_of_each(pair: Pair) -> None:
    report = asyncio.run(pair.venue.look(("BTC/USDT",)))
    assert report.account is not None
    assert (report.account.cash, report.account.held) == (D(10_000), {"BTC/USDT": D(2)})
    assert {name: part.cash for name, part in report.account.members.items()} == {"a": D(6000), "b": D(4000)}
    assert report.books == {}
    assert set(report.books_at) == {"a", "b"}


def test_close_only_markets_are_told_under_the_name_of_their_exchange() -> None:
    closed = {"BTC/USDT": CloseOnly(why="two orders")}
    report = named(VenueReport(close_only=closed), "a")
    assert (report.close_only, report.close_only_at) == (None, {"a": closed})


def test_an_exchange_that_does_not_answer_wants_to_be_left_alone_or_fails_is_not_well(pair: Pair) -> None:
    assert pair.venue.unwell("x") == {}
    pair.a.silent, pair.b.left = SILENT_S + 1, 3.0
    assert set(pair.venue.unwell("x")) == {"a", "b"}
    pair.a.silent, pair.b.left, pair.b.failed = 0.0, 0.0, 0.6
    assert set(pair.venue.unwell("x")) == {"b"}
    pair.a.silent, pair.b.failed = None, 0.4
    assert set(pair.venue.unwell("x")) == {"a"}


def test_the_outage_of_an_exchange_with_nothing_of_ours_is_no_emergency(pair: Pair) -> None:
    pair.b.silent = 500.0
    assert pair.venue.silent_s() == 0.0
    asyncio.run(pair.venue.submit(pair.order("x", "sell 1 stop 90", "b")))
    assert pair.venue.silent_s() == 500.0
    pair.b.silent, pair.a.silent = 0.0, 500.0
    assert pair.venue.silent_s() == 0.0


def test_common_rules_are_those_that_every_exchange_accepts(shop: Any) -> None:
    one = shop.instrument(tick_size="0.01", lot_size="0.002", min_notional="5", taker_fee_bps="10")
    other = shop.instrument(tick_size="0.025", lot_size="0.003", min_notional="10", taker_fee_bps="4")
    rules = common_rules([{"BTC/USDT": one}, {"BTC/USDT": other}])["BTC/USDT"]
    assert (rules.tick_size, rules.lot_size) == (D("0.05"), D("0.006"))
    assert (rules.min_notional, rules.taker_fee_bps) == (D(10), D(10))
    assert common_rules([{"BTC/USDT": one}, {"BTC/USDT": one}])["BTC/USDT"] == one
