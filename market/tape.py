"""The tape: every bar close of a session in order, with the same interface for recorded and simulated markets.

Prices stay in columns. The tape builds a slice and its bars when the session reaches them, and they pass the quality monitor as
live ones do. A bar close without any bar also gives a slice: time passes during an outage. The tape refuses a window that its
data does not cover. When the history before the first decision is too short, it starts later and adds a finding.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from config.clock import from_ms, to_ms
from config.errors import DataFault
from config.sections.quality import QualitySettings
from config.seeds import generator
from config.settings import Settings
from market.bar import Bar, Detail, Fact, Finding, FundingRate, Slice
from market.candles import Candles, Millis, RawCandles, grid_phase
from market.catalogue import instrument_of
from market.context.files.told import FactsFile
from market.files.reading import AS_FOUND, Reading
from market.files.told import FileRead, names_of
from market.instrument import Instrument
from market.news import NewsRow
from market.plausible.contracts import refuse_contracts
from market.plausible.detail import FineBars
from market.plausible.marks import MarkBars
from market.plausible.volumes import implausible_volume
from market.quality.monitor import QualityMonitor, Quote
from market.resample import Resampler, resample
from market.sessions.calendar import TradingCalendar, bar_close, calendar_of, day_of, day_of_ms, signals_year
from market.sessions.closed import without_closed_days
from market.simulated.marks import drawn_marks
from market.simulated.prices import SESSION_START, SimulatedMarket, simulate, warmup_length
from market.timeframe import Timeframe

_CHUNK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A session: its slices close after `start_utc` and not after `end_utc`, on the grid of `timeframe`.

    `source_label` names the files without their folders, or the simulated market and its seed. `findings` are the problems
    found while loading. `detail`: finer bars by symbol, all of one timeframe, of the session only. `funding`: the rates that
    are due inside the bars that close at the key [ms since 1970 UTC]. `files` and `detail_files`: what was found in each file
    of bars, and of finer bars. `facts`: the figures that became known with the slice that closes at the key [ms since 1970
    UTC]; `fact_files`: what was found in each file of them. `history_start_utc`: since when days before the warm-up are read;
    None for no such days. `drawn`: it is the simulated market. `own_days`: bars of 1d before the warm-up, where they came as
    such; the history is then not among `candles`. `marks`: the mark prices of perpetuals by symbol, of the session only;
    `mark_files`: what was found in each file of them. `past_funding`: the rates of the last days before the session, oldest
    first, which an exchange would tell. `calendar`: the sessions of its daily bars; a day that is none has no slice. None for
    markets that never close. `year_bars`: its bars in a year, by which volatilities among the signals are annualised; None for
    365 days.
    """

    symbols: tuple[str, ...]
    timeframe: Timeframe
    instruments: dict[str, Instrument]
    source_label: str
    start_utc: datetime
    end_utc: datetime
    findings: tuple[Finding, ...]
    news: tuple[NewsRow, ...]
    warmup_start_utc: datetime
    quality: QualitySettings
    candles: Mapping[str, RawCandles]
    detail: Mapping[str, FineBars] = field(default_factory=dict)
    funding: Mapping[int, tuple[FundingRate, ...]] = field(default_factory=dict)
    files: tuple[FileRead, ...] = ()
    detail_files: tuple[FileRead, ...] = ()
    facts: Mapping[int, tuple[Fact, ...]] = field(default_factory=dict)
    fact_files: tuple[FactsFile, ...] = ()
    history_start_utc: datetime | None = None
    drawn: bool = False
    own_days: Mapping[str, RawCandles] = field(default_factory=dict)
    marks: Mapping[str, MarkBars] = field(default_factory=dict)
    mark_files: tuple[FileRead, ...] = ()
    past_funding: tuple[FundingRate, ...] = ()
    calendar: TradingCalendar | None = None
    year_bars: float | None = None

    def __len__(self) -> int:
        return self._bars_between(self.start_utc, self.end_utc)

    def _bars_between(self, begins: datetime, ends: datetime) -> int:
        if self.calendar is not None:
            return self.calendar.count(day_of(begins), day_of(ends))
        return (ends - begins) // self.timeframe.duration

    def warmup_slices(self) -> Iterator[Slice]:
        """The slices before the first decision, oldest first."""
        return islice(self._judged(unseen=self._history_length), self._warmup_length)

    def days(self) -> tuple[tuple[datetime, dict[str, Bar]], ...]:
        """The days that closed before the warm-up, oldest first: the time of the close, and a bar of 1d by symbol.

        Bars of files are judged one by one before they are joined; those of the simulated market are what they are.
        """
        if self.drawn:
            return self._drawn_days()
        if self.own_days:
            return self._told_days()
        made = {symbol: self._day_maker() for symbol in self.symbols}
        found: dict[datetime, dict[str, Bar]] = {}
        for past in islice(self._judged(), self._history_length):
            for symbol, bar in past.bars.items():
                for day in made[symbol](bar):
                    found.setdefault(day.close_utc, {})[symbol] = day
        return tuple(sorted(found.items()))

    def _drawn_days(self) -> tuple[tuple[datetime, dict[str, Bar]], ...]:
        begins, ends = (
            to_ms(moment) for moment in (self.history_start_utc or self.warmup_start_utc, self.warmup_start_utc)
        )
        found: dict[datetime, dict[str, Bar]] = {}
        for symbol, candles in self.candles.items():
            past = (candles.close_ms > begins) & (candles.close_ms <= ends)
            columns = (column[past] for column in candles.columns)
            days = Candles.validated(symbol, self.timeframe, candles.close_ms[past], *columns)
            if self.timeframe is not Timeframe.D1:
                days = resample(days, Timeframe.D1)
            for i in range(len(days)):
                found.setdefault(from_ms(int(days.close_ms[i])), {})[symbol] = days.bar(i)
        return tuple(sorted(found.items()))

    def _told_days(self) -> tuple[tuple[datetime, dict[str, Bar]], ...]:
        begins, ends = self.history_start_utc or self.warmup_start_utc, self.warmup_start_utc
        monitor = QualityMonitor(self.quality, Timeframe.D1, self.symbols)
        slices = _slices(self.own_days, Timeframe.D1, begins, ends)
        return tuple((moment, shown.bars) for moment, raw in slices if (shown := monitor.judge(moment, raw)).bars)

    def _day_maker(self) -> Callable[[Bar], tuple[Bar, ...]]:
        return (lambda bar: (bar,)) if self.timeframe is Timeframe.D1 else Resampler(self.timeframe, Timeframe.D1).push

    def slices(self) -> Iterator[Slice]:
        """The slices of the session, oldest first. Each call gives the same slices."""
        judged = self._judged(unseen=self._history_length + self._warmup_length)
        told_more = self.detail or self.funding or self.facts or self.marks
        return map(self._with_more, judged) if told_more else judged

    def _with_more(self, shown: Slice) -> Slice:
        """The slice with the finer bars inside its bars, the funding and the marks of them, and what became known."""
        close_ms = to_ms(shown.close_utc)
        more: dict[str, object] = {}
        if funding := self.funding.get(close_ms):
            more["funding"] = funding
        if facts := self.facts.get(close_ms):
            more["facts"] = facts
        if self.detail:
            more |= self._inside(shown, close_ms)
        if self.marks:
            more |= self._marked(shown, close_ms)
        return shown.model_copy(update=more) if more else shown

    def _marked(self, shown: Slice, close_ms: int) -> dict[str, object]:
        """The mark prices of the markets that have a bar, and the reason where they forbid a new position."""
        found = {
            symbol: bars.at(close_ms)
            for symbol, bars in self.marks.items()
            if symbol not in self.quality.accepted_units
        }
        reasons = {symbol: why for symbol, bars in self.marks.items() if (why := bars.why_not(close_ms))}
        more: dict[str, object] = {}
        if marks := {symbol: mark for symbol, mark in found.items() if mark is not None}:
            more["marks"] = marks
        if reasons:
            more["frozen"] = reasons | shown.frozen
        return more

    def _inside(self, shown: Slice, close_ms: int) -> dict[str, object]:
        """The finer bars inside the bars of a slice, where there are any."""
        inside = (
            (symbol, self.detail[symbol].inside(close_ms))
            for symbol in shown.bars
            if symbol in self.detail and symbol not in self.quality.accepted_units
        )
        if bars := {symbol: rows for symbol, rows in inside if rows is not None}:
            timeframe = next(iter(self.detail.values())).candles.timeframe
            return {"detail": Detail(timeframe=timeframe, bars=bars)}
        return {}

    @property
    def _warmup_length(self) -> int:
        return self._bars_between(self.warmup_start_utc, self.start_utc)

    @property
    def _judged_from(self) -> datetime | None:
        """Where the monitor begins, if that is before the warm-up."""
        return None if self.drawn or self.own_days else self.history_start_utc

    @property
    def _history_length(self) -> int:
        """Bars before the warm-up that are judged, and read as days."""
        begins = self._judged_from
        return 0 if begins is None else self._bars_between(begins, self.warmup_start_utc)

    def _judged(self, unseen: int = 0) -> Iterator[Slice]:
        """All slices after the first `unseen` ones. The quality monitor reads those too."""
        monitor = self._fresh_monitor()
        begins = self._judged_from or self.warmup_start_utc
        closes = _slices(self.candles, self.timeframe, begins, self.end_utc, self.calendar)
        for number, (moment, raw) in enumerate(closes):
            if number < unseen:
                monitor.pass_by(moment, raw)
            else:
                yield monitor.judge(moment, raw)

    @property
    def _both_sides(self) -> bool:
        """Whether its markets may be held short."""
        return any(rules.may_be_short for rules in self.instruments.values())

    def monitor(self) -> QualityMonitor:
        """The quality monitor after all bars of this tape, ready for those that follow."""
        monitor = self._fresh_monitor()
        begins = self._judged_from or self.warmup_start_utc
        for moment, raw in _slices(self.candles, self.timeframe, begins, self.end_utc, self.calendar):
            monitor.pass_by(moment, raw)
        return monitor

    def _fresh_monitor(self) -> QualityMonitor:
        return QualityMonitor(
            self.quality, self.timeframe, self.symbols, both_sides=self._both_sides, calendar=self.calendar
        )


def recorded_tape(
    settings: Settings,
    paths: Sequence[Path],
    symbols: Sequence[str] | None,
    start: datetime | None,
    end: datetime | None,
    reading: Reading = AS_FOUND,
    past_days: int = 0,
) -> Tape:
    """A session from files, over the bars that open at `start` or later and close at `end` or earlier (None: all).

    The warm-up before the session is as long as in a simulated session, if the files hold so much history. `past_days` are read
    before it, as days, as far as the files reach back; the warm-up then begins at the open of a day. When there are
    fewer than `warmup_bars` bar closes before `start`, the session starts later. Raises DataFault when a file cannot be
    trusted, when a symbol is in no file, when one proves to hold no linear perpetual and those are traded,
    when the window lies outside the data, or when the warm-up leaves nothing of it;
    ValueError for a naive datetime.
    """
    if not paths:
        raise DataFault("No market file was given: nothing was started; name at least one with --data.")
    from market.files.bars import read_bars  # it loads pandas, which simulated bars do not need

    timeframe = Timeframe(settings.market.timeframe)
    candles, _, files = read_bars(paths, timeframe, symbols, reading)
    calendar = None if settings.market.calendar is None else calendar_of(settings.market.calendar)
    if calendar is not None:
        candles = without_closed_days(candles, calendar)
    if settings.market.perpetuals is not None:
        refuse_contracts([(file.name, file.markets, file.contracts) for file in files], symbols or ())
    moments = np.unique(np.concatenate([columns.close_ms for columns in candles.values()]))
    names = names_of(files)
    if not len(moments):
        raise DataFault(
            f"{names} holds no complete {timeframe} bar: nothing was started; give more data or a shorter --timeframe."
        )
    begins_ms, ends_ms = _window(moments, timeframe, start, end, names)
    first_ms = _first_decision(moments, settings.market.warmup_bars, begins_ms, ends_ms, names)
    findings = [finding for columns in candles.values() for finding in columns.findings]
    findings += [found for columns in candles.values() if (found := implausible_volume(columns))]
    if start is not None and first_ms > begins_ms:
        detail = f"{settings.market.warmup_bars} bars must come before the first decision: it was moved to this moment"
        findings += [
            Finding(symbol=symbol, at_utc=from_ms(first_ms), kind="short_history", detail=detail) for symbol in candles
        ]
    earliest_ms = int(moments[0]) - timeframe.seconds * 1000
    warmup_ms = first_ms - warmup_length(settings.market) * timeframe.seconds * 1000
    if calendar is not None:  # so many sessions before the first decision, and not so many days
        warmup_ms = to_ms(bar_close(calendar.back(day_of_ms(first_ms), warmup_length(settings.market))))
    if past_days:
        warmup_ms = _grid_floor(warmup_ms, Timeframe.D1)
    warmup_ms = max(earliest_ms, warmup_ms)
    history_ms = max(earliest_ms, warmup_ms - past_days * Timeframe.D1.seconds * 1000)
    return Tape(
        symbols=tuple(candles),
        timeframe=timeframe,
        instruments={symbol: instrument_of(settings.market, symbol) for symbol in candles},
        source_label=names,
        start_utc=from_ms(first_ms),
        end_utc=from_ms(ends_ms),
        findings=tuple(findings),
        news=(),
        warmup_start_utc=from_ms(warmup_ms),
        history_start_utc=from_ms(history_ms) if history_ms < warmup_ms else None,
        quality=settings.quality,
        candles=candles,
        files=files,
        calendar=calendar,
        year_bars=signals_year(settings.market),
    )


def simulated_tape(settings: Settings, past_days: int = 0) -> Tape:
    """A session of the simulated market, generated from `settings.seed`, with `past_days` before the warm-up, read as days.

    Raises UsageFault as `simulate` does.
    """
    market = simulate(settings, settings.seed, past_days)
    return _drawn_tape(settings, market, past_days, SESSION_START, f"simulated market, seed {settings.seed}")


def simulated_past(settings: Settings, past_days: int = 0) -> Tape:
    """A simulated market that ends where every simulated session starts: what a policy may learn from before it.

    It is drawn from a stream of its own, so no price of it is one that a session of the same seed will meet. Otherwise as
    `simulated_tape`.
    """
    start = SESSION_START - timedelta(days=settings.market.session_days)
    chance = generator(settings.seed, "market", "past")
    market = simulate(settings, int(chance.integers(2**32)), past_days, start)
    return _drawn_tape(settings, market, past_days, start, f"simulated market before sessions, seed {settings.seed}")


def _drawn_tape(settings: Settings, market: SimulatedMarket, past_days: int, start: datetime, label: str) -> Tape:
    """A session of a drawn market that starts at `start`."""
    timeframe = Timeframe(settings.market.timeframe)
    warmup_start = start - warmup_length(settings.market) * timeframe.duration
    facts: dict[int, tuple[Fact, ...]] = {}
    for fact in market.facts:
        known_ms = to_ms(fact.known_utc)
        facts[known_ms] = (*facts.get(known_ms, ()), fact)
    end = start + timedelta(days=settings.market.session_days)
    perpetuals = settings.market.perpetuals is not None
    return Tape(
        symbols=tuple(market.candles),
        timeframe=timeframe,
        instruments={symbol: instrument_of(settings.market, symbol) for symbol in market.candles},
        source_label=label,
        start_utc=start,
        end_utc=end,
        findings=(),
        news=market.news,
        warmup_start_utc=warmup_start,
        history_start_utc=warmup_start - timedelta(days=past_days) if past_days else None,
        facts=facts if settings.market.context == "facts" else {},
        drawn=True,
        quality=settings.quality,
        candles=market.candles,
        funding=_drawn_funding(market.facts, timeframe) if perpetuals else {},
        past_funding=market.past_funding if perpetuals else (),
        marks={
            symbol: drawn_marks(settings.seed, candles, to_ms(start), to_ms(end))
            for symbol, candles in market.candles.items()
        }
        if perpetuals
        else {},
    )


def _drawn_funding(facts: Sequence[Fact], timeframe: Timeframe) -> dict[int, tuple[FundingRate, ...]]:
    """The funding rates of a drawn market: each is due when it is known, in the bar that opens then."""
    due: dict[int, tuple[FundingRate, ...]] = {}
    for fact in facts:
        if fact.name == "funding_rate" and fact.symbol is not None:
            close_ms = to_ms(fact.known_utc) + timeframe.seconds * 1000
            rate = FundingRate(symbol=fact.symbol, at_utc=fact.known_utc, rate=fact.value)
            due[close_ms] = (*due.get(close_ms, ()), rate)
    return due


def _slices(
    candles: Mapping[str, RawCandles],
    timeframe: Timeframe,
    begins: datetime,
    ends: datetime,
    calendar: TradingCalendar | None = None,
) -> Iterator[tuple[datetime, dict[str, Quote | None]]]:
    """Each close after `begins` and not after `ends`, with the raw bars of the symbols that have one; of a `calendar`, the closes
    of its sessions."""
    from_first, step_ms, moment = to_ms(begins), timeframe.seconds * 1000, begins
    rows = {symbol: _rows(columns, from_first) for symbol, columns in candles.items()}
    ahead = {symbol: next(quotes, None) for symbol, quotes in rows.items()}
    for ms in range(from_first + step_ms, to_ms(ends) + 1, step_ms):
        moment += timeframe.duration
        raw: dict[str, Quote | None] = {}
        for symbol, row in ahead.items():
            if row is not None and row[0] == ms:
                raw[symbol] = row[1]
                ahead[symbol] = next(rows[symbol], None)
        if calendar is None or raw or calendar.is_session(day_of_ms(ms)):
            yield moment, raw


def _rows(candles: RawCandles, after_ms: int) -> Iterator[tuple[int, Quote]]:
    """Close time [ms since 1970 UTC] and quote of each bar that closes after `after_ms`, unpacked in chunks."""
    first = int(np.searchsorted(candles.close_ms, after_ms, side="right"))
    for begin in range(first, len(candles), _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        columns = (column[chunk].tolist() for column in candles.columns)
        yield from zip(candles.close_ms[chunk].tolist(), zip(*columns, strict=True), strict=True)


def _window(
    moments: Millis, timeframe: Timeframe, start: datetime | None, end: datetime | None, names: str
) -> tuple[int, int]:
    """The requested window [ms since 1970 UTC], narrowed to the grid. Raises DataFault when it is empty or outside the data."""
    step_ms = timeframe.seconds * 1000
    earliest_ms, latest_ms = int(moments[0]) - step_ms, int(moments[-1])
    if start is not None and end is not None and start >= end:
        raise DataFault(
            f"The session would start at {start.isoformat()} and end at {end.isoformat()}: nothing was started; "
            "give an end that is later than the start."
        )
    begins_ms = earliest_ms if start is None else -_grid_floor(-to_ms(start), timeframe)
    ends_ms = latest_ms if end is None else _grid_floor(to_ms(end), timeframe)
    if ends_ms > latest_ms or ends_ms <= earliest_ms or begins_ms >= latest_ms:
        raise DataFault(
            f"{names} holds bars from {_spelled(earliest_ms)} to {_spelled(latest_ms)} UTC, which does not cover the "
            "requested session: nothing was started; give a start and an end inside this range."
        )
    return begins_ms, ends_ms


def _grid_floor(ms: int, timeframe: Timeframe) -> int:
    return ms - int(grid_phase(np.array([ms], dtype=np.int64), timeframe)[0])


def _first_decision(moments: Millis, warmup_bars: int, begins_ms: int, ends_ms: int, names: str) -> int:
    """The start of the session [ms]: `begins_ms`, or later when fewer than `warmup_bars` bar closes come before it."""
    available = int(np.searchsorted(moments, ends_ms, side="left"))
    if available < warmup_bars:
        raise DataFault(
            f"The session needs {warmup_bars} bars before the first decision and at least one after, and {names} has "
            f"{available + 1} up to its end ({_spelled(ends_ms)} UTC): nothing was started; give more history or a "
            "later end."
        )
    return max(begins_ms, int(moments[warmup_bars - 1]))


def _spelled(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M}"
