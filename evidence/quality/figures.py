"""Recall and precision of the quality monitor, kind by kind."""

from collections.abc import Iterable

from config.frozen import Frozen


class Score(Frozen):
    """What the monitor found of one kind of fault. `false` counts what it called so and was not.

    `source` is `hits` or `put in`.
    """

    kind: str
    source: str
    cases: int
    found: int
    false: int

    @property
    def recall(self) -> float | None:
        """Found cases by all cases; None where there are none."""
        return self.found / self.cases if self.cases else None

    @property
    def precision(self) -> float | None:
        """Found cases by all that was called so; None where nothing was."""
        called = self.found + self.false
        return self.found / called if called else None


class Crash(Frozen):
    """What was said in the days of a real crash. `called` names the bars that were called bad prints, as `MARKET at TIME`."""

    name: str
    markets: int
    bars: int
    large_moves: int
    called: tuple[str, ...]


class QualityReport(Frozen):
    """The whole measurement. `tuning` and `test` are the halves of the bad prints among `hits`, by `on_hits.is_for_tuning`.

    `depegs` are the lost pegs that were noticed in the real files, as `MARKET at TIME`.
    """

    seed: int
    bars: int
    hits: tuple[Score, ...]
    tuning: Score
    test: Score
    put_in: tuple[Score, ...]
    crashes: tuple[Crash, ...]
    depegs: tuple[str, ...]


def together(kind: str, source: str, scores: Iterable[Score]) -> Score:
    """The sum of several kinds."""
    kept = list(scores)
    return Score(
        kind=kind,
        source=source,
        cases=sum(each.cases for each in kept),
        found=sum(each.found for each in kept),
        false=sum(each.false for each in kept),
    )
