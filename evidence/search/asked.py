"""What each voter says at each bar of a tape, asked once for each of its own parameter sets.

From set to set a sweep changes the parameters of one voter, or of none. Most of its time went into asking all of them again; here
a voter whose parameters have not changed is not asked, and netting, the same as in the cycle, is done only at bars on which
somebody says something. It keeps the latest answers only, so that a long search does not fill the memory.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.strategies.contexts import Context, netted
from agents.strategies.voter import NOTHING
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from market.signals import TechnicalSignals
from risk.proposal import Direction

KEPT = 64
"""Voters with their parameters whose answers are kept."""

Signals = Sequence[TechnicalSignals | None]
"""One symbol's, by row; None at a row without a believed bar."""


class Said(NamedTuple):
    """A vote without its words."""

    direction: Direction
    confidence: float
    weight: float


class AskedVoters:
    """The voters of one tape, whose signals have been read."""

    def __init__(self, symbols: Sequence[str], signals: Sequence[Signals]) -> None:
        self._columns = [
            (symbol, [(row, now) for row, now in enumerate(column) if now is not None])
            for symbol, column in zip(symbols, signals, strict=True)
        ]
        self._kept: dict[str, list[dict[int, Said]]] = {}

    def wanted(
        self, entries: Sequence[StrategyContext], contexts: Sequence[Context], threshold: float
    ) -> Iterator[tuple[int, int, Direction, float]]:
        """Row, column, direction and conviction wherever these voters, netted, want something.

        `contexts` are the voters that were made of `entries`, in the same order. Raises StrategyFault of an own voter.
        """
        answers = [self._answers(entry, context) for entry, context in zip(entries, contexts, strict=True)]
        for column in range(len(self._columns)):
            said = [of_voter[column] for of_voter in answers]
            for row in sorted(set().union(*said)):
                votes = [of_voter[row] for of_voter in said if row in of_voter]
                direction, conviction, _ = netted(votes, threshold)
                if direction is not Direction.NONE:
                    yield row, column, direction, conviction

    def _answers(self, entry: StrategyContext, context: Context) -> list[dict[int, Said]]:
        """What one voter says, by column and row."""
        key = f"{context.name} {entry.model_dump_json()}"
        found = self._kept.pop(key, None)
        if found is None:
            found = [_asked(context, symbol, rows) for symbol, rows in self._columns]
        self._kept[key] = found
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found


def _asked(context: Context, symbol: str, rows: Sequence[tuple[int, TechnicalSignals]]) -> dict[int, Said]:
    if context.symbols is not None and symbol not in context.symbols:
        return {}
    vote = context.strategy.vote
    ballots = [(row, ballot) for row, now in rows if (ballot := vote(now)) is not NOTHING]
    return {
        row: Said(ballot.direction, float(ballot.confidence), context.weight)
        for row, ballot in ballots
        if not isinstance(ballot, Abstained) and ballot.direction is not Direction.NONE
    }
