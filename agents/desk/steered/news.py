"""The sources of a running session: a changed profile replaces them between two bars.

New ones are opened before the word of the operator is journaled, so that one which cannot be opened changes nothing. What was
read of them stands in the journal bar by bar, so a replay needs neither the old ones nor the new ones.
"""

from collections.abc import Sequence
from datetime import datetime

from config.clock import Clock
from config.sections.sentiment import SentimentSettings, SourceSettings
from market.news import NewsRow
from sentiment.engine import SentimentEngine
from sentiment.headline import SentimentData
from sentiment.scoring import scorer_of
from sentiment.sources.factory import build_sources


class Newsroom:
    """What is known of the news, by the sources that count now (`agents.strategies.facts.SentimentReader`)."""

    def __init__(
        self, settings: SentimentSettings, rows: Sequence[NewsRow], clock: Clock, *, has_past: bool = False
    ) -> None:
        """`rows`: the tape's own news, for simulated sources; `clock`: that in which live sources are fetched. `has_past`: the
        journal holds what was read until now, so that sources are opened when they are first asked, and those that were
        replaced before need not be there any more. Raises TribunalError for a source that cannot be opened."""
        self._settings, self._rows, self._clock = settings, rows, clock
        self._next: tuple[SentimentSettings, SentimentEngine] | None = None
        self._left: list[SentimentEngine] = []
        self._engine = None if has_past else self._open(settings)

    @property
    def names_sources(self) -> bool:
        """Whether there is any source now."""
        return bool(self._settings.sources)

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        return self._opened().read(symbol, as_of)

    async def refresh(self) -> None:
        """Fetch the live sources that are due, and end what sources that are removed still fetch."""
        while self._left:
            await self._left.pop().close()
        if any(source.live for source in self._settings.sources):
            await self._opened().refresh()

    def prepare(self, sources: tuple[SourceSettings, ...]) -> None:
        """Open these sources beside those that count; nothing has changed yet. Raises TribunalError as at the start."""
        settings = self._settings.model_copy(update={"sources": sources})
        self._next = (settings, self._open(settings))

    def take(self, sources: tuple[SourceSettings, ...]) -> None:
        """What was prepared counts from now on. In the past of a run that is resumed nothing was, and these are opened: at once,
        or when they are first asked."""
        if self._next is None and self._engine is None:
            self._settings = self._settings.model_copy(update={"sources": sources})
            return
        if self._next is None:
            self.prepare(sources)
        assert self._next is not None
        if self._engine is not None:
            self._left.append(self._engine)
        (self._settings, self._engine), self._next = self._next, None

    async def close(self) -> None:
        """End what is still being fetched."""
        for engine in (*self._left, self._engine):
            if engine is not None:
                await engine.close()

    def _opened(self) -> SentimentEngine:
        if self._engine is None:
            self._engine = self._open(self._settings)
        return self._engine

    def _open(self, settings: SentimentSettings) -> SentimentEngine:
        sources = build_sources(settings, self._rows, self._clock)
        return SentimentEngine(settings, sources, scorer_of(settings.scorer), self._clock)
