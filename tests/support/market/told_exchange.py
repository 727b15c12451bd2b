"""An exchange in this process: it tells the candles of a simulated market as time passes, and errs where a test says so."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from config.clock import Clock, to_ms
from config.reading.load import load_profile
from config.settings import Settings
from market.candles import Candles, RawCandles
from market.live.exchange import Unanswered
from market.resample import resample
from market.simulated.prices import SESSION_START, simulate
from market.timeframe import Timeframe

MARKETS = ("BTC/USDT", "ETH/USDT")
START = SESSION_START
HISTORY_DAYS = 30


@cache
def drawn(days: int = 4) -> dict[tuple[str, Timeframe], RawCandles]:
    """Hours and days of the markets: a history, a warm-up, and a session of some days."""
    hours = simulate(settings_of(days), 1, HISTORY_DAYS).candles
    found: dict[tuple[str, Timeframe], RawCandles] = {(symbol, Timeframe.H1): bars for symbol, bars in hours.items()}
    for symbol, bars in hours.items():
        sound = Candles.validated(symbol, Timeframe.H1, bars.close_ms, *bars.columns)
        found[symbol, Timeframe.D1] = resample(sound, Timeframe.D1)
    return found


def settings_of(days: int = 4, **more: Any) -> Settings:
    """The profile paper on these markets."""
    changes = {"market.symbols": list(MARKETS), "market.session_days": days, **more}
    return load_profile("paper", changes)


class ToldExchange:
    """Candles of the simulated market, up to what a clock says; the last one of a page still forms.

    `skew` is how far its time is ahead of the clock's. `away` says for a market, or None for the time, whether there is no
    answer. `changed` may change, or take away, a row before it is told: it is given the market and the row.
    """

    def __init__(self, clock: Clock, days: int = 4, skew: timedelta = timedelta()) -> None:
        self._clock, self._skew = clock, skew
        self._bars = drawn(days)
        self.away: Callable[[str | None], bool] = lambda _: False
        self.changed: Callable[[str, list[Any]], list[Any] | None] = lambda _, row: row
        self.page = 1000
        self.asked: list[str] = []

    async def now_ms(self) -> int:
        self._answer(None)
        return to_ms(self._clock.now() + self._skew)

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]] | None:
        self.asked.append(symbol)
        self._answer(symbol)
        return self.rows(symbol, timeframe, since_ms)

    def rows(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]]:
        """The page that begins at this open time [ms]."""
        now_ms, length_ms = to_ms(self._clock.now() + self._skew), timeframe.seconds * 1000
        bars = self._bars[symbol, timeframe]
        opens = bars.close_ms - length_ms
        chosen = [i for i in range(len(bars)) if since_ms <= opens[i] <= now_ms][: self.page]
        rows = [[int(opens[i]), *(float(column[i]) for column in bars.columns)] for i in chosen]
        if rows and rows[-1][0] + length_ms > now_ms:
            rows[-1][2:] = [rows[-1][1] * 1.5, rows[-1][1] * 0.5, rows[-1][1] * 1.2, 0.001]
        return [row for each in rows if (row := self.changed(symbol, each)) is not None]

    def _answer(self, symbol: str | None) -> None:
        if self.away(symbol):
            raise Unanswered("RequestTimeout")
