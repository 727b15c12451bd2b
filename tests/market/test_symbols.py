"""Spellings of markets."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from market.symbols import QUOTES, normalise_symbol, readings, symbol_from_name


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
        ("BNBUSD", "BNB/USD"),
        ("SHIBUSD", "SHIB/USD"),
        ("DOTUSD", "DOT/USD"),
        ("BTCBUSD", "BTC/BUSD"),
        ("BTCFDUSD", "BTC/FDUSD"),
        ("BTCGUSD", "BTC/GUSD"),
        ("TUSDUSDT", "TUSD/USDT"),
        ("USDTUSD", "USDT/USD"),
        ("EURUSDT", "EUR/USDT"),
        ("BTCEUR", "BTC/EUR"),
        ("BTCTRY", "BTC/TRY"),
        ("USDJPY", "USD/JPY"),
        ("DOGEBTC", "DOGE/BTC"),
        ("1000SHIBUSDT", "1000SHIB/USDT"),
        ("BTCUSD_PERP", "BTC/USD"),
        ("tBTCUSD", "BTC/USD"),
        ("XETHZUSD", "ETH/USD"),
        ("XBTUSD", "XBT/USD"),
    ],
)
def test_known_spellings_become_base_and_quote(spelling: str, symbol: str) -> None:
    assert normalise_symbol(spelling) == symbol


@pytest.mark.parametrize(
    "spelling",
    [
        "AAPL", "USDT", "BUSD", "", "BTC/", "BTC-USDT-SWAP", "2024/2025", "ARBUSD", "ABCBUSD", "OMGUSD", "WBTC", "STETH",
        "usd_btc", "USDT_BTC", "BTC-ETH", "BTCETH", "USDTBTC", "KRAKEN_USD", "BTC-PERPETUAL", "BTC-28JUN24", "PI_XBTUSD",
        "BTCUSDT_240628", "N/A", "BTC/BTC", "\uff22\uff34\uff23USDT",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_guessed(spelling: str) -> None:
    assert normalise_symbol(spelling) is None


@given(base=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=6), quote=st.sampled_from(QUOTES))
@example(base="SPOT", quote="FDUSD")
@example(base="DATA", quote="USDT")
@example(base="BTC", quote="ETH")
def test_a_normalised_symbol_stays_what_it_is_or_is_asked_about_where_its_order_is_not_the_usual_one(
    base: str, quote: str
) -> None:
    assume(base != quote)
    assert normalise_symbol(f"{base}/{quote}") == f"{base}/{quote}"
    dashed = normalise_symbol(f"{base}-{quote}")
    turned_round = base in QUOTES or (
        quote in ("BTC", "ETH", "BNB") and normalise_symbol(f"{quote}-{base}") is not None
    )
    assert dashed == f"{base}/{quote}" or (dashed is None and turned_round)


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
        ("BNBUSD-1d", "BNB/USD"),
        ("kraken_usd_btc", None),
        ("kraken_ARBUSD_60", None),
        ("USDT_BTC-5m", None),
        ("BTC_ETH-5m", None),
        ("BTCUSDT_ETHUSDT_1h", None),
        ("BTC-USD_yf", "BTC/USD"),
        ("my_kraken_export_btc_usd", "BTC/USD"),
        ("XYZ_USDT-1h", "XYZ/USDT"),
        ("redenomination_AAAUSDT_1h", "AAA/USDT"),
        ("prices_usd", None),
        ("daily_high_usd", None),
        ("OHLC_USD", None),
        ("ethereum_prices_in_usd", None),
        ("amateur_chauffeur", None),
        ("Elizabeth", None),
        ("binance_xBTC_5m", None),
        ("industry_bars_2020", None),
    ],
)
def test_a_file_name_tells_its_market_or_nothing(stem: str, symbol: str | None) -> None:
    assert symbol_from_name(stem) == symbol


@pytest.mark.parametrize(
    ("spelling", "wanted"),
    [
        ("ARBUSD", "ARB/USD"),
        ("ARBUSD", "AR/BUSD"),
        ("BNBUSD", "BN/BUSD"),
        ("kraken_usd_btc", "BTC/USD"),
        ("USDT_BTC-5m", "BTC/USDT"),
        ("XBTUSD_60", "BTC/USD"),
        ("XXBTZUSD_60", "XBT/USD"),
        ("BTCUSDT_ETHUSDT_1h", "ETH/USDT"),
    ],
)
def test_the_market_that_the_user_names_decides_between_readings(spelling: str, wanted: str) -> None:
    assert symbol_from_name(spelling, ["SOL/USDT", wanted]) == wanted


def test_the_user_decides_in_a_column_too_and_cannot_make_a_market_of_another() -> None:
    assert normalise_symbol("ARBUSD", ["ARB/USD"]) == "ARB/USD"
    assert normalise_symbol("usd_btc", ["BTC/USD"]) == "BTC/USD"
    assert normalise_symbol("BTCUSDT", ["ETH/USDT"]) == symbol_from_name("BTCUSDT_1h", ["ETH/USDT"]) == "BTC/USDT"
    assert normalise_symbol("ARBUSD", ["ARB/USD", "AR/BUSD"]) is None


def test_what_is_open_is_told_with_its_readings() -> None:
    assert readings("kraken_ARBUSD_60") == ("AR/BUSD", "ARB/USD")
    assert readings("kraken_usd_btc") == ("BTC/USD", "USD/BTC")
    assert readings("GOOG_daily") == ()
