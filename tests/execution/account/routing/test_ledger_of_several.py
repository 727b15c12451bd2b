"""A ledger with an account at each of several exchanges."""

from decimal import Decimal
from typing import Any

import pytest

from config.errors import InvariantBroken
from execution.account.ledger import Ledger

D = Decimal


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(D(10_000), "USDT", parts={"a": D(6000), "b": D(4000)})


def test_the_same_trade_id_at_two_exchanges_is_two_trades(ledger: Ledger, shop: Any) -> None:
    at_a = shop.fill("7", "buy 1 at 100", account="a")
    at_b = shop.fill("7", "buy 2 at 10", account="b", symbol="ETH/USDT")
    assert [ledger.apply(fill) for fill in (at_a, at_b, at_a, at_b)] == [True, True, False, False]
    assert (ledger.cash_at("a"), ledger.cash_at("b"), ledger.cash) == (D(5900), D(3980), D(9880))
    assert {held.symbol: held.account for held in ledger.positions()} == {"BTC/USDT": "a", "ETH/USDT": "b"}


def test_the_same_trade_of_the_same_market_at_both_is_two_trades(ledger: Ledger, shop: Any) -> None:
    assert ledger.apply(shop.fill("7", "buy 1 at 100", account="a"))
    assert ledger.apply(shop.fill("7", "sell 1 at 110", account="a")) is False, "known already, whatever it says"
    assert ledger.apply(shop.fill("7", "buy 1 at 100", account="b"))
    assert ledger.position("BTC/USDT").quantity == 1  # type: ignore[union-attr]
    assert [(held.account, held.quantity) for held in ledger.strays()] == [("b", D(1))]
    assert ledger.owned() == {"BTC/USDT": D(2)}


def test_a_sale_where_the_position_does_not_lie_is_not_booked(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100", account="a"))
    with pytest.raises(InvariantBroken, match="holds 0"):
        ledger.apply(shop.fill("2", "sell 1 at 110", account="b"))
    assert ledger.owned_at("a") == {"BTC/USDT": D(1)}


def test_at_real_exchanges_such_a_sale_is_of_coins_that_are_not_ours(shop: Any) -> None:
    real = Ledger(D(10_000), "USDT", {"BTC/USDT": shop.instrument()}, {"a": D(6000), "b": D(4000)})
    real.apply(shop.fill("1", "buy 1 at 100", account="a"))
    sale = shop.fill("2", "sell 1 at 110", account="b")
    assert real.surplus(sale) == 1
    assert real.apply(sale)
    assert (real.cash_at("b"), real.owned_at("a")) == (D(4000), {"BTC/USDT": D(1)})


def test_dust_stays_where_it_lies_and_joins_the_next_purchase_there_alone(shop: Any) -> None:
    real = Ledger(D(10_000), "USDT", {"BTC/USDT": shop.instrument()}, {"a": D(6000), "b": D(4000)})
    real.apply(shop.fill("1", "buy 1.0004 at 100", account="a"))
    real.apply(shop.fill("2", "sell 1 at 100", account="a"))
    assert real.dust == {"BTC/USDT": D("0.0004")}
    real.apply(shop.fill("3", "buy 1 at 100", account="b"))
    assert real.position("BTC/USDT").quantity == 1  # type: ignore[union-attr]
    assert (real.owned_at("a"), real.owned_at("b")) == ({"BTC/USDT": D("0.0004")}, {"BTC/USDT": D(1)})
    real.apply(shop.fill("4", "sell 1 at 100", account="b"))
    real.apply(shop.fill("5", "buy 1 at 100", account="a"))
    assert real.position("BTC/USDT").quantity == D("1.0004")  # type: ignore[union-attr]


def test_funding_is_paid_where_it_was_charged(ledger: Ledger) -> None:
    assert ledger.apply_funding("f", D(3), "a")
    assert ledger.apply_funding("f", D(2), "b")
    assert not ledger.apply_funding("f", D(2), "b")
    assert (ledger.cash_at("a"), ledger.cash_at("b"), ledger.funding) == (D(5997), D(3998), D(5))


def test_a_trade_of_no_exchange_of_the_session_is_not_booked(ledger: Ledger, shop: Any) -> None:
    for account in ("", "c"):
        with pytest.raises(InvariantBroken, match="trades on a, b"):
            ledger.apply(shop.fill("1", "buy 1 at 100", account=account))


def test_parts_that_are_not_the_whole_are_refused() -> None:
    with pytest.raises(InvariantBroken, match="not 10000"):
        Ledger(D(10_000), "USDT", parts={"a": D(6000), "b": D(4001)})
