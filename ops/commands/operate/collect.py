"""What `tribunal collect` does: it reads live sources, adds to the archive what it has not seen, and says what it comes to."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from config.clock import SystemClock
from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from config.sections.sentiment import SentimentSettings, SourceSettings
from market.symbols import normalise_symbol
from ops.commands.options import Unsaid
from ops.tables.sentiment.parts import show_parts
from sentiment.engine import SentimentEngine
from sentiment.scoring import scorer_of
from sentiment.sources.archive import Archive, Found, archive_at
from sentiment.sources.factory import build_sources
from sentiment.sources.live.fear_greed import FearGreedSource
from sentiment.sources.wire import WireSource

_MORE = "Give feeds as NAME=URL, such as wire=https://example.org/rss."


def collect_command(arguments: argparse.Namespace) -> int:
    """Collect once, or until stopped; returns the exit code. Raises UsageFault, OutputFault."""
    settings = _settings(arguments)
    archive = archive_at(Path(arguments.archive))
    symbols = [_market(symbol) for symbol in arguments.symbols or ()]
    return asyncio.run(_collect(settings, archive, Path(arguments.archive).name, symbols, arguments.every))


async def _collect(
    settings: SentimentSettings, archive: Archive, name: str, symbols: list[str], every: float | None
) -> int:
    sources = [
        one for one in build_sources(settings, (), SystemClock()) if isinstance(one, WireSource | FearGreedSource)
    ]
    engine = SentimentEngine(settings, sources, scorer_of(settings.scorer))
    held = _known(archive, sources)
    parts = {row.name: row.feeds for row in settings.sources}
    while True:
        await engine.refresh()
        found = [_found(source, parts[source.name]) for source in sources]
        archive.add(found)
        fresh = sum(len(one.items) + len(one.facts) for one in found)
        held += fresh
        for source, one in zip(sources, found, strict=True):
            what = f"{len(one.facts)} new figures" if one.facts else f"{len(one.items)} new headlines"
            sys.stderr.write(f"{source.name}: {f'not read: {source.failure}' if source.failure else what}\n")
            source.fresh = ()
        sys.stdout.write(f"{fresh} new headlines, {held} in {name}\n")
        if symbols:
            show_parts([await engine.analyze(symbol, SystemClock().now()) for symbol in symbols])
        if every is None:
            return DataFault.exit_code if all(source.failure for source in sources) else 0
        await asyncio.sleep(every)


def _settings(arguments: argparse.Namespace) -> SentimentSettings:
    """The settings of the profile with the sources that are asked for; each is asked as often as `--every` says.

    Raises UsageFault for what is no feed, and for a profile without a live source.
    """
    feeds = [_feed(text) for text in arguments.feed or ()]
    settings = load_profile(arguments.profile).sentiment
    own = [] if feeds and isinstance(arguments.profile, Unsaid) else [row for row in settings.sources if row.live]
    rows = [*feeds, *own]
    if not rows:
        raise UsageFault(
            f"The profile {arguments.profile} names no live source; nothing was read. Give feeds with --feed, or another profile."
        )
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageFault(f"Two sources are called {twice[0]}; nothing was read. Give each another name.")
    asked = tuple(row.model_copy(update={"ttl_s": arguments.every or row.ttl_s}) for row in rows)
    longest = max(row.timeout_s for row in rows) + 1.0
    return settings.model_copy(update={"sources": asked, "components": True, "budget_s": longest})


def _market(text: str) -> str:
    symbol = normalise_symbol(text)
    if symbol is None:
        raise UsageFault(f"--symbols {text!r} is no market; nothing was read. Write it as BTC/USDT.")
    return symbol


def _feed(text: str) -> SourceSettings:
    name, sign, url = text.partition("=")
    if not sign or not name or not url.startswith(("http://", "https://")):
        raise UsageFault(f"--feed {text!r} is not a feed; nothing was read. {_MORE}")
    return SourceSettings(kind="rss", name=name[:40], weight=1.0, url=url)


def _known(archive: Archive, sources: Sequence[WireSource | FearGreedSource]) -> int:
    """Tell each source what the archive holds of it; returns how much that is of all sources."""
    held = archive.held()
    for source in sources:
        own = [one for one in held if one.source == source.name]
        if isinstance(source, WireSource):
            source.remember(item for one in own for item in one.items)
        else:
            source.remember(fact for one in own for fact in one.facts)
    return sum(len(one.items) + len(one.facts) for one in held)


def _found(source: WireSource | FearGreedSource, part: str) -> Found:
    told = {"items": source.fresh} if isinstance(source, WireSource) else {"facts": source.fresh}
    return Found(source.name, part, **told)  # type: ignore[arg-type]
