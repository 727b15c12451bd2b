"""Clients of other packages: what they do to their thread, they do to themselves alone."""

from decimal import Decimal, getcontext, localcontext

import pytest

from config.reading.connections import ccxt_client


@pytest.mark.parametrize("package", ["ccxt.async_support", "ccxt.pro"])
def test_a_client_that_rounds_a_price_leaves_the_rounding_of_its_thread(package: str) -> None:
    client = ccxt_client(package, "binance", {})
    client.markets = {"BTC/USDT": {"symbol": "BTC/USDT", "precision": {"price": 0.01, "amount": 0.001}}}
    client.markets_by_id = {}
    with localcontext() as context:
        before = (context.rounding, dict(context.traps))
        assert client.price_to_precision("BTC/USDT", 0.125) == "0.13"
        assert client.amount_to_precision("BTC/USDT", 0.0019) == "0.001"
        assert (getcontext().rounding, dict(getcontext().traps)) == before
        assert Decimal("0.125").quantize(Decimal("0.01")) == Decimal("0.12")
