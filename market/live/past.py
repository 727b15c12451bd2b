"""The past of a feed: the bars before its first close, and the days before those, downloaded into a store and read as a tape.

The tape ends where the feed begins. Days come as bars of 1d, since nobody wants 400 days of minutes. It is as patient as a
download: what a page cannot tell is asked again, and an exchange that stays silent ends it before anything was started.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from config.clock import from_ms, to_ms
from config.errors import DataFault
from config.settings import Settings
from market.bar import Finding
from market.candles import RawCandles
from market.catalogue import instrument_of
from market.live.download import Candles, download
from market.plausible.volumes import implausible_volume
from market.simulated.prices import warmup_length
from market.store.asked import Span
from market.store.parquet import read_shelf
from market.store.shelves import shelf
from market.tape import Tape
from market.timeframe import Timeframe

Step = Callable[[str, int, int], None]
"""Is told the market, and how much of how many candles has been passed since it was last told."""


async def past_of_feed(
    exchange: Candles,
    settings: Settings,
    symbols: Sequence[str],
    start: datetime,
    end: datetime,
    past_days: int,
    store: Path,
    step: Step = lambda *_: None,
) -> Tape:
    """The tape of a feed's session from `start` to `end`, both closes on its grid, with the warm-up before it.

    Raises DataFault when the exchange tells nothing that can be believed, or too little for a decision.
    """
    timeframe, name = Timeframe(settings.market.timeframe), str(settings.market.feed)
    warmup_start = start - warmup_length(settings.market) * timeframe.duration
    if past_days:
        warmup_start = Timeframe.D1.floor(warmup_start)
    history_start = warmup_start - past_days * Timeframe.D1.duration
    place = name if settings.market.perpetuals is None else f"{name}_perpetual"  # beside its spot bars, not among them
    candles, days, findings = dict[str, RawCandles](), dict[str, RawCandles](), list[Finding]()
    for symbol in symbols:
        bars, told = await _held(exchange, store, (place, symbol, timeframe), (warmup_start, end), step)
        findings += [*told, *(found for found in [implausible_volume(bars)] if found is not None)]
        candles[symbol] = bars
        if past_days:
            days[symbol], told = await _held(
                exchange, store, (place, symbol, Timeframe.D1), (history_start, warmup_start), step
            )
            findings += told
    _refuse_short(candles, settings.market.warmup_bars, start, name)
    return Tape(
        symbols=tuple(symbols),
        timeframe=timeframe,
        instruments={symbol: instrument_of(settings.market, symbol) for symbol in symbols},
        source_label=f"{name}, bars of {timeframe} as they close",
        start_utc=start,
        end_utc=end,
        findings=tuple(findings),
        news=(),
        warmup_start_utc=warmup_start,
        history_start_utc=history_start if past_days else None,
        quality=settings.quality,
        candles=candles,
        own_days=days,
    )


async def _held(
    exchange: Candles, store: Path, named: tuple[str, str, Timeframe], span: tuple[datetime, datetime], step: Step
) -> tuple[RawCandles, tuple[Finding, ...]]:
    """The bars of one market that open in a span, out of the store, which is filled before."""
    place, length_ms = shelf(*named), named[2].seconds * 1000
    wanted = Span(to_ms(span[0]), to_ms(span[1]))
    total = (wanted.end_ms - wanted.begin_ms) // length_ms
    found = await download(
        exchange, store, place, wanted, lambda passed_ms: step(place.symbol, passed_ms // length_ms, total)
    )
    held = read_shelf(place.folder(store), place)
    inside = (held.close_ms > wanted.begin_ms) & (held.close_ms <= wanted.end_ms)
    columns = np.stack(held.columns)[:, inside]
    return RawCandles(place.symbol, place.timeframe, held.close_ms[inside], *columns), found.findings


def _refuse_short(candles: dict[str, RawCandles], least: int, start: datetime, name: str) -> None:
    closes = np.unique(np.concatenate([bars.close_ms for bars in candles.values()]))
    known = int(np.searchsorted(closes, to_ms(start), side="right"))
    if known < least:
        first = f", the first at {from_ms(int(closes[0])):%Y-%m-%d %H:%M} UTC" if known else ""
        raise DataFault(
            f"A decision needs {least} bars before it (market.warmup_bars), and {name} tells {known} of these markets{first}. "
            "Nothing was started; choose a finer --timeframe or older markets."
        )
