"""Spellings of markets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.symbols import QUOTES, normalise_symbol, symbol_from_name


@pytest.mark.parametrize(
    ("spelling", "symbol"),
    [
        ("BTCUSDT", "BTC/USDT"),
        ("btc_usdt", "BTC/USDT"),
        ("BTC-USDT", "BTC/USDT"),
        (" BTC/USDT:USDT ", "BTC/USDT"),
        ("ETHBTC", "ETH/BTC"),
        ("BUSDUSDT", "BUSD/USDT"),
        ("USDCUSDT", "USDC/USDT"),
        ("BTCSTUSDT", "BTCST/USDT"),
        ("TUSDT", "T/USDT"),
        ("1INCHUSDT", "1INCH/USDT"),
        ("BTCUSD", "BTC/USD"),
    ],
)
def test_known_spellings_become_base_and_quote(spelling: str, symbol: str) -> None:
    assert normalise_symbol(spelling) == symbol


@pytest.mark.parametrize("spelling", ["AAPL", "USDT", "BUSD", "", "BTC/", "BTC-USDT-SWAP", "2024/2025"])
def test_what_cannot_be_told_is_not_guessed(spelling: str) -> None:
    assert normalise_symbol(spelling) is None


@given(base=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=6), quote=st.sampled_from(QUOTES))
def test_a_normalised_symbol_stays_what_it_is(base: str, quote: str) -> None:
    assert normalise_symbol(f"{base}/{quote}") == f"{base}/{quote}"
    assert normalise_symbol(f"{base}-{quote}") == f"{base}/{quote}"


@pytest.mark.parametrize(
    ("stem", "symbol"),
    [
        ("binance_BTCUSDT_1h", "BTC/USDT"),
        ("BTC_USDT-1h", "BTC/USDT"),
        ("BTC_USDT_USDT-1h-futures", "BTC/USDT"),
        ("ETH_BTC-5m", "ETH/BTC"),
        ("cdd_gemini_BTCUSD_1hr", "BTC/USD"),
        ("GOOG_daily_2004_2013", None),
        ("binance_ETH_1h", None),
    ],
)
def test_a_file_name_tells_its_market_or_nothing(stem: str, symbol: str | None) -> None:
    assert symbol_from_name(stem) == symbol
