"""Clients of other packages: what they do to their thread, they do to themselves alone."""

from decimal import Decimal, getcontext, localcontext

import ccxt
import pytest
from ccxt.base.precise import Precise

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


@pytest.mark.parametrize("digits", ["9223372036854775808", "401", "-1000000000"])
def test_a_step_that_nothing_has_is_a_bad_response_and_takes_no_time(digits: str) -> None:
    """Each zero of it would be written, one after another, while every exit waits."""
    client = ccxt_client("ccxt.async_support", "binance", {})
    assert [client.parse_precision(told) for told in ("8", "0", "-2", None)] == ["0.00000001", "1", "100", None]
    with pytest.raises(ccxt.BadResponse, match="which nothing has"):
        client.parse_precision(digits)


@pytest.mark.parametrize("text", ["1e1000000000", "2.5E-1000000000"])
def test_a_number_with_an_exponent_that_nothing_has_is_a_bad_response(text: str) -> None:
    ccxt_client("ccxt.async_support", "binance", {})
    assert Precise.string_mul("1e-300", "2e300") == "2"
    assert Precise.string_add("0.1", "0.2") == "0.3"
    with pytest.raises(ccxt.BadResponse, match="which nothing has"):
        Precise.string_add(text, "1")
