"""Funding on a real venue, ledger and account: who pays, on what, when, and that the books agree to the last digit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from funded import with_rates
from hypothesis import given
from hypothesis import strategies as st
from inside_support import HOUR, QUIET, T0, Insider, as_a_whole, hourly

from execution.reports import Funding
from execution.simulated.account import SpotAccount
from execution.simulated.funding import RATE_STEP, funding_on
from market.bar import FundingRate, Prices, Slice
from risk.order import Purpose

BTC = "BTC/USDT"
STILL = (50_000.0, 50_050.0, 49_950.0, 50_000.0, 400.0)


def calm(hour: int, open_: float = 50_000.0) -> Slice:
    return as_a_whole(hourly(T0 + hour * HOUR, BTC=[(open_, open_ + 50, open_ - 50, open_, 400.0)]))


def holding() -> Insider:
    """Long BTC since an hour."""
    trader = Insider({BTC: QUIET})
    trader.buy(BTC, 50_000.0)
    trader.live(calm(1))
    return trader


def held(trader: Insider) -> Decimal:
    return sum((position.quantity for position in trader.trader.ledger.positions()), Decimal(0))


def paid(trader: Insider) -> list[Funding]:
    return [each for word in trader.words() for each in word.report.funding]


def test_a_long_pays_a_positive_rate_on_its_notional_at_the_open() -> None:
    trader = holding()
    quantity, before = held(trader), trader.trader.ledger.cash
    trader.live(with_rates(calm(2, 50_010.0), (BTC, T0 + HOUR, 0.0001)))
    (payment,) = paid(trader)
    assert payment.amount == quantity * Decimal("50010.0") * Decimal("0.0001")
    assert (payment.quantity, payment.mark_price, payment.at_utc) == (quantity, Decimal("50010.0"), T0 + HOUR)
    assert trader.trader.ledger.cash == before - payment.amount == trader.account().cash
    assert trader.trader.ledger.funding == payment.amount


def test_a_negative_rate_pays_the_long() -> None:
    trader = holding()
    before = trader.trader.ledger.equity
    trader.live(with_rates(calm(2), (BTC, T0 + HOUR, -0.003)))
    assert trader.trader.ledger.funding == -held(trader) * 50_000 * Decimal("0.003")
    assert trader.trader.ledger.equity - before == -trader.trader.ledger.funding


def test_who_buys_at_the_funding_moment_pays_nothing_and_who_sells_at_it_does() -> None:
    trader = Insider({BTC: QUIET})
    trader.buy(BTC, 50_000.0)
    trader.live(with_rates(calm(1), (BTC, T0, 0.0001)))
    assert held(trader) > 0
    assert paid(trader) == []
    trader.live(with_rates(calm(2, 40_000.0), (BTC, T0 + HOUR, 0.0001)))
    assert held(trader) == 0
    assert [payment.mark_price for payment in paid(trader)] == [Decimal("40000.0")]
    trader.live(with_rates(calm(3), (BTC, T0 + 2 * HOUR, 0.0001)))
    assert len(paid(trader)) == 1


def test_a_market_without_a_bar_pays_on_its_last_close() -> None:
    trader = holding()
    trader.live(with_rates(Slice(close_utc=T0 + 2 * HOUR, bars={}), (BTC, T0 + HOUR, 0.0001)))
    doubted = calm(3, 49_900.0)
    doubted = doubted.model_copy(update={"bars": {}, "doubtful": {BTC: doubted.bars[BTC]}})
    trader.live(with_rates(doubted, (BTC, T0 + 2 * HOUR, 0.0001)))
    trader.live(with_rates(Slice(close_utc=T0 + 4 * HOUR, bars={}), (BTC, T0 + 3 * HOUR, 0.0001)))
    assert [payment.mark_price for payment in paid(trader)] == [Decimal("50000.0")] * 3


def test_funding_falls_due_in_its_part_of_a_bar_with_detail() -> None:
    trader = holding()
    up = (50_000.0, 52_500.0, 49_990.0, 52_400.0, 400.0)
    tape = hourly(T0 + 2 * HOUR, BTC=[up, (52_400.0, 52_450.0, 52_300.0, 52_400.0, 400.0)])
    quantity = held(trader)
    moments = [T0 + HOUR, T0 + 1.5 * HOUR]
    trader.live(with_rates(tape, *((BTC, at, 0.0001) for at in moments)))
    assert [(each.quantity, each.mark_price) for each in paid(trader)] == [
        (quantity, Decimal("50000.0")),
        (quantity / 2, Decimal("52400.0")),
    ]


def test_a_market_without_detail_beside_one_with_detail_pays_once_at_its_open() -> None:
    trader = Insider({BTC: QUIET, "ETH/USDT": [2_500.0 + i * i % 11 for i in range(200)]})
    trader.buy(BTC, 50_000.0)
    trader.buy("ETH/USDT", 2_500.0)
    eth = (2_500.0, 2_505.0, 2_495.0, 2_500.0, 400.0)
    trader.live(as_a_whole(hourly(T0 + HOUR, BTC=[STILL], ETH=[eth])))
    late = T0 + HOUR + timedelta(minutes=45)
    tape = with_rates(hourly(T0 + 2 * HOUR, BTC=[STILL, STILL], ETH=[eth]), ("ETH/USDT", late, 0.01), (BTC, late, 0.01))
    trader.live(tape)
    assert [each.symbol for each in paid(trader)] == ["ETH/USDT", BTC]


def test_the_same_payment_is_taken_once() -> None:
    trader = holding()
    for hour in (2, 3):
        trader.live(with_rates(calm(hour), (BTC, T0 + hour * HOUR - HOUR, 0.0001)))
    first, second = paid(trader)
    assert first.funding_id != second.funding_id
    before = trader.trader.ledger.cash
    assert not trader.trader.ledger.apply_funding(first.funding_id, first.amount)
    assert trader.trader.ledger.cash == before


def test_funding_may_take_cash_below_nothing_and_a_sale_still_goes_through(shop: object) -> None:
    account = SpotAccount(Decimal(100))
    account.settle(shop.fill("in", "buy 1 at 100"))
    account.pay(Decimal("2.5"))
    assert account.cash == Decimal("-2.5")
    account.settle(shop.fill("out", "sell 0.01 at 100"))
    assert account.cash == Decimal("-1.5")


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.integers(-300, 300), st.floats(-0.05, 0.05), st.booleans()), min_size=1, max_size=12),
    st.integers(1, 2),
)
def test_the_books_balance_to_the_last_digit_whatever_funding_falls_due(
    hours: list[tuple[int, float, bool]], parts: int
) -> None:
    trader, price, total = holding(), 50_000.0, Decimal(0)
    for number, (move, rate, leaves) in enumerate(hours):
        rows: list[Prices] = []
        for _ in range(parts):
            end = price + move
            rows.append((price, max(price, end) + 40.0, min(price, end) - 40.0, end, 30.0))
            price = end
        at = T0 + (number + 1) * HOUR
        trader.live(with_rates(hourly(at + HOUR, BTC=rows), (BTC, at, rate), (BTC, at + HOUR / 2, -rate / 3)))
        if leaves and trader.trader.ledger.positions():
            trader.leave(BTC)
    total = sum((each.amount for each in paid(trader)), Decimal(0))
    ledger, account = trader.trader.ledger, trader.account()
    assert ledger.funding == total
    assert account.cash == ledger.cash
    earned = ledger.starting_cash + ledger.realised + ledger.unrealised - ledger.fees - ledger.funding
    assert earned == ledger.equity
    assert all(each.amount == each.rate * each.quantity * each.mark_price for each in paid(trader))


@given(st.floats(-0.05, 0.05), st.integers(1, 10**12), st.integers(1, 10**10))
def test_a_payment_is_exact(rate: float, lots: int, ticks: int) -> None:
    due = FundingRate(symbol=BTC, at_utc=T0, rate=rate)
    quantity, price = lots * Decimal("0.00001"), ticks * Decimal("0.01")
    payment = funding_on(due, quantity, price)
    assert payment.amount * 10**7 == Decimal(repr(rate)).quantize(RATE_STEP) * lots * ticks
    assert payment.amount * Decimal(repr(rate)) >= 0


def test_the_voted_exit_after_a_payment_closes_at_the_next_open() -> None:
    trader = holding()
    trader.live(with_rates(calm(2), (BTC, T0 + HOUR, 0.0001)))
    trader.leave(BTC)
    trader.live(calm(3))
    assert [fill.purpose for fill in trader.fills()] == [Purpose.ENTRY, Purpose.STRATEGY_EXIT]
    assert trader.trader.ledger.equity == trader.trader.ledger.cash
