"""Tests whatever reads the past for foresight: what it says at a close must not change when anything after that close does.

It takes any reader: of signals, of a voter, of a source of news, of figures beside the bars. A reader gets a past and says, at
each close, some values by name. At each of several cuts the past is changed in all that nobody could know by then (bars that
close later, headlines first seen later, figures known later), once by taking it away and once by putting something else in its
place. A value before the cut that differs has been read from the future, or by chance.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np

from agents.strategies.contexts import Context
from agents.strategies.facts import ContextReader, Known, SentimentReader
from agents.strategies.voter import Ballot
from config.clock import from_ms, to_ms
from config.errors import UsageFault
from config.frozen import Frozen, UtcTime
from config.silence import Abstained
from evidence.strategies.ballots import rows_of
from evidence.strategies.lookahead import noise_after
from market.bar import Bar, Fact
from market.candles import Candles
from market.indicators.engine import SignalEngine
from market.timeframe import Timeframe
from sentiment.headline import Headline

CUTS = 12
_LEAST_BARS = 50
_OTHER_NEWS = "hack halts withdrawals and prices crash in panic"

Values = Mapping[str, object]
"""What a reader says at one close, by name. Values are compared with ==."""


class Past(NamedTuple):
    """All that may be read, of some time: candles of one timeframe by symbol, headlines, figures beside the bars."""

    candles: Mapping[str, Candles]
    news: tuple[Headline, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def timeframe(self) -> Timeframe:
        """The timeframe of the candles."""
        return next(iter(self.candles.values())).timeframe

    def closes(self) -> tuple[datetime, ...]:
        """Every close of any of the markets, oldest first."""
        ms = np.unique(np.concatenate([columns.close_ms for columns in self.candles.values()]))
        return tuple(from_ms(int(each)) for each in ms)

    def bars(self) -> Iterable[tuple[datetime, dict[str, Bar]]]:
        """The bars of each close, oldest first."""
        found: dict[datetime, dict[str, Bar]] = {close: {} for close in self.closes()}
        for symbol, columns in self.candles.items():
            for row in range(len(columns)):
                bar = columns.bar(row)
                found[bar.close_utc][symbol] = bar
        return found.items()


Reader = Callable[[Past], Sequence[Values]]
"""Says what it reads at each close of a past (`Past.closes`), in order. It may read the whole past that it gets."""


class Foresight(Frozen):
    """What was found. `first` names the earliest value that changed; None where none did."""

    closes: int
    runs: int
    said: int
    """Values that were said on the whole past and are not None."""
    failed: int
    first: str | None = None
    first_utc: UtcTime | None = None
    cut_utc: UtcTime | None = None
    check: Literal["repeated", "taken away", "put in its place"] | None = None

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        if self.first is not None and self.first_utc is not None and self.cut_utc is not None:
            how = {
                "repeated": "on the same past once more: it is read by chance",
                "taken away": f"when all after {self.cut_utc:%Y-%m-%d %H:%M} UTC was taken away",
                "put in its place": f"when something else came after {self.cut_utc:%Y-%m-%d %H:%M} UTC",
            }[self.check or "repeated"]
            what = f"{self.first} at {self.first_utc:%Y-%m-%d %H:%M} UTC"
            return f"{what} changed in {self.failed} of {self.runs} runs, first {how}."
        if not self.said:
            return f"Nothing was said at {self.closes} closes, so nothing was checked. Give a longer past."
        return f"No value changed in {self.runs} runs over {self.closes} closes with {self.said} values."


def foresight(read: Reader, past: Past, *, seed: int, cuts: int = CUTS) -> Foresight:
    """Check a reader on a past of at least 50 closes, at `cuts` cuts. Raises UsageFault for a shorter past."""
    closes = past.closes()
    if len(closes) < _LEAST_BARS:
        raise UsageFault(
            f"A check for foresight needs {_LEAST_BARS} bars, and there are {len(closes)}. Give more bars."
        )
    whole = read(past)
    found = [_differs("repeated", closes, len(closes), whole, read(past))]
    for length in np.linspace(len(closes) // 4, len(closes) - 1, cuts).round().astype(int) if found[0] is None else ():
        cut = closes[length - 1]
        found.append(_differs("taken away", closes, int(length), whole, read(without(past, cut))))
        found.append(_differs("put in its place", closes, int(length), whole, read(otherwise(past, cut, seed))))
    failed = [each for each in found if each is not None]
    said = sum(value is not None for values in whole for value in values.values())
    plain = Foresight(closes=len(closes), runs=len(found), said=said, failed=len(failed))
    if not failed:
        return plain
    first = min(failed, key=lambda each: each.first_utc or closes[-1])
    kept = {"first": first.first, "first_utc": first.first_utc, "cut_utc": first.cut_utc, "check": first.check}
    return plain.model_copy(update=kept)


def without(past: Past, cut: datetime) -> Past:
    """The past that could be known at `cut`."""
    kept = {symbol: rows_of(columns, slice(_length(columns, cut))) for symbol, columns in past.candles.items()}
    return Past(
        {symbol: columns for symbol, columns in kept.items() if len(columns)},
        tuple(line for line in past.news if line.first_seen_utc <= cut),
        tuple(fact for fact in past.facts if fact.known_utc <= cut),
    )


def otherwise(past: Past, cut: datetime, seed: int) -> Past:
    """The past that could be known at `cut`, with other bars, headlines and figures after it."""
    bars = {symbol: _noisy(columns, cut, seed) for symbol, columns in past.candles.items()}
    news = (
        line if line.first_seen_utc <= cut else line.model_copy(update={"text": _OTHER_NEWS, "symbols": ()})
        for line in past.news
    )
    facts = (
        fact if fact.known_utc <= cut else fact.model_copy(update={"value": 1.0 - 3.0 * fact.value})
        for fact in past.facts
    )
    return Past(bars, tuple(news), tuple(facts))


def signals_of_markets(past: Past) -> Sequence[Values]:
    """The reader of every field of the signals, of all markets and timeframes."""
    return [
        {
            f"{symbol} {timeframe} {name}": value
            for symbol in bars
            for timeframe, told in engines[symbol].view().items()
            for name, value in told
        }
        for _, bars, engines in _pushed(past)
    ]


def votes_of(
    build: Callable[[], Context],
    sentiment: Callable[[Past], SentimentReader] | None = None,
    context: Callable[[Past], ContextReader] | None = None,
) -> Reader:
    """The reader of a voter's words on all markets. `sentiment` and `context` open on a past what the voter may read of it."""

    def read(past: Past) -> Sequence[Values]:
        voter, said = build(), []
        news = None if sentiment is None else sentiment(past)
        figures = None if context is None else context(past)
        for close, bars, engines in _pushed(past):
            known = Known(close, past.timeframe, engines, bars, news, figures)
            peers = known.peers()
            said.append({f"the vote on {symbol}": _spoken(voter.ask(peers[symbol], known)) for symbol in bars})
        return said

    return read


def read_of_source(build: Callable[[Past], SentimentReader | ContextReader]) -> Reader:
    """The reader of a source of news, or of figures beside the bars, of every market."""

    def read(past: Past) -> Sequence[Values]:
        source = build(past)
        return [{symbol: source.read(symbol, close) for symbol in bars} for close, bars in past.bars()]

    return read


def _pushed(past: Past) -> Iterable[tuple[datetime, dict[str, Bar], dict[str, SignalEngine]]]:
    engines = {symbol: SignalEngine(symbol, past.timeframe) for symbol in past.candles}
    for close, bars in past.bars():
        for symbol, bar in bars.items():
            engines[symbol].push(bar)
        yield close, bars, engines


def _spoken(word: Ballot | Abstained) -> object:
    """A ballot; None for an abstention and for a vote for nothing."""
    return None if isinstance(word, Abstained) or not word.reasons else word


def _length(columns: Candles, cut: datetime) -> int:
    return int(np.searchsorted(columns.close_ms, to_ms(cut), side="right"))


def _noisy(columns: Candles, cut: datetime, seed: int) -> Candles:
    length = _length(columns, cut)
    return noise_after(columns, length, seed) if length else columns


def _differs(
    check: Literal["repeated", "taken away", "put in its place"],
    closes: Sequence[datetime],
    length: int,
    whole: Sequence[Values],
    other: Sequence[Values],
) -> Foresight | None:
    """The first value of `length` closes that differs; None when there is none. A value that is missing differs too."""
    for row in range(length):
        there = other[row] if row < len(other) else {}
        name = next((name for name, value in whole[row].items() if there.get(name) != value), None)
        if name is not None:
            return Foresight(
                closes=len(closes), runs=1, said=0, failed=1,
                first=name, first_utc=closes[row], cut_utc=closes[length - 1], check=check,
            )  # fmt: skip
    return None
