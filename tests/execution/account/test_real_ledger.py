"""The ledger of a real exchange: fees in other coins, and what is too small to sell."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import InvariantBroken
from execution.account.ledger import Ledger

D = Decimal


@pytest.fixture
def ledger(shop: Any) -> Ledger:
    return Ledger(D(1000), "USDT", {"BTC/USDT": shop.instrument()})


def test_a_fee_in_the_base_coin_makes_the_position_smaller_and_is_counted_at_the_price(
    ledger: Ledger, shop: Any
) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100", fee="0.001", fee_currency="BTC"))
    assert ledger.quantities() == {"BTC/USDT": D("0.999")}
    assert (ledger.cash, ledger.fees, ledger.equity) == (D(900), D("0.1"), D("999.9"))
    ledger.apply(shop.fill("2", "sell 0.999 at 110", fee="0.10989"))
    assert ledger.equity == ledger.cash == D(900) + D("109.89") - D("0.10989")
    (trade,) = ledger.trades
    assert trade.pnl == ledger.cash - D(1000)


def test_a_fee_in_a_third_coin_is_counted_in_that_coin_and_touches_nothing_else(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100", fee="0.0002", fee_currency="BNB"))
    ledger.apply(shop.fill("2", "sell 1 at 100", fee="0.0003", fee_currency="BNB"))
    assert (ledger.cash, ledger.fees, ledger.fees_in) == (D(1000), D(0), {"BNB": D("0.0005")})


def test_a_fee_on_a_sale_that_other_coins_paid_leaves_the_position_as_it_is(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    ledger.apply(shop.fill("2", "sell 1 at 100", fee="0.001", fee_currency="BTC"))
    assert (ledger.quantities(), ledger.fees_in, ledger.cash) == ({}, {"BTC": D("0.001")}, D(1000))


def test_less_than_a_lot_is_dust_no_position_and_joins_the_next_purchase(ledger: Ledger, shop: Any) -> None:
    lot = shop.instrument().lot_size
    rest = lot / 10
    ledger.apply(shop.fill("1", "buy 1 at 100", fee=str(rest), fee_currency="BTC"))
    sellable = D(1) - lot
    ledger.apply(shop.fill("2", f"sell {sellable} at 100", hour=2))
    assert ledger.positions() == ()
    assert ledger.dust == ledger.owned() == {"BTC/USDT": lot - rest}
    (trade,) = ledger.trades
    assert trade.pnl == -trade.fees == -rest * 100
    ledger.mark({"BTC/USDT": D(200)})
    assert ledger.unrealised == (lot - rest) * 100
    ledger.apply(shop.fill("3", "buy 1 at 100", hour=3))
    (held,) = ledger.positions()
    assert (held.quantity, ledger.dust) == (1 + lot - rest, {})
    assert ledger.opened_utc("BTC/USDT") == shop.at(3)


def test_a_rest_that_the_exchange_takes_no_order_for_is_swept_once(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 1 at 100"))
    ledger.apply(shop.fill("2", "sell 0.99 at 100"))
    for _ in range(2):
        ledger.sweep("BTC/USDT")
        assert (ledger.positions(), ledger.dust, len(ledger.trades)) == ((), {"BTC/USDT": D("0.01")}, 1)
    assert (ledger.is_real, Ledger(D(1000), "USDT").is_real) == (True, False)


def test_a_position_that_was_never_more_than_dust_made_no_round_trip(ledger: Ledger, shop: Any) -> None:
    ledger.apply(shop.fill("1", "buy 0.02 at 100"))
    ledger.sweep("BTC/USDT")
    assert (ledger.trades, ledger.dust) == ((), {"BTC/USDT": D("0.02")})


def test_a_purchase_that_its_fee_ate_is_refused(ledger: Ledger, shop: Any) -> None:
    with pytest.raises(InvariantBroken, match="impossible"):
        ledger.apply(shop.fill("1", "buy 1 at 100", fee="1", fee_currency="BTC"))
    assert ledger.cash == D(1000)


fills = st.lists(
    st.tuples(
        st.booleans(), st.integers(1, 5000), st.integers(1, 10**6), st.integers(0, 300), st.sampled_from(("USDT", "BTC", "BNB"))
    ),
    max_size=30,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=fills)
def test_whatever_is_filled_the_money_adds_up_and_nothing_is_lost(
    shop: Any, told: list[tuple[bool, int, int, int, str]]
) -> None:  # fmt: skip
    ledger = Ledger(D(10**9), "USDT", {"BTC/USDT": shop.instrument()})
    for number, (buys, lots, cents, fee, coin) in enumerate(told):
        quantity = D(lots) / 1000
        held = ledger.quantities().get("BTC/USDT", D(0))
        if not buys and (quantity := min(quantity, held)) <= 0:
            continue
        charged = quantity * fee / 100_000
        side = "buy" if buys else "sell"
        before = ledger.owned().get("BTC/USDT", D(0)), ledger.fees_in.get("BTC", D(0))
        ledger.apply(
            shop.fill(str(number), f"{side} {quantity} at {D(cents) / 100}", fee=str(charged), fee_currency=coin)
        )
        after = ledger.owned().get("BTC/USDT", D(0)), ledger.fees_in.get("BTC", D(0))
        in_base = charged if coin == "BTC" else D(0)
        assert after[0] - before[0] - (after[1] - before[1]) == (quantity if buys else -quantity) - in_base
