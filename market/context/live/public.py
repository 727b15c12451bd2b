"""Public interfaces without keys: Deribit, FRED, CoinGecko, CoinMetrics, mempool.space and Polymarket. One class each.

Each asks for what is new now and gives facts that are known from now on. The addresses can be replaced, so that tests ask a
server on this machine. CoinMetrics' community data are for non-commercial use (CC BY-NC).
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from config.clock import to_ms
from market.bar import Fact
from market.context.files.columns import SERIES
from market.context.files.published import Published
from market.context.live.reading import at, fact, moment, number
from market.context.live.web import USUAL, NotRead, Web

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_VINTAGE = re.compile(r"_\d{8}$")


class LiveSource(Protocol):
    """A source that is asked for its newest figures."""

    @property
    def name(self) -> str: ...

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        """The newest figures of these markets (BASE/QUOTE) and of the whole market, known from `now` on. Raises NotRead."""
        ...


@dataclass(frozen=True, slots=True)
class Deribit:
    """DVOL of BTC and ETH. That of BTC is also the whole market's."""

    web: Web = USUAL
    url: str = "https://www.deribit.com"
    name: str = "deribit"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        found: list[Fact] = []
        for coin in ("BTC", "ETH"):
            own: list[str | None] = [each for each in symbols if each.partition("/")[0] == coin]
            if coin == "BTC":
                own.append(None)
            if own:
                value, then = await self._last(coin, now)
                found += [fact("dvol", symbol, then, now, value) for symbol in own]
        return found

    async def _last(self, coin: str, now: datetime) -> tuple[float, datetime]:
        asked = {
            "currency": coin, "resolution": "3600",
            "start_timestamp": str(to_ms(now - 12 * _HOUR)), "end_timestamp": str(to_ms(now)),
        }  # fmt: skip
        answer = await self.web.json(f"{self.url}/api/v2/public/get_volatility_index_data", asked)
        row = at(answer, "result", "data", -1)
        return number(row, 4), moment(row, 0) + _HOUR


@dataclass(frozen=True, slots=True)
class Fred:
    """Series of FRED as CSV: VIX, the yield of ten years and the federal funds rate."""

    web: Web = USUAL
    url: str = "https://fred.stlouisfed.org"
    name: str = "fred"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        asked = {"id": "VIXCLS,DGS10,DFF", "cosd": f"{now - 30 * _DAY:%Y-%m-%d}"}
        body = await self.web.get(f"{self.url}/graph/fredgraph.csv", asked)
        return fred_facts(body, now)


@dataclass(frozen=True, slots=True)
class Alfred:
    """The same series as ALFRED holds them in today's vintage: a revised value is new, and counts from now on."""

    web: Web = USUAL
    url: str = "https://alfred.stlouisfed.org"
    name: str = "alfred"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        found: list[Fact] = []
        for series in ("VIXCLS", "DGS10", "FEDFUNDS"):
            asked = {"id": series, "cosd": f"{now - 90 * _DAY:%Y-%m-%d}", "vintage_date": f"{now:%Y-%m-%d}"}
            found += fred_facts(await self.web.get(f"{self.url}/graph/alfredgraph.csv", asked), now)
        return found


def fred_facts(body: bytes, now: datetime) -> list[Fact]:
    """The newest value of each series in a CSV of FRED or ALFRED (`DGS10_20240308`). Raises NotRead for what is none."""
    try:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise NotRead("the answer is no CSV") from None
    names = [_VINTAGE.sub("", name.strip().lower()) for name in rows[0]] if rows else []
    if not names or names[0] not in ("observation_date", "date") or not set(names[1:]) & SERIES.keys():
        raise NotRead("the answer is no CSV of FRED")
    newest: dict[str, tuple[str, str]] = {}
    for cells in rows[1:]:
        if len(cells) != len(names):
            raise NotRead("a row of the answer is cut")
        newest |= {
            name: (cells[0], cell) for name, cell in zip(names[1:], cells[1:], strict=True) if cell not in ("", ".")
        }
    return [_observed(name, *newest[name], now) for name in names[1:] if name in SERIES and name in newest]


def _observed(name: str, day: str, value: str, now: datetime) -> Fact:
    begin = moment({"date": f"{day}T00:00:00"}, "date")
    monthly = SERIES[name].published is Published.FRED_MONTH
    end = (begin.replace(day=1) + 32 * _DAY).replace(day=1) if monthly else begin + _DAY
    return fact(SERIES[name].figure, None, end, now, number({name: value}, name))


@dataclass(frozen=True, slots=True)
class CoinGecko:
    """The value of all coins, and BTC's part of it."""

    web: Web = USUAL
    url: str = "https://api.coingecko.com"
    name: str = "coingecko"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        answer = at(await self.web.json(f"{self.url}/api/v3/global", {}), "data")
        then = moment(answer, "updated_at")
        return [
            fact("total_market_cap", None, then, now, number(answer, "total_market_cap", "usd")),
            fact("btc_dominance", None, then, now, number(answer, "market_cap_percentage", "btc") / 100),
        ]


@dataclass(frozen=True, slots=True)
class CoinMetrics:
    """The value of a coin, and what flows to exchanges and from them, of the last whole day that is published."""

    web: Web = USUAL
    url: str = "https://community-api.coinmetrics.io"
    name: str = "coinmetrics"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        coins = {each: each.partition("/")[0].lower() for each in symbols}
        asked = {
            "assets": ",".join(dict.fromkeys(coins.values())),
            "metrics": "CapMrktCurUSD,FlowInExUSD,FlowOutExUSD",
            "frequency": "1d", "start_time": f"{now - 7 * _DAY:%Y-%m-%d}", "page_size": "1000",
            "ignore_unsupported_errors": "true", "ignore_forbidden_errors": "true",
        }  # fmt: skip
        rows = at(await self.web.json(f"{self.url}/v4/timeseries/asset-metrics", asked), "data")
        if not isinstance(rows, list):
            raise NotRead("data of the answer is no list")
        return [each for symbol, coin in coins.items() for each in _of_coin(rows, symbol, coin, now)]


def _of_coin(rows: list[Any], symbol: str, coin: str, now: datetime) -> list[Fact]:
    newest: dict[str, Fact] = {}
    for row in rows:
        if at(row, "asset") != coin:
            continue
        end = moment(row, "time") + _DAY
        if row.get("CapMrktCurUSD") is not None:
            newest["cap"] = fact("asset_market_cap", symbol, end, now, number(row, "CapMrktCurUSD"))
        if row.get("FlowInExUSD") is not None and row.get("FlowOutExUSD") is not None:
            net = number(row, "FlowInExUSD") - number(row, "FlowOutExUSD")
            newest["flow"] = fact("exchange_net_flow_24h", symbol, end, now, net)
    return list(newest.values())


@dataclass(frozen=True, slots=True)
class Mempool:
    """The fee for the next block of Bitcoin."""

    web: Web = USUAL
    url: str = "https://mempool.space"
    name: str = "mempool"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        answer = await self.web.json(f"{self.url}/api/v1/fees/recommended", {})
        return [fact("mempool_fee", None, now, now, number(answer, "fastestFee"))]


@dataclass(frozen=True, slots=True)
class Polymarket:
    """The price of Yes in the prediction market that the user names for a symbol, by its slug."""

    odds: tuple[tuple[str, str], ...]
    web: Web = USUAL
    url: str = "https://gamma-api.polymarket.com"
    name: str = "polymarket"

    async def facts(self, symbols: Sequence[str], now: datetime) -> list[Fact]:
        found = []
        for symbol, slug in self.odds:
            market = at(await self.web.json(f"{self.url}/markets", {"slug": slug}), 0)
            found.append(fact("prediction_odds", symbol, now, now, yes_price(market)))
        return found


def yes_price(market: Any) -> float:
    """The price of Yes in a market of Gamma, whose lists are JSON inside strings. Raises NotRead, also for a closed market."""
    if at(market, "closed") is not False:
        raise NotRead("this prediction market is closed")
    try:
        names, prices = (json.loads(at(market, key)) for key in ("outcomes", "outcomePrices"))
        place = [str(name).lower() for name in names].index("yes")
    except (TypeError, ValueError):
        raise NotRead("this market has no outcome Yes with a price") from None
    return number(prices, place)
