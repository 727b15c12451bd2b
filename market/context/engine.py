"""What is known of a market beside its bars, at one moment: out of the facts on the tape and out of the session's own bars.

It holds no clock and asks no network: the same slices give the same context, so a replay makes it again from the journal. Nothing
is read before the moment at which it was known. A revised value counts from the moment of its revision. What is missing or stale
is `Abstained`, with the reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from config.clock import to_ms
from config.silence import Abstained
from market.bar import Bar, Fact, Slice
from market.context import measures
from market.context.catalogue import CATALOGUE, FIGURES, Figure
from market.context.closes import DAYS, Closes, day_of, last_whole_day
from market.context.series import Entry, Series, hours
from market.context.view import MarketContext
from market.timeframe import Timeframe

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_WEEK_SPAN = timedelta(days=6.5)
_CHANGE_SLACK = timedelta(hours=6)
_BTC = ("BTC", "XBT")
_MOST_REASONS = 4096

Word = float | str
"""A number, or the reason why there is none."""


class _Days(NamedTuple):
    """What whole days say: the mean of 200 closes of each symbol [quote], and whether BTC is above its mean of ten months."""

    means: dict[str, Word]
    trend: Word


class ContextEngine:
    """The context of each market of a session. Slices are pushed in their order; a market is read at the last close."""

    def __init__(self, symbols: Sequence[str], timeframe: Timeframe) -> None:
        self._symbols = tuple(symbols)
        self._btc = next((each for each in self._symbols if each.partition("/")[0] in _BTC), None)
        self._closes = Closes(self._symbols, timeframe)
        self._series: dict[tuple[str, str | None], Series] = {}
        self._market: tuple[datetime, dict[str, Word]] | None = None
        self._whole: tuple[int, _Days] | None = None
        self._betas: tuple[datetime, dict[str, tuple[Word, Word]]] | None = None
        self._silent: dict[str, Abstained] = {}

    def push(self, shown: Slice) -> None:
        """Take a slice: its bars and the facts that became known with it."""
        self.push_bars(shown.close_utc, shown.bars)
        for fact in shown.facts:
            self.push_fact(fact)

    def push_bars(self, close_utc: datetime, bars: Mapping[str, Bar]) -> None:
        """Take the bars of one close; those of the warm-up have no facts."""
        close_ms = to_ms(close_utc)
        self._closes.push(close_ms, bars)
        if self._whole is not None and self._whole[0] >= day_of(close_ms):
            self._whole = None
        self._market = self._betas = None

    def push_fact(self, fact: Fact) -> None:
        """Take one fact. It may be pushed before it is known: it is not read earlier for that."""
        series = self._series.setdefault((fact.name, fact.symbol), Series())
        series.add(Entry(fact.at_utc, fact.known_utc, fact.value))
        figure = CATALOGUE.get(fact.name)
        if figure is not None:
            series.forget(fact.at_utc - figure.keeps - _DAY)

    def read(self, symbol: str, as_of: datetime) -> MarketContext:
        """Every figure of the catalogue for `symbol` (BASE/QUOTE) at `as_of`, an aware moment, or why there is none."""
        values: dict[str, float] = {}
        missing: dict[str, Abstained] = {}
        computed = self._of_market(as_of) | self._of_symbol(symbol, as_of)
        for figure in FIGURES:
            word = computed[figure.name] if figure.name in computed else self._fact(figure, symbol, as_of)
            if isinstance(word, str):
                missing[figure.name] = self._silence(word)
            else:
                values[figure.name] = word
        return MarketContext(symbol=symbol, as_of_utc=as_of, values=values, missing=missing)

    def _silence(self, why: str) -> Abstained:
        """The value for a reason. Most reasons come again at each bar, so each is made once."""
        if len(self._silent) > _MOST_REASONS:
            self._silent.clear()
        if why not in self._silent:
            self._silent[why] = Abstained(why=why)
        return self._silent[why]

    def _found(self, name: str, symbol: str) -> Series | None:
        """The series of a symbol, or else that of the whole market."""
        own = self._series.get((name, symbol))
        return own if own is not None else self._series.get((name, None))

    def _fact(self, figure: Figure, symbol: str, as_of: datetime) -> Word:
        series = self._found(figure.name, symbol)
        entry = None if series is None else series.last(as_of)
        whose = f" of {symbol}" if figure.of == "symbol" else ""
        if entry is None:
            return f"no {figure.name}{whose} was known"
        age = as_of - entry.at_utc
        if figure.stale_after is not None and age > figure.stale_after:
            return (
                f"the last {figure.name}{whose} is {hours(age)} old: after {hours(figure.stale_after)} it says nothing"
            )
        return entry.value

    def _of_symbol(self, symbol: str, as_of: datetime) -> dict[str, Word]:
        """What is computed for one symbol: from its bars, or from several facts."""
        beta, correlation = self._beside_btc(symbol, as_of)
        found: dict[str, Word] = {"beta_btc": beta, "correlation_btc": correlation}
        for name, work in (("funding_rate_mean_7d", self._funding_mean), ("open_interest_change_24h", self._change)):
            if self._found(name, symbol) is None:
                found[name] = work(symbol, as_of)
        return found

    def _funding_mean(self, symbol: str, as_of: datetime) -> Word:
        now = self._fact(CATALOGUE["funding_rate"], symbol, as_of)
        series = self._found("funding_rate", symbol)
        if isinstance(now, str) or series is None:
            return str(now)
        rates = series.since(as_of, as_of - _WEEK)
        reach = as_of - rates[0].at_utc
        if reach < _WEEK_SPAN:
            return f"funding rates of {symbol} reach back {hours(reach)}, and {hours(_WEEK_SPAN)} are needed"
        return sum(each.value for each in rates) / len(rates)

    def _change(self, symbol: str, as_of: datetime) -> Word:
        now = self._fact(CATALOGUE["open_interest"], symbol, as_of)
        series = self._found("open_interest", symbol)
        newest = None if series is None else series.last(as_of)
        if isinstance(now, str) or series is None or newest is None:
            return str(now)
        then = newest.at_utc - _DAY
        before = series.last(as_of, then)
        if before is None or then - before.at_utc > _CHANGE_SLACK or not before.value > 0:
            return f"no open_interest of {symbol} was known of 24 h before the last one"
        return newest.value / before.value - 1

    def _beside_btc(self, symbol: str, as_of: datetime) -> tuple[Word, Word]:
        if self._btc is None or symbol not in self._symbols:
            why = "no market of BTC is in this session" if self._btc is None else f"{symbol} is not in this session"
            return why, why
        if self._betas is None or self._betas[0] != as_of:
            self._betas = as_of, {}
        found = self._betas[1]
        if symbol not in found:
            found[symbol] = measures.beside(*self._closes.returns((symbol, self._btc), to_ms(as_of)))
        return found[symbol]

    def _of_market(self, as_of: datetime) -> dict[str, Word]:
        """What is computed from the bars of all symbols; once for all that are read at a close."""
        if self._market is None or self._market[0] != as_of:
            self._market = as_of, self._work_market(to_ms(as_of))
        return self._market[1]

    def _work_market(self, now_ms: int) -> dict[str, Word]:
        days = self._of_days(now_ms)
        last = {each: self._closes.last(each, now_ms) for each in self._symbols}
        before = {each: self._closes.day_before(each, now_ms) for each in self._symbols}
        means = days.means
        above = [
            (now, mean) for each, now in last.items() if now is not None and not isinstance(mean := means[each], str)
        ]
        rose = [(now, then) for each, now in last.items() if now is not None and (then := before[each]) is not None]
        return {
            "breadth_24h": measures.share_above(rose),
            "breadth_200d": measures.share_above(above),
            **self._of_btc(days, last, before),
        }

    def _of_days(self, now_ms: int) -> "_Days":
        """What the whole days before `now_ms` say; it is computed once a day."""
        whole = last_whole_day(now_ms)
        if self._whole is None or self._whole[0] != whole:
            days = self._closes.days(now_ms, DAYS)
            means = (measures.mean_of_days(own[-measures.MEAN_DAYS :]) for own in days)
            btc = None if self._btc is None else days[self._symbols.index(self._btc)]
            trend = "" if btc is None else measures.above_ten_months(measures.month_ends(btc, whole))
            self._whole = whole, _Days(dict(zip(self._symbols, means, strict=True)), trend)
        return self._whole[1]

    def _of_btc(
        self, days: "_Days", last: Mapping[str, float | None], before: Mapping[str, float | None]
    ) -> dict[str, Word]:
        if self._btc is None:
            return dict.fromkeys(("return_btc_24h", "btc_vs_200d", "risk_on"), "no market of BTC is in this session")
        now, then, mean = last[self._btc], before[self._btc], days.means[self._btc]
        no_bar = f"{self._btc} has no bar at this close"
        return {
            "return_btc_24h": no_bar if now is None else _change(now, then, f"{self._btc} has no bar 24 h before"),
            "btc_vs_200d": no_bar if now is None else mean if isinstance(mean, str) else now / mean - 1,
            "risk_on": days.trend,
        }


def _change(now: float, then: float | None, otherwise: str) -> Word:
    return otherwise if then is None else now / then - 1
