"""The ledger: FIFO lots, exact money, and what it refuses."""

from decimal import Decimal
from typing import Any

import pytest

from config.errors import DataFault, InvariantBroken
from execution.account.ledger import Ledger
from risk.order import Purpose

D = Decimal


def books(ledger: Ledger) -> tuple[object, ...]:
    """All that a ledger says."""
    money = ledger.cash, ledger.realised, ledger.unrealised, ledger.fees, ledger.funding
    return (*money, ledger.positions(), ledger.trades)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(D(1000), "USDT")


def test_a_round_trip_is_counted_to_the_last_digit(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 0.3 at 100.01", fee="0.030003"))
    ledger.mark({"BTC/USDT": D("101.37")})
    assert ledger.cash == D(1000) - D("30.003") - D("0.030003")
    assert ledger.unrealised == D("0.408")
    assert ledger.equity == D("1000.377997")
    ledger.apply(shop.fill("2", "sell 0.3 at 99.5", fee="0.02985", hour=3))
    assert (ledger.realised, ledger.unrealised, ledger.fees) == (D("-0.153"), D(0), D("0.059853"))
    assert ledger.equity == ledger.cash == D("999.787147")
    (trade,) = ledger.trades
    assert (trade.pnl, trade.fees, trade.quantity) == (D("-0.212853"), D("0.059853"), D("0.3"))
    assert (trade.entry_price, trade.exit_price) == (D("100.01"), D("99.5"))
    assert (trade.entry_utc, trade.exit_utc, trade.exit_purpose) == (shop.at(0), shop.at(3), Purpose.STOP_LOSS)
    assert ledger.positions() == ()


def test_the_oldest_lots_are_sold_first(ledger: Ledger, shop: Any) -> None:
    for number, line in enumerate(("buy 1 at 100", "buy 1 at 110", "buy 1 at 120", "sell 1.5 at 130")):
        ledger.apply(shop.fill(str(number), line))
    assert ledger.realised == D(30) + D(10)
    (held,) = ledger.positions()
    assert held.quantity == D("1.5")
    assert held.entry_price.quantize(D("0.0001")) == D("116.6667")
    assert ledger.trades == ()


def test_a_trade_runs_from_flat_to_flat_whatever_lies_between(ledger: Ledger, shop: Any) -> None:
    lines = ("buy 1 at 100", "buy 2 at 106", "sell 1 at 110", "sell 2 at 107", "buy 1 at 90")
    for number, line in enumerate(lines):
        purpose = {"purpose": Purpose.TAKE_PROFIT} if number == 2 else {}
        ledger.apply(shop.fill(str(number), line, fee="0.1", hour=number, **purpose))
    (trade,) = ledger.trades
    assert (trade.quantity, trade.entry_price, trade.exit_price) == (D(3), D(104), D(108))
    assert (trade.pnl, trade.fees) == (D("11.6"), D("0.4"))
    assert trade.exit_purpose is Purpose.STOP_LOSS
    assert [held.quantity for held in ledger.positions()] == [D(1)]


def test_a_fill_that_is_told_twice_is_booked_once(ledger: Ledger, shop: Any) -> None:
    fill = shop.fill("1", "buy 1 at 100", fee="0.1")
    assert ledger.apply(fill) is True
    before = books(ledger)
    assert ledger.apply(fill) is False
    assert books(ledger) == before


def test_the_same_trade_id_in_another_symbol_is_another_trade(ledger: Ledger, shop: Any) -> None:
    assert ledger.apply(shop.fill("1", "buy 1 at 50", symbol="ETH/USDT"))
    assert ledger.apply(shop.fill("1", "buy 1 at 100"))
    assert [held.symbol for held in ledger.positions()] == ["BTC/USDT", "ETH/USDT"]
    assert (ledger.position("BTC/USDT"), ledger.position("ETH/USDT")) == ledger.positions()
    assert ledger.position("SOL/USDT") is None
    assert ledger.quantities() == {"BTC/USDT": D(1), "ETH/USDT": D(1)}


@pytest.mark.parametrize(
    ("line", "changes", "reason"),
    [
        ("sell 1.001 at 100", {}, "1.001 of BTC/USDT were sold .* holds 1"),
        ("sell 1 at 100", {"symbol": "ETH/USDT"}, "holds 0"),
        ("buy 1 at 100", {"fee_currency": "BNB"}, "fee in BNB"),
        ("buy 0 at 100", {}, "for 0 at 100"),
        ("buy 1 at -5", {}, "for 1 at -5"),
    ],
)
def test_a_fill_that_cannot_be_true_is_not_booked(
    ledger: Ledger, shop: Any, line: str, changes: dict[str, Any], reason: str
) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    before = books(ledger)
    with pytest.raises(InvariantBroken, match=reason):
        ledger.apply(shop.fill("2", line, **changes))
    assert books(ledger) == before


def test_arithmetic_that_would_round_is_refused(ledger: Ledger, shop: Any) -> None:
    with pytest.raises(InvariantBroken, match="more than 60 digits"):
        ledger.apply(shop.fill("1", f"buy 1.{'3' * 40} at 1.{'7' * 40}"))


@pytest.mark.parametrize("price", ["NaN", "Infinity", "0", "-1"])
def test_a_price_that_nothing_can_be_worth_changes_no_mark(ledger: Ledger, shop: Any, price: str) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    ledger.apply(shop.fill("2", "buy 1 at 50", symbol="ETH/USDT"))
    with pytest.raises(DataFault, match="ETH/USDT"):
        ledger.mark({"BTC/USDT": D(120), "ETH/USDT": D(price)})
    assert [held.mark_price for held in ledger.positions()] == [D(100), D(50)]


def test_a_symbol_without_a_new_price_keeps_its_last_and_one_not_held_is_ignored(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    ledger.mark({"BTC/USDT": D(120), "SOL/USDT": D("NaN")})
    ledger.mark({"ETH/USDT": D(50)})
    assert [held.mark_price for held in ledger.positions()] == [D(120)]


def test_funding_is_paid_once_for_each_id(ledger: Ledger) -> None:
    assert ledger.apply_funding("f1", D("1.25"))
    assert not ledger.apply_funding("f1", D("1.25"))
    assert ledger.apply_funding("f2", D("-0.5"))
    assert (ledger.funding, ledger.cash, ledger.equity) == (D("0.75"), D("999.25"), D("999.25"))


def test_books_that_stop_balancing_stop_the_ledger(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    ledger._all.cash += D("0.01")
    with pytest.raises(InvariantBroken, match=r"= 1000, but cash 900\.01 \+ positions 100 = 1000\.01"):
        ledger.mark({"BTC/USDT": D(100)})
