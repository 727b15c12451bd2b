"""The exchange's account held against the ledger: what is not ours, what drifts, and what the gate then refuses."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from gate_support import proposal
from perpetual_shop import Exchange, bar, contract, order
from trader_support import T0, Events, World

from execution.account.agreement import AccountDrift, Agreement
from execution.account.ledger import Ledger
from execution.reports import PositionTold, VenueAccount, VenueReport
from risk.verdict import Outcome

D = Decimal
BTC = "BTC/USDT"


class Books:
    """A ledger of 1,000 that holds 2 BTC at 100, and what compares it."""

    def __init__(self, shop: Any) -> None:
        self.events = Events()
        self.ledger = Ledger(D(1000), "USDT", {BTC: shop.instrument()})
        self.ledger.apply(shop.fill("1", "buy 2 at 100"))
        self.agreement = Agreement(self.ledger, {BTC: shop.instrument()}, self.events)
        self.hours = 0

    def see(self, cash: str, coins: str) -> list[str]:
        """The account at the next hour; the differences that began or ended by it."""
        before = len(self.events.all)
        self.hours += 1
        self.agreement.see(VenueAccount(cash=D(cash), held={BTC: D(coins)}), T0 + timedelta(hours=self.hours))
        told = [event for event in self.events.all[before:] if isinstance(event, AccountDrift)]
        return [f"{event.what} {event.status}" for event in told]


@pytest.fixture
def books(shop: Any) -> Books:
    return Books(shop)


def test_what_lay_there_before_is_not_ours_and_no_difference(books: Books) -> None:
    assert books.see("5000", "3.5") == []
    assert books.see("5000", "3.5") == []
    assert books.agreement.why(BTC) is None


def test_a_difference_counts_from_the_second_report_and_ends_with_agreement(books: Books) -> None:
    books.see("800", "2")
    assert books.see("800", "1.5") == []
    assert books.agreement.why(BTC) is None
    assert books.see("800", "1.5") == [f"{BTC} begins"]
    why = books.agreement.why(BTC)
    assert why is not None
    assert "holds 1.5" in why
    assert "the ledger 2" in why
    assert books.see("800", "1.5") == []
    assert books.see("800", "2") == [f"{BTC} ends"]
    assert books.agreement.why(BTC) is None


def test_a_report_from_before_a_fill_is_no_difference(books: Books, shop: Any) -> None:
    books.see("800", "2")
    books.ledger.apply(shop.fill("2", "buy 1 at 100"))
    assert books.see("800", "2") == []
    assert books.see("700", "3") == []


def test_coins_that_the_exchange_lacks_from_the_first_report_on_are_a_difference(books: Books) -> None:
    books.see("800", "1")
    assert books.see("800", "1") == [f"{BTC} begins"]


def test_less_than_a_lot_and_a_millionth_of_the_money_are_ignored(books: Books) -> None:
    books.see("800", "2")
    for _ in range(2):
        assert books.see("799.9995", "1.9995") == []


def test_a_difference_in_money_closes_every_market(books: Books) -> None:
    books.see("800", "2")
    books.see("700", "2")
    assert books.see("700", "2") == ["USDT begins"]
    assert books.agreement.why(BTC) == books.agreement.why("ETH/USDT") is not None


def test_the_gate_takes_no_new_risk_where_the_books_differ_and_the_position_can_be_left() -> None:
    world = World(real=True)
    world.buy()
    world.bar(50_000, 50_050, 49_950, 50_000)
    held, cash = world.held, world.trader.ledger.cash
    for coins in (held, held / 2, held / 2):
        report = VenueReport(account=VenueAccount(cash=cash, held={BTC: coins}))
        asyncio.run(world.trader.hear(report, world.now))
    verdict = world.buy()
    assert verdict.outcome is not Outcome.SIGNED
    assert any("The exchange holds" in rule.note for rule in verdict.rules)
    assert world.leave() is not None
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.held == 0


def test_fees_that_were_paid_with_coins_that_lay_there_are_no_difference(shop: Any) -> None:
    rules = {symbol: shop.instrument(symbol) for symbol in (BTC, "BNB/USDT")}
    ledger, events = Ledger(D(1000), "USDT", rules), Events()
    agreement = Agreement(ledger, rules, events)
    agreement.see(VenueAccount(cash=D(1000), held={"BNB/USDT": D(5)}), T0)
    bought = shop.fill("1", "buy 2 at 100").model_copy(update={"fee": D("0.05"), "fee_currency": "BNB"})
    ledger.apply(bought)
    for hour in (1, 2, 3):
        account = VenueAccount(cash=ledger.cash, held={BTC: D(2), "BNB/USDT": D("4.95")})
        agreement.see(account, T0 + timedelta(hours=hour))
    assert events.all == []
    assert agreement.why("BNB/USDT") is None


def test_a_book_that_did_not_come_this_time_is_not_one_of_an_earlier_bar() -> None:
    world = World(real=True)
    book = world.venue.book(BTC)
    assert book is not None
    asyncio.run(world.trader.hear(VenueReport(books={BTC: book}), world.now))
    assert world.trader.situation(proposal(as_of_utc=world.now)).book == book
    world.bar(50_000, 50_050, 49_950, 50_000)
    assert world.trader.situation(proposal(as_of_utc=world.now)).book is None


def test_positions_on_perpetuals_are_compared_with_their_sign_and_money_is_the_wallet() -> None:
    exchange = Exchange("1000")
    exchange.send(order("in", "sell 2 market"))
    exchange.play(bar("100 100 100 100"))
    events = Events()
    agreement = Agreement(exchange.ledger, {BTC: contract()}, events)

    def see(cash: str, position: str) -> list[str]:
        before = len(events.all)
        entry = PositionTold(entry_price=D(100), mark_price=None, margin=None, liquidation_price=None)
        agreement.see(VenueAccount(cash=D(cash), held={BTC: D(position)}, positions={BTC: entry}), T0)
        told = [event for event in events.all[before:] if isinstance(event, AccountDrift)]
        return [f"{event.what} {event.status}" for event in told]

    assert exchange.ledger.cash == D("999.8"), "no notional was paid"
    assert see("999.8", "-2") == see("999.8", "-2") == []
    assert see("999.8", "2") == []
    assert see("999.8", "2") == [f"{BTC} begins", "USDT begins"], "what the position has cost is another sum too"
    assert see("999.8", "-2") == [f"{BTC} ends", "USDT ends"]
    assert [see("1199.8", "-2") for _ in range(2)] == [[], ["USDT begins"]]


def test_a_position_on_perpetuals_that_was_there_before_is_a_difference_from_the_start() -> None:
    events = Events()
    agreement = Agreement(Exchange("1000").ledger, {BTC: contract()}, events)
    for _ in range(2):
        agreement.see(VenueAccount(cash=D(5000), held={BTC: D("0.5")}), T0)
    (told,) = [event for event in events.all if isinstance(event, AccountDrift)]
    assert (told.what, told.foreign, told.venue) == (BTC, 0, D("0.5"))
