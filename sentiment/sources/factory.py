"""Builds the sources that a profile names."""

from collections.abc import Sequence
from typing import cast

from config.clock import Clock, SystemClock
from config.sections.rows import named
from config.sections.sentiment import SOURCES, SentimentSettings, SourceSettings
from market.news import NewsRow
from sentiment.sources.coins import base_of_market
from sentiment.sources.recorded import RecordedSource
from sentiment.sources.source import HeadlineSource


def build_sources(
    settings: SentimentSettings, news_rows: Sequence[NewsRow], clock: Clock
) -> tuple[HeadlineSource, ...]:
    """The sources in the profile's order; `news_rows` are the tape's own news, for the simulated ones.

    RSS sources are built without touching the network: whoever owns the loop refreshes them. Raises DataFault for a
    recorded file that cannot be read.
    """
    return tuple(_build(source, news_rows, clock) for source in settings.sources)


def told_of(settings: SentimentSettings, symbols: Sequence[str]) -> tuple[str, ...]:
    """What there is to say of the sources that read a file, one line each, for a session with these markets ("BTC/USDT").

    The files are read as the session reads them. Raises DataFault for one that cannot be read.
    """
    bases = tuple(dict.fromkeys(map(base_of_market, symbols)))
    # A source that reads files asks no clock.
    sources = [_build(source, (), SystemClock()) for source in settings.sources if source.kind == "recorded"]
    tellers = [source.told for source in sources if isinstance(source, RecordedSource)]
    return tuple(told(bases) for told in tellers if told is not None)


def _build(settings: SourceSettings, news_rows: Sequence[NewsRow], clock: Clock) -> HeadlineSource:
    # pandas, feedparser and httpx are loaded only by the profiles that need them.
    return cast(HeadlineSource, named(SOURCES[settings.kind].build)(settings, news_rows, clock))
