"""What `tribunal download` does: it opens the exchange, and downloads one market after the other into the store."""

import argparse
import asyncio
import sys
from pathlib import Path

from config.clock import to_ms
from config.errors import UsageFault
from config.progress import Progress
from market.live.download import download
from market.live.exchange import Exchange
from market.store.asked import Span
from market.store.parquet import read_shelf
from market.store.shelves import Shelf, shelf
from market.symbols import normalise_symbol
from market.timeframe import Timeframe
from ops.commands.requests import moment_of
from ops.tables.market.stored import Stored, show_stored, stored_of


def download_command(arguments: argparse.Namespace) -> int:
    """Download; returns the exit code. Raises UsageFault, DataFault, OutputFault."""
    timeframe = Timeframe(arguments.timeframe)
    places = [
        shelf(arguments.exchange, normalise_symbol(symbol) or symbol, timeframe)
        for symbol in dict.fromkeys(arguments.symbols)
    ]
    for option, said in (("--since", arguments.since), ("--until", arguments.until)):
        moment_of(option, said)  # a mistyped date is told before the exchange is asked
    rows = asyncio.run(_download(arguments, places, timeframe))
    show_stored(rows, as_json=arguments.json)
    return 0


async def _download(arguments: argparse.Namespace, places: list[Shelf], timeframe: Timeframe) -> list[Stored]:
    store, rows = Path(arguments.store), list[Stored]()
    async with Exchange(arguments.exchange, arguments.url) as exchange:
        wanted = _span(arguments, timeframe, await exchange.now_ms())
        await exchange.refuse_unknown([place.symbol for place in places], timeframe)
        length_ms = timeframe.seconds * 1000
        steps = len(places) * (wanted.end_ms - wanted.begin_ms) // length_ms
        with Progress(steps, "candles", None if arguments.quiet else sys.stderr, after_s=1.0) as progress:
            for place in places:
                progress.about(place.symbol)
                found = await download(
                    exchange, store, place, wanted, lambda passed_ms: progress.advance(passed_ms // length_ms)
                )
                closes = read_shelf(place.folder(store), place).close_ms.tolist()
                rows.append(stored_of(place, found.written, closes, found.findings, replaced=False))
    return rows


def _span(arguments: argparse.Namespace, timeframe: Timeframe, now_ms: int) -> Span:
    """Whole candles from the first that opens at `--since` or later to the last that has closed. Raises UsageFault."""
    since, until = moment_of("--since", arguments.since), moment_of("--until", arguments.until)
    if since is None:
        raise UsageFault("--since says where to begin. Nothing was downloaded; give a date.")
    length_ms = timeframe.seconds * 1000
    begin, end = timeframe.floor(since), now_ms if until is None else min(to_ms(until), now_ms)
    begin_ms = to_ms(begin) + (length_ms if begin < since else 0)
    count = (end - begin_ms) // length_ms
    if count <= 0:
        raise UsageFault(
            f"No candle of {timeframe} opens at {since:%Y-%m-%d %H:%M} UTC or later and has closed before the end. Nothing was "
            "downloaded; give an earlier --since."
        )
    return Span(begin_ms, begin_ms + count * length_ms)
