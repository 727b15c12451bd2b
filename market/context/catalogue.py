"""Every figure that a market context may hold, declared once: name, unit, formula, whose it is, when it is stale, and its source.

`docs/context.md` is made of these rows (`market/context/page.py`). The engine, the readers of files and the live sources know no
other figure. A figure that is stale, or was never known, is `Abstained` with the reason, never a neutral zero.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

_H, _D = timedelta(hours=1), timedelta(days=1)
_ANY = 1e15
BARS = "the session's own bars"
"""The source of what is computed from bars. It needs no file and no network."""


class Figure(NamedTuple):
    """One figure.

    `of`: whether each symbol has its own, or the whole market has one. `stale_after`: the age of the moment that a value
    describes after which it says nothing; None for figures of bars. `history`: how far back older values are read. `range`: the
    smallest and the largest value that is believed; a source that gives another one is refused.
    `tells_when`: its level alone tells of which year it is, so a model that may not know that does not see it.
    """

    name: str
    unit: str
    of: Literal["symbol", "market"]
    formula: str
    source: str
    stale_after: timedelta | None = None
    history: timedelta = timedelta(0)
    range: tuple[float, float] = (-_ANY, _ANY)
    tells_when: bool = False

    @property
    def keeps(self) -> timedelta:
        """How old a value may be and still be read."""
        return max(self.stale_after or timedelta(0), self.history)


_EXCHANGE = "`--facts`; live: an exchange through ccxt"
_FRED = "`--facts` (FRED, ALFRED); live: FRED"

FIGURES = (
    Figure(
        "book_spread_bps", "bps", "symbol", "10,000 × (best ask − best bid) / middle of the two", _EXCHANGE,
        15 * timedelta(minutes=1), range=(0.0, 10_000.0),
    ),
    Figure(
        "book_imbalance", "-1..1", "symbol",
        "(bids − asks) / (bids + asks), of the quantity in the best five levels of each side; positive: more wants to buy "
        "(Cartea, Jaimungal & Penalva 2015, Algorithmic and High-Frequency Trading)",
        _EXCHANGE, 15 * timedelta(minutes=1), range=(-1.0, 1.0),
    ),
    Figure(
        "book_depth_1pct", "quote", "symbol",
        "price × quantity of all orders within 1 % of the middle, both sides; unknown for a book that ends nearer than that",
        _EXCHANGE, 15 * timedelta(minutes=1), range=(0.0, _ANY), tells_when=True,
    ),
    Figure(
        "funding_rate", "fraction of the notional", "symbol", "the last rate that longs paid to shorts, for one interval",
        "`--funding`, `--facts`; live: an exchange through ccxt", 24 * _H, 7 * _D, (-0.05, 0.05),
    ),
    Figure(
        "funding_rate_mean_7d", "fraction of the notional", "symbol",
        "mean of the funding rates of the last 7 days; needs rates that reach back 6.5 days", "`funding_rate`", 24 * _H,
        range=(-0.05, 0.05),
    ),
    Figure(
        "open_interest", "quote", "symbol", "value of all open perpetual contracts", _EXCHANGE,
        26 * _H, 2 * _D, (0.0, _ANY), tells_when=True
    ),
    Figure(
        "open_interest_change_24h", "fraction", "symbol",
        "open interest / the one of 24 hours before − 1; the earlier one is at most 6 hours older than that",
        "`open_interest`", 26 * _H, range=(-1.0, 1_000.0),
    ),
    Figure(
        "long_short_ratio", "ratio", "symbol", "accounts that are long / accounts that are short", _EXCHANGE, 26 * _H,
        range=(0.0, 1_000.0),
    ),
    Figure(
        "taker_buy_share", "0..1", "symbol", "volume in which the taker bought / all volume, of the last interval",
        "`--facts`", 26 * _H, range=(0.0, 1.0),
    ),
    Figure(
        "dvol", "% a year", "symbol",
        "Deribit's volatility index of 30 days; that of BTC where a symbol has none of its own", "`--facts`; live: Deribit",
        26 * _H, range=(0.0, 1_000.0), tells_when=True,
    ),
    Figure(
        "beta_btc", "ratio", "symbol",
        "covariance with BTC / variance of BTC, of log returns over 30 days in steps of an hour, or of a bar if it is longer; "
        "at least 60 steps, half of them known (Sharpe 1964, with BTC as the market)", BARS,
    ),
    Figure(
        "correlation_btc", "-1..1", "symbol", "correlation (Pearson) with BTC, of the same returns", BARS
    ),
    Figure("return_btc_24h", "fraction", "market", "last close of BTC / its close 24 hours before − 1", BARS),
    Figure(
        "breadth_24h", "0..1", "market",
        "share of the session's symbols that closed above their close of 24 hours before; needs two symbols", BARS,
    ),
    Figure(
        "breadth_200d", "0..1", "market",
        "share of the session's symbols that closed above the mean of their last 200 daily closes; needs two symbols", BARS,
    ),
    Figure(
        "total_market_cap", "USD", "market", "value of all coins", "`--facts`; live: CoinGecko",
        3 * _D, range=(0.0, _ANY), tells_when=True
    ),
    Figure(
        "asset_market_cap", "USD", "symbol", "value of all coins of the symbol's base",
        "`--facts` (CoinMetrics); live: CoinMetrics", 4 * _D, range=(0.0, _ANY), tells_when=True,
    ),
    Figure(
        "btc_dominance", "fraction", "market", "value of all bitcoins / value of all coins", "`--facts`; live: CoinGecko",
        3 * _D, range=(0.0, 1.0), tells_when=True,
    ),
    Figure("dxy", "index", "market", "ICE US dollar index", "`--facts`", 6 * _D, range=(20.0, 500.0), tells_when=True),
    Figure(
        "vix", "% a year", "market", "Cboe volatility index of the S&P 500", _FRED, 6 * _D, range=(1.0, 200.0),
        tells_when=True,
    ),
    Figure(
        "fed_funds", "% a year", "market", "effective federal funds rate, the monthly mean or that of a day", _FRED, 45 * _D,
        range=(-5.0, 30.0), tells_when=True,
    ),
    Figure(
        "us10y", "% a year", "market", "yield of US Treasury notes of 10 years", _FRED, 6 * _D, range=(-5.0, 30.0),
        tells_when=True,
    ),
    Figure(
        "risk_on", "0 or 1", "market",
        "1 if at the end of the last month BTC closed above the mean of its last ten month-end closes, else 0 (Faber 2007, "
        "A Quantitative Approach to Tactical Asset Allocation, Journal of Wealth Management 9(4))", BARS,
    ),
    Figure("btc_vs_200d", "fraction", "market", "last close of BTC / mean of its last 200 daily closes − 1", BARS),
    Figure(
        "exchange_net_flow_24h", "USD", "symbol",
        "value of the coins that went to exchanges − value of those that left them, in one day",
        "`--facts` (CoinMetrics); live: CoinMetrics", 4 * _D, range=(-_ANY, _ANY), tells_when=True,
    ),
    Figure(
        "prediction_odds", "0..1", "symbol", "price of Yes in a prediction market on a higher price of the symbol",
        "`--facts`; live: Polymarket", 26 * _H, range=(0.0, 1.0),
    ),
    Figure(
        "mempool_fee", "sat/vB", "market", "fee with which a bitcoin transaction is expected in the next block",
        "`--facts`; live: mempool.space", 6 * _H, range=(0.0, 100_000.0), tells_when=True,
    ),
)  # fmt: skip
"""All figures, in the order of the page."""

CATALOGUE: Mapping[str, Figure] = MappingProxyType({figure.name: figure for figure in FIGURES})
"""The figures by name."""
