"""What `evidence.impact` does: read books and the market around them, walk, fit, show.

It refuses books for whose moment neither bars nor trades were given: the law is about volatility and volume, and a book shows
neither.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from config.clock import from_ms
from config.errors import DataFault, UsageFault
from config.progress import short_work
from evidence.statistics.impact_fit import ImpactReport, Walks, fit_line, interval_of, r_squared, walks_of
from execution.simulated.latency import bar_sigma
from market.candles import RawCandles
from market.files.bars import read_bars
from market.files.books import RecordedBook, Traded, read_books, read_trades
from market.timeframe import Timeframe
from ops.commands.requests import reading_of, timeframe_of
from ops.files import write_output
from ops.tables.impact import impact_page, show_impact
from ops.terminal.data_told import tell_files

Around = Callable[[RecordedBook], Traded]


def impact_command(arguments: argparse.Namespace) -> int:
    """Calibrate; returns the exit code. Raises TribunalError."""
    timeframe = _checked(arguments)
    books = read_books([Path(path) for path in arguments.books])
    symbols = sorted({book.symbol for book in books})
    if len(symbols) != 1:
        raise UsageFault(
            f"The books are of {' and '.join(symbols) or 'no market'}; nothing was computed. Give those of one market."
        )
    if arguments.trades:
        around, measured = _from_trades(Path(arguments.trades), symbols[0])
    else:
        paths = [Path(path) for path in arguments.bars]
        bars, found, files = read_bars(paths, timeframe, None, reading_of(arguments))
        tell_files(files, found, sys.stderr)
        around, measured = _from_bars(bars, symbols[0]), f"the {found.value} bar of each book"
    spans = [around(book) for book in books]
    walks = []
    with short_work(quiet=arguments.quiet)(len(books), "books") as shown:
        for book, span in zip(books, spans, strict=True):
            walks.append(walks_of(book, span))
            shown.advance()
    report = _report(books, spans, walks, measured, arguments.seed)
    if arguments.plot:
        write_output(Path(arguments.plot), impact_page(report, walks).encode())
    show_impact(report, as_json=arguments.json)
    return 0


def _report(
    books: list[RecordedBook], spans: list[Traded], walks: list[Walks], measured: str, seed: int
) -> ImpactReport:
    root, cost, share = (np.concatenate([found[place] for found in walks]) for place in range(3))
    line, interval = fit_line(root, cost), interval_of(walks, seed)
    quoted = [(book.asks[0, 0] - book.bids[0, 0]) / 2 / book.middle for book in books]
    return ImpactReport(
        symbol=books[0].symbol,
        books=len(books),
        walks=len(root),
        first_utc=from_ms(books[0].at_ms),
        last_utc=from_ms(books[-1].at_ms),
        measured=measured,
        sigma=float(np.mean([bar_sigma(span.high, span.low) for span in spans])),
        volume=float(np.mean([span.volume for span in spans])),
        least_share=float(share.min()),
        most_share=float(share.max()),
        quoted_half_spread_bps=float(np.mean(quoted)) * 1e4,
        half_spread_bps=line.half * 1e4,
        coefficient=line.coefficient,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        r_squared=r_squared(line, root, cost),
    )


def _from_trades(path: Path, symbol: str) -> tuple[Around, str]:
    span = read_trades(path, symbol)

    def around(book: RecordedBook) -> Traded:
        if not span.begin_ms <= book.at_ms <= span.end_ms:
            raise DataFault(
                f"The trades are from {_told(span.begin_ms)} to {_told(span.end_ms)}, and a book from {_told(book.at_ms)}. "
                "Nothing was computed: give trades of the time of the books."
            )
        return span

    return around, f"{(span.end_ms - span.begin_ms) / 1000:,.0f} s of trades"


def _from_bars(bars: dict[str, RawCandles], symbol: str) -> Around:
    if symbol not in bars:
        raise DataFault(
            f"The books are of {symbol}, the bars of {' and '.join(bars)}. Nothing was computed: give bars of the same market."
        )
    candles = bars[symbol]

    def around(book: RecordedBook) -> Traded:
        row = int(np.searchsorted(candles.close_ms, book.at_ms, side="right"))
        length = candles.timeframe.seconds * 1000
        if row == len(candles) or candles.close_ms[row] - length > book.at_ms or not candles.sound()[row]:
            raise DataFault(
                f"There is no sound bar of {symbol} at {_told(book.at_ms)}, when a book was recorded. "
                "Nothing was computed: give bars of that time."
            )
        close = int(candles.close_ms[row])
        return Traded(
            close - length, close, float(candles.high[row]), float(candles.low[row]), float(candles.volume[row])
        )

    return around


def _told(at_ms: int) -> str:
    return f"{from_ms(at_ms):%Y-%m-%d %H:%M:%S} UTC"


def _checked(arguments: argparse.Namespace) -> Timeframe | None:
    if bool(arguments.bars) == bool(arguments.trades):
        raise UsageFault(
            "Give --bars or --trades, one of them: volatility and volume cannot be seen in a book. Nothing was computed."
        )
    if arguments.seed < 0:
        raise UsageFault(f"--seed must not be negative; it is {arguments.seed}. Nothing was computed.")
    if arguments.plot and not (arguments.plot.lower().endswith(".html") and Path(arguments.plot).parent.is_dir()):
        raise UsageFault(
            f"--plot {arguments.plot}: it must be an .html file in a folder that exists. Nothing was computed."
        )
    return None if arguments.timeframe is None else timeframe_of(arguments.timeframe)
