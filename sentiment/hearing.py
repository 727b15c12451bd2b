"""Hears one source on one symbol: its headlines with their score, or its figure with its score, or the reason for its silence."""

from collections.abc import Callable
from datetime import datetime, timedelta

from config.sections.sentiment import ComponentName, SentimentSettings, SourceSettings
from config.silence import Abstained
from sentiment.digest import Digest
from sentiment.figures import impossible, score_of_figure
from sentiment.fusion import Said
from sentiment.headline import Headline, Score, SubScore
from sentiment.sources.source import FigureSource, HeadlineSource, LiveSource

_HOUR = timedelta(hours=1)
Late = Callable[[str], str | None]
"""Why a live source, by its name, has not answered yet; None if it need not."""


class Ear:
    """One source with its row of the profile, if it has one. It holds no state of its own."""

    def __init__(
        self, source: HeadlineSource | FigureSource, settings: SentimentSettings, row: SourceSettings | None, late: Late
    ) -> None:
        self.part: ComponentName = "news" if row is None else row.feeds
        self._words = source if isinstance(source, HeadlineSource) else None
        self._figures = source if isinstance(source, FigureSource) else None
        self._live = source if isinstance(source, LiveSource) else None
        self._name, self._weight = source.name, source.weight
        self._least = settings.min_headlines
        self._hours = settings.max_age_h if row is None or row.max_age_h is None else row.max_age_h
        self._half_life_h = None if row is None else row.weight_half_life_h
        self._sign = -1.0 if row is not None and row.contrary else 1.0
        self._late = late

    def posts(self, base: str, as_of: datetime, age: timedelta | None = None) -> tuple[Headline, ...]:
        """The headlines on `base` that are young enough; none of a source of figures or of one that is not believed."""
        if self._words is None or self._silence is not None:
            return ()
        return self._words.headlines(as_of, base, as_of - (timedelta(hours=self._hours) if age is None else age))

    def say(self, base: str, said: Digest, as_of: datetime) -> Said:
        """What the source says of `base`; `said` is the digest of its headlines."""
        return self._of_words(said, as_of) if self._figures is None else self._of_figure(self._figures, base, as_of)

    @property
    def _silence(self) -> str | None:
        return None if self._live is None else self._live.silence

    def _of_words(self, said: Digest, as_of: datetime) -> Said:
        score: float | Abstained | None = said.mean
        if score is None or said.scored < self._least:
            score = Abstained(why=self._silence or self._too_few(said))
        age = None if said.newest is None else (as_of - said.newest) / _HOUR
        return self._said(score, said.lines, age)

    def _of_figure(self, source: FigureSource, base: str, as_of: datetime) -> Said:
        if self._silence is not None:
            return self._said(Abstained(why=self._silence))
        found = source.figure(as_of, base)
        if isinstance(found, Abstained):
            return self._said(Abstained(why=f"{found.why}{self._trouble()}"))
        age = max(0.0, (as_of - found.at_utc) / _HOUR)
        wrong = impossible(self.part, found.value)
        if wrong is None and age > self._hours:
            wrong = f"the newest figure is {age:.0f} h old, and at most {self._hours:g} h are allowed{self._trouble()}"
        score = score_of_figure(self.part, found.value) if wrong is None else Abstained(why=wrong)
        return self._said(score, 0, age, found.value)

    def _said(
        self, score: Score | Abstained, headlines: int = 0, age_h: float | None = None, value: float | None = None
    ) -> Said:
        turned = score if isinstance(score, Abstained) else self._sign * score
        sub = SubScore(source=self._name, score=turned, weight=self._weight, headlines=headlines, newest_age_h=age_h)
        return Said(sub, self.part, self._half_life_h, value)

    def _too_few(self, said: Digest) -> str:
        silent = said.lines - said.scored
        unknown = f", {silent} of them abstained: no word was known" if silent else ""
        return f"headlines in the last {self._hours:g} h: {said.lines}, needed: {self._least}{unknown}{self._trouble()}"

    def _trouble(self) -> str:
        """What is the matter with a live source, as a remark; "" without any trouble."""
        if self._live is None:
            return ""
        why = self._late(self._name) or self._live.failure
        return "" if why is None else f"; {why}"
