"""An exchange's public market data through ccxt: opened without keys, and asked again where an answer is none.

Only what reads is asked here, so every answer that is no answer (a time-out, a 5xx, HTML, a 429) may be asked again. How long the
exchange wants to be left alone (`Retry-After`) is obeyed. What no repetition mends is refused at once: an unknown exchange or
market, a timeframe that it has not, access that it denies.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from config.errors import DataFault, UsageFault
from config.reading.connections import NoClient, ccxt_client, client_of, loaded
from market.timeframe import Timeframe

T = TypeVar("T")
Wait = Callable[[float], Awaitable[object]]
TRIES = 6
"""How often one question is asked before the download of a market ends."""
_LONGEST_WAIT_S = 120.0
_TIMEOUT_MS = 20_000
_PAGES = {"fetchOHLCV": 1000}


class Unanswered(Exception):
    """A question got no answer that can be read, for whoever asks again by himself.

    `why` in a few words; `pause_s`: how long the exchange wants to be left alone [s], 0 if it says nothing.
    """

    def __init__(self, why: str, pause_s: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.pause_s = pause_s


class Exchange:
    """One exchange. Use it as an asynchronous context manager: it closes its connections."""

    def __init__(
        self,
        name: str,
        url: str | None = None,
        wait: Wait = asyncio.sleep,
        tries: int = TRIES,
        *,
        testnet: bool = False,
        perpetual: bool = False,
    ) -> None:
        """`url`: another address of the same interface, such as a mirror. Raises UsageFault for an unknown exchange or address.

        `wait` passes a number of seconds. `tries`: how often one question is asked; with 1, what raises DataFault elsewhere
        raises Unanswered. `testnet`: the prices of its test network, where it has one, since orders there are filled at them.
        `perpetual`: the candles of linear perpetuals, with their mark prices and rates of funding, and not those of spot.
        """
        ccxt = loaded("ccxt.async_support")
        if name not in ccxt.exchanges:
            near = get_close_matches(name, ccxt.exchanges, n=1)
            raise UsageFault(
                f"ccxt knows no exchange {name!r}. Nothing was downloaded; "
                + (f"did you mean {near[0]}?" if near else "its names are like binance, kraken, coinbase.")
            )
        self.name = name
        self._wait = wait
        self._tries = tries
        self._errors = ccxt
        self._ccxt = ccxt_client("ccxt.async_support", name, {"enableRateLimit": True, "timeout": _TIMEOUT_MS})
        self.perpetual = perpetual
        self._one_kind("swap" if perpetual else "spot")
        if testnet and url is None and perpetual and self._ccxt.urls.get("demo"):
            self._ccxt.enable_demo_trading(True)
        elif testnet and url is None and self._ccxt.urls.get("test"):
            self._ccxt.set_sandbox_mode(True)
        if url is not None:
            self._ccxt.urls["api"] = _moved(self._ccxt.urls["api"], _address(url))

    async def __aenter__(self) -> "Exchange":
        """Raises DataFault when no connection can be made with this machine's certificates."""
        try:
            client_of(self._ccxt.open)
        except NoClient as fault:
            raise DataFault(f"Nothing was downloaded: {fault}.") from fault
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._ccxt.close()

    @property
    def tells_time(self) -> bool:
        """Whether it tells its time at all."""
        return bool(self._ccxt.has.get("fetchTime"))

    async def now_ms(self) -> int:
        """The exchange's time [ms since 1970 UTC]; this machine's, where it tells none. Raises DataFault."""
        if not self.tells_time:
            return int(self._ccxt.milliseconds())
        return int(await self._asked(self._ccxt.fetch_time, "its time"))

    async def refuse_unknown(self, symbols: list[str], timeframe: Timeframe) -> None:
        """Raise UsageFault for a market or a timeframe that it has not; DataFault when it does not answer."""
        if not self._ccxt.has.get("fetchOHLCV") or timeframe.value not in (self._ccxt.timeframes or {}):
            ours = [each.value for each in Timeframe if each.value in (self._ccxt.timeframes or {})]
            raise UsageFault(
                f"{self.name} has no candles of {timeframe}, but of {', '.join(ours) or 'none that are known here'}. Nothing was "
                "downloaded; choose another --timeframe."
            )
        markets = await self._asked(self._ccxt.load_markets, "its markets")
        kind = "linear perpetual" if self.perpetual else "spot market"
        for symbol in symbols:
            if not self._is_there(markets, symbol):
                names = dict.fromkeys(name.partition(":")[0] for name in markets)
                near = get_close_matches(symbol, [name for name in names if self._is_there(markets, name)], n=1)
                raise UsageFault(
                    f"{self.name} has no {kind} {symbol}. Nothing was downloaded; "
                    + (f"did you mean {near[0]}?" if near else "check the name.")
                )

    async def still_there(self, symbols: list[str], timeframe: Timeframe) -> list[str]:
        """Those of these markets that it still has; a run that is resumed goes on without the others.

        Raises UsageFault if it has none of them, or not this timeframe; DataFault when it does not answer.
        """
        markets = await self._asked(self._ccxt.load_markets, "its markets")
        there = [symbol for symbol in symbols if self._is_there(markets, symbol)]
        await self.refuse_unknown(there or symbols, timeframe)
        return there

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]] | None:
        """One page of candles as the exchange sends it: [open time in ms, open, high, low, close, volume]; None for a page that
        has only older ones. Raises DataFault."""

        async def ask() -> list[list[Any]] | None:
            page: list[list[Any]] = await self._ccxt.fetch_ohlcv(
                self._named(symbol), timeframe.value, since_ms, _PAGES["fetchOHLCV"]
            )
            return page or (None if self._held_rows() else [])

        return await self._asked(ask, f"the candles of {symbol}")

    async def marks(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]]:
        """Candles of the mark price of a perpetual from this open time on, in the same form. Raises DataFault."""

        async def ask() -> list[list[Any]]:
            page: list[list[Any]] = await self._ccxt.fetch_ohlcv(
                self._named(symbol), timeframe.value, since_ms, 100, {"price": "mark"}
            )
            return page

        return await self._asked(ask, f"the mark prices of {symbol}")

    async def rate(self, symbol: str, since_ms: int) -> tuple[int, float] | None:
        """The rate of funding of a perpetual that was settled last since then [fraction], and when [ms since 1970 UTC]; None if
        none was. Raises DataFault."""

        async def ask() -> tuple[int, float] | None:
            told = await self._ccxt.fetch_funding_rate_history(self._named(symbol), since_ms, 100)
            rows = [(int(each["timestamp"]), float(each["fundingRate"])) for each in told]
            return max(rows, default=None)

        return await self._asked(ask, f"the rates of funding of {symbol}")

    def _named(self, symbol: str) -> str:
        """A market as ccxt calls it."""
        return f"{symbol}:{symbol.partition('/')[2]}" if self.perpetual else symbol

    def _is_there(self, markets: Any, symbol: str) -> bool:
        found = markets.get(self._named(symbol))
        if found is None:
            return False
        return bool(found.get("swap") and found.get("linear")) if self.perpetual else bool(found.get("spot"))

    async def _asked(self, ask: Callable[[], Awaitable[T]], what: str) -> T:
        final = (
            self._errors.AuthenticationError, self._errors.BadSymbol, self._errors.NotSupported, self._errors.ArgumentsRequired,
        )  # fmt: skip
        for tried in range(1, self._tries + 1):
            self._ccxt.last_response_headers = None
            try:
                return await ask()
            except final as fault:
                refused = f"{self.name} refuses to tell {what} ({_short(fault)}). What was downloaded before is stored."
                raise self._no_answer(refused, _short(fault)) from None
            except (self._errors.BaseError, ValueError, TypeError, KeyError, IndexError) as fault:
                if tried == self._tries:
                    silent = (
                        f"{self.name} was asked {self._tries} times for {what} and gave no answer that can be read "
                        f"({_short(fault)}). What was downloaded before is stored: the same command goes on from there."
                    )
                    raise self._no_answer(silent, _short(fault)) from None
                await self._wait(self._pause_s(tried))
        raise AssertionError("unreachable")

    def _no_answer(self, message: str, why: str) -> Exception:
        """What is raised where there is no answer: a fault that ends a download, or word for who asks again by himself."""
        return Unanswered(why, self._told_s()) if self._tries == 1 else DataFault(message)

    def _held_rows(self) -> bool:
        """Whether the reply held rows, all of which ccxt left out. Raises ValueError for one that is no reply, such as HTML."""
        told = json.loads(self._ccxt.last_http_response or "")
        if not isinstance(told, list | dict):
            raise ValueError("the reply holds no candles")
        return _has_rows(told)

    def _pause_s(self, tried: int) -> float:
        """How long to leave the exchange alone [s]: as long as it says, or twice as long after each failure."""
        return min(max(self._told_s(), 0.5 * 2.0 ** (tried - 1)), _LONGEST_WAIT_S)

    def _told_s(self) -> float:
        """How long the exchange said that it wants to be left alone [s]; 0 if it said nothing."""
        headers = {str(k).lower(): v for k, v in (self._ccxt.last_response_headers or {}).items()}
        try:
            return min(max(float(headers.get("retry-after", "")), 0.0), _LONGEST_WAIT_S)
        except ValueError:
            return 0.0

    def _one_kind(self, kind: str) -> None:
        """Leave out requests that a download of candles of this kind does not need, where the exchange has such options."""
        options = self._ccxt.options
        told = options.get("fetchMarkets")
        if isinstance(told, dict) and "spot" in told.get("types", ()):
            others = [name for name in ("linear", "swap") if name in told["types"]]
            told["types"] = ["spot"] if kind == "spot" else others[:1]
        if kind == "swap":
            options["defaultType"], options["defaultSubType"] = "swap", "linear"
        self._ccxt.has["fetchCurrencies"] = False


def _address(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageFault(f"{url!r} is no address like https://data-api.binance.vision. Nothing was downloaded.")
    return parts.scheme, parts.netloc


def _moved(tree: Any, address: tuple[str, str]) -> Any:
    """A tree of addresses with another scheme and host in each."""
    if isinstance(tree, dict):
        return {name: _moved(value, address) for name, value in tree.items()}
    if not isinstance(tree, str):
        return tree
    parts = urlsplit(tree)
    return urlunsplit((*address, parts.path, parts.query, parts.fragment))


def _has_rows(tree: Any) -> bool:
    """Whether there is a list of lists or of objects somewhere in a reply."""
    if isinstance(tree, dict):
        return any(_has_rows(value) for value in tree.values())
    return isinstance(tree, list) and bool(tree) and isinstance(tree[0], list | dict)


def _short(fault: BaseException) -> str:
    """The kind of an error and the begin of its text, on one line."""
    text = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {text[:160]}" if text else type(fault).__name__
