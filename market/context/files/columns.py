"""Which column of a file holds which figure, and in which unit. A column whose unit is open is left out, and said so.

A name that is not in these tables is not guessed. A unit may be told at the end of a column's name: `_percent`, `_bps`,
`_fraction`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from market.candles import Floats
from market.context.catalogue import CATALOGUE
from market.context.files.published import Published

P = Published
_UNITS = MappingProxyType({"percent": 0.01, "pct": 0.01, "bps": 0.0001, "fraction": 1.0})


class Meaning(NamedTuple):
    """What a column holds. `interval`: each value sums up the time from its own stamp to the next one."""

    figure: str
    published: Published
    interval: bool = False
    scale: float | None = None
    """What a value is multiplied by; None: the values must show their unit."""


COLUMNS: Mapping[str, Meaning] = MappingProxyType(
    {
        "funding_rate": Meaning("funding_rate", P.AT_ONCE),
        "fundingrate": Meaning("funding_rate", P.AT_ONCE),
        "last_funding_rate": Meaning("funding_rate", P.AT_ONCE),
        "open_interest_usd": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "open_interest_quote": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "open_interest_value": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "openinterestvalue": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "sum_open_interest_value": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "sumopeninterestvalue": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "oi_value_usd": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "oi_usd": Meaning("open_interest", P.EXCHANGE, scale=1.0),
        "long_short_ratio": Meaning("long_short_ratio", P.EXCHANGE, scale=1.0),
        "longshortratio": Meaning("long_short_ratio", P.EXCHANGE, scale=1.0),
        "count_long_short_ratio": Meaning("long_short_ratio", P.EXCHANGE, scale=1.0),
        "taker_buy_share": Meaning("taker_buy_share", P.AT_ONCE, interval=True, scale=1.0),
        "dvol": Meaning("dvol", P.AT_ONCE, interval=True),
        "dvol_close": Meaning("dvol", P.AT_ONCE, interval=True),
        "vix": Meaning("vix", P.DAY_END),
        "vix_close": Meaning("vix", P.DAY_END),
        "dxy": Meaning("dxy", P.DAY_END, scale=1.0),
        "dxy_close": Meaning("dxy", P.DAY_END, scale=1.0),
        "vixcls": Meaning("vix", P.FRED_DAY, scale=1.0),
        "dgs10": Meaning("us10y", P.FRED_DAY, scale=1.0),
        "dff": Meaning("fed_funds", P.FRED_DAY, scale=1.0),
        "effr": Meaning("fed_funds", P.FRED_DAY, scale=1.0),
        "fedfunds": Meaning("fed_funds", P.FRED_MONTH, scale=1.0),
        "us10y": Meaning("us10y", P.FRED_DAY),
        "fed_funds": Meaning("fed_funds", P.FRED_DAY),
        "fed_funds_rate": Meaning("fed_funds", P.FRED_DAY),
        "total_market_cap": Meaning("total_market_cap", P.DAY_END),
        "total_market_cap_usd": Meaning("total_market_cap", P.DAY_END),
        "capmrktcurusd": Meaning("asset_market_cap", P.CHAIN_DAY, scale=1.0),
        "market_cap": Meaning("asset_market_cap", P.DAY_END),
        "market_cap_usd": Meaning("asset_market_cap", P.DAY_END),
        "marketcap": Meaning("asset_market_cap", P.DAY_END),
        "asset_market_cap": Meaning("asset_market_cap", P.DAY_END),
        "btc_dominance": Meaning("btc_dominance", P.DAY_END),
        "exchange_net_flow_usd": Meaning("exchange_net_flow_24h", P.CHAIN_DAY, scale=1.0),
        "exchange_net_flow_24h": Meaning("exchange_net_flow_24h", P.CHAIN_DAY, scale=1.0),
        "prediction_odds": Meaning("prediction_odds", P.AT_ONCE, scale=1.0),
        "mempool_fee": Meaning("mempool_fee", P.AT_ONCE, scale=1.0),
    }
)
"""Columns that hold one figure each, by their plain names."""

SERIES: Mapping[str, Meaning] = MappingProxyType(
    {name: COLUMNS[name] for name in ("vixcls", "dgs10", "dff", "effr", "fedfunds")}
)
"""Series of FRED, in files with a column of their names."""

PRICED: Mapping[str, Meaning] = MappingProxyType(
    {
        "vix": Meaning("vix", P.DAY_END, interval=True),
        "vixcls": Meaning("vix", P.FRED_DAY, interval=True, scale=1.0),
        "dxy": Meaning("dxy", P.DAY_END, interval=True, scale=1.0),
        "dvol": Meaning("dvol", P.AT_ONCE, interval=True),
    }
)
"""Indices of which files have open, high, low and close: the name of the file says which it is, and the close is read."""

_COINS_OR_MONEY = "coins, contracts or money; call it open_interest_usd if it is money"
_FLOW = "coins or money; call it exchange_net_flow_usd if it is money"

OPEN: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("open_interest", "openinterest", "oi", "sum_open_interest", "sumopeninterest"), _COINS_OR_MONEY)
    | dict.fromkeys(("exchange_net_flow", "exchange_netflow", "netflow", "net_flow"), _FLOW)
)
"""Columns that are known by name and whose unit no name says, with what it may be."""


class Pair(NamedTuple):
    """A figure that two columns make together."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    meaning: Meaning
    make: Callable[[Floats, Floats], Floats]


_BUYS = (
    "taker_buy_vol", "taker_buy_volume", "taker_buy_base_volume", "taker_buy_base", "taker_base_vol", "buyvol", "buy_vol",
    "taker_buy_base_asset_volume",
)  # fmt: skip
_SELLS = ("taker_sell_vol", "taker_sell_volume", "sellvol", "sell_vol")
_SHARE = Meaning("taker_buy_share", P.AT_ONCE, interval=True, scale=1.0)


def _part(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


PAIRS = (
    Pair(_BUYS, _SELLS, _SHARE, lambda buys, sells: _part(buys, buys + sells)),
    Pair(_BUYS, ("volume",), _SHARE, _part),
    Pair(
        ("longaccount", "long_account"), ("shortaccount", "short_account"),
        Meaning("long_short_ratio", P.EXCHANGE, scale=1.0), _part,
    ),
    Pair(
        ("flowinexusd",), ("flowoutexusd",), Meaning("exchange_net_flow_24h", P.CHAIN_DAY, scale=1.0),
        lambda came, left: came - left,
    ),
)  # fmt: skip
"""Figures of two columns. The first pair of a figure that a file has is taken, unless one column holds the figure itself."""

RATIOS: Mapping[str, Meaning] = MappingProxyType(
    dict.fromkeys(("sum_taker_long_short_vol_ratio", "buysellratio", "taker_buy_sell_ratio"), _SHARE)
)
"""Columns with volume bought by takers / volume sold by takers."""


def meaning_of(name: str) -> Meaning | None:
    """The meaning of a column by its plain name, with the unit at its end if it says one."""
    if name in COLUMNS:
        return COLUMNS[name]
    bare, _, unit = name.rpartition("_")
    found = COLUMNS.get(bare)
    if found is None or unit not in _UNITS:
        return None
    per_cent = 100.0 if CATALOGUE[found.figure].unit.startswith("%") else 1.0
    return found._replace(scale=_UNITS[unit] * per_cent)


def shown_scale(figure: str, values: Floats) -> float | str:
    """What values without a told unit are multiplied by, if they prove it; else what they may be.

    `values`: shape (n,), float64 [as in the file], finite.
    """
    most, middle = float(np.abs(values).max()), float(np.median(np.abs(values)))
    match figure:
        case "btc_dominance":  # never was below 30 percent
            return 0.01 if most > 1 else 1.0
        case "vix" | "dvol":  # never was below 5, nor above 300
            return 1.0 if most > 3 else 100.0
        case "us10y" | "fed_funds":
            return 1.0 if most > 0.5 else "percent or fractions"
        case "total_market_cap" | "asset_market_cap":
            return 1.0 if middle >= 1e6 else "money, or millions of it"
        case _:
            return 1.0
