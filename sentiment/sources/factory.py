"""Builds the sources that a profile names."""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from config.clock import Clock
from config.sections.sentiment import SentimentSettings, SourceSettings
from market.news import NewsRow
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


def _build(settings: SourceSettings, news_rows: Sequence[NewsRow], clock: Clock) -> HeadlineSource:
    # pandas, feedparser and httpx are loaded only by the profiles that need them.
    match settings.kind:
        case "simulated":
            return RecordedSource.from_rows(settings.name, settings.weight, news_rows)
        case "recorded":
            from sentiment.sources.files import read_headlines

            lines = read_headlines(Path(settings.path or ""), settings.name)
            return RecordedSource(settings.name, settings.weight, lines)
        case "rss":
            from sentiment.sources.rss import RssSource

            return RssSource(settings, clock)
        case _:
            assert_never(settings.kind)
