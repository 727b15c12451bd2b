"""What `tribunal facts` does: it asks live sources at the same time, and adds to the archive what it does not hold."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from config.clock import SystemClock
from config.errors import DataFault, UsageFault
from market.bar import Fact
from market.context.live.archive import Archive
from market.context.live.exchange import Exchange
from market.context.live.public import Alfred, CoinGecko, CoinMetrics, Deribit, Fred, LiveSource, Mempool, Polymarket
from market.context.live.web import NotRead
from market.symbols import normalise_symbol

_LEAST_S = 1.0


def facts_command(arguments: argparse.Namespace) -> int:
    """Ask once, or until stopped; returns the exit code. Raises UsageFault, OutputFault."""
    symbols = [_market(text) for text in arguments.symbols]
    if arguments.every is not None and not _LEAST_S <= arguments.every < float("inf"):
        raise UsageFault(f"--every {arguments.every:g} is no pause; nothing was asked. Give {_LEAST_S:g} s or more.")
    sources = _sources(arguments, symbols)
    archive = Archive(Path(arguments.archive))
    return asyncio.run(collect_facts(sources, symbols, archive, arguments.every))


def _sources(arguments: argparse.Namespace, symbols: Sequence[str]) -> list[LiveSource]:
    known: dict[str, LiveSource] = {
        each.name: each for each in (Deribit(), Fred(), Alfred(), CoinGecko(), CoinMetrics(), Mempool())
    }
    chosen = [known[name] for name in dict.fromkeys(arguments.sources)]
    if arguments.exchange:
        chosen.append(Exchange(arguments.exchange))
    if arguments.odds:
        chosen.append(Polymarket(tuple(_odds(text, symbols) for text in arguments.odds)))
    if not chosen:
        raise UsageFault("No source was named; nothing was asked. Give --sources, --exchange or --odds.")
    return chosen


async def collect_facts(
    sources: Sequence[LiveSource], symbols: Sequence[str], archive: Archive, every: float | None
) -> int:
    """Ask all sources at once, and again every `every` seconds; returns the exit code. Raises OutputFault."""
    while True:
        now = SystemClock().now()
        read = await asyncio.gather(*(_asked(source, symbols) for source in sources))
        found = [fact for facts in read if facts is not None for fact in facts]
        added = archive.add(found, now)
        sys.stdout.write(f"{added} new figures, {len(archive)} in the archive\n")
        if every is None:
            return DataFault.exit_code if all(facts is None for facts in read) else 0
        await asyncio.sleep(every)


async def _asked(source: LiveSource, symbols: Sequence[str]) -> list[Fact] | None:
    """What a source gives, and a line about it on stderr; None for one that could not be read."""
    try:
        facts = await source.facts(symbols, SystemClock().now())
    except NotRead as fault:
        later = f"; it may be asked again in {fault.retry_after_s:g} s" if fault.retry_after_s is not None else ""
        sys.stderr.write(f"{source.name}: not read: {fault}{later}\n")
        return None
    sys.stderr.write(f"{source.name}: {len(facts)} figures\n")
    return facts


def _market(text: str) -> str:
    symbol = normalise_symbol(text)
    if symbol is None:
        raise UsageFault(f"--symbols {text!r} is no market; nothing was asked. Write BASE/QUOTE, such as BTC/USDT.")
    return symbol


def _odds(text: str, symbols: Sequence[str]) -> tuple[str, str]:
    symbol, sign, slug = text.partition("=")
    if not sign or not slug or _market(symbol) not in symbols:
        raise UsageFault(f"--odds {text!r} is not SYMBOL=SLUG of one of --symbols; nothing was asked.")
    return _market(symbol), slug
