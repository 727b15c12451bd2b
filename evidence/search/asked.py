"""Caches the votes of each voter at each bar of a tape, once for each of its own parameter sets.

From one set to the next, a sweep changes the parameters of one voter or of none. So a voter with unchanged parameters is not
asked again. Netting is the same as in the cycle and runs only at bars with at least one vote. The cache keeps the latest answers
only, so that a long search does not fill the memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agents.strategies.contexts import Context
from agents.strategies.facts import Knowing
from agents.strategies.netting import both_ways, direction_of, lasting, netted, shared, shared_exit
from agents.strategies.voter import NOTHING, Ballot
from config.sections.strategies import StrategyContext
from config.silence import Abstained
from market.bar import Bar
from market.signals import TechnicalSignals
from risk.proposal import Direction

KEPT = 64
"""Number of pairs of voter and parameters whose answers are kept."""

Signals = Sequence[TechnicalSignals | None]
"""The signals of one symbol by row; None at a row without a valid bar."""


class BareVote(NamedTuple):
    """A vote without its reason."""

    direction: Direction
    confidence: float
    weight: float
    exposure: float | None = None
    exit_price: float | None = None
    horizon_bars: int | None = None
    goes_short: bool = False


class Wanted(NamedTuple):
    """What is proposed or voted for at one bar (`row`) of one market (`column`), netted as in the cycle.

    `buyers`: a bit for each voter that votes for a purchase, whatever the netted direction is; `sellers`: a bit for each that
    votes for a sale, and `shorts`: those of them that want to be short; `sharing`: those that want a share, on either side.
    `opens`: a short is to be opened; `covers`: one is to be closed. `exposure` and `exit_price` [quote]: those of the position
    voters; None where none wants a share. `horizon_bars`: how long those that want to hold mean to; None if one of them states
    none.
    """

    row: int
    column: int
    direction: Direction
    conviction: float
    buyers: int
    sharing: int
    sellers: int
    exposure: float | None
    exit_price: float | None
    horizon_bars: int | None = None
    shorts: int = 0
    opens: bool = False
    covers: bool = False


class AskedVoters:
    """The voters of one tape whose signals are already computed."""

    def __init__(
        self,
        symbols: Sequence[str],
        signals: Sequence[Signals],
        past: Sequence[Sequence[Bar]] = (),
        days: Sequence[Bar] = (),
        known: Sequence[Knowing | None] = (),
    ) -> None:
        """The signals and the bars of the warm-up, by symbol in the order of `symbols`.

        `days`: those before the warm-up. `known`: what may be read beside the signals, by row; empty if no voter reads it.
        """
        self._columns = [
            (symbol, [(row, now) for row, now in enumerate(column) if now is not None])
            for symbol, column in zip(symbols, signals, strict=True)
        ]
        self._past = past
        self._days = days
        self._known = known
        self._kept: dict[str, list[dict[int, BareVote]]] = {}

    def wanted(
        self,
        entries: Sequence[StrategyContext],
        contexts: Sequence[Context],
        threshold: float,
        *,
        both_sides: bool = False,
    ) -> Iterator[Wanted]:
        """Each bar at which something is proposed or voted for.

        `contexts` are the voters that were built from `entries`, in the same order. `both_sides`: markets may be sold short.
        Raises StrategyFault when a user's own strategy fails.
        """
        answers = [self._answers(entry, context) for entry, context in zip(entries, contexts, strict=True)]
        for column in range(len(self._columns)):
            said = [of_voter[column] for of_voter in answers]
            for row in sorted(set().union(*said)):
                cast = [(number, of_voter[row]) for number, of_voter in enumerate(said) if row in of_voter]
                yield _netted(row, column, cast, threshold, both_sides=both_sides)

    def _answers(self, entry: StrategyContext, context: Context) -> list[dict[int, BareVote]]:
        """The votes of one voter, by column and row."""
        key = f"{context.name} {entry.model_dump_json()}"
        found = self._kept.pop(key, None)
        if found is None:
            context.remember_days(self._days)
            for bars in self._past:
                context.remember(bars)
            found = self._facing_facts(context) if context.reads_facts else self._by_column(context)
        self._kept[key] = found
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def _by_column(self, context: Context) -> list[dict[int, BareVote]]:
        vote = context.strategy.vote
        return [
            _cast(context, ((row, vote(now)) for row, now in rows)) if _is_asked(context, symbol) else {}
            for symbol, rows in self._columns
        ]

    def _facing_facts(self, context: Context) -> list[dict[int, BareVote]]:
        """The votes of a voter that compares markets: bar by bar, as a session asks it."""
        said: list[list[tuple[int, Ballot | Abstained]]] = [[] for _ in self._columns]
        order = ((row, column, now) for column, (_, told) in enumerate(self._columns) for row, now in told)
        rows = sorted(order, key=lambda each: each[:2])
        for row, column, now in rows:
            if _is_asked(context, self._columns[column][0]):
                said[column].append((row, context.ask(now, self._known[row])))
        return [_cast(context, words) for words in said]


def _netted(
    row: int, column: int, cast: Sequence[tuple[int, BareVote]], threshold: float, *, both_sides: bool
) -> Wanted:
    """What is wanted where at least one voter has a direction: `agents.strategies.netting.net`, without the votes themselves."""
    votes = [vote for _, vote in cast]
    direction, conviction, _ = netted(votes, threshold)
    opens = covers = False
    if both_sides and direction is not Direction.LONG:
        ways = both_ways(votes, threshold)
        opens, covers = direction is Direction.SHORT and ways.opens, ways.closes
        conviction = ways.pull if opens else conviction
    buyers = sum(1 << number for number, vote in cast if vote.direction is Direction.LONG)
    shorts = sum(1 << number for number, vote in cast if vote.goes_short)
    behind = [(1 << number, vote) for number, vote in cast if vote.direction is Direction.LONG or vote.goes_short]
    exposure, sign = shared(votes), -1.0 if opens else 1.0
    if both_sides and exposure is not None:
        proposed = opens or direction is Direction.LONG
        exposure = abs(exposure) if proposed and exposure * sign > 0.0 else None
    return Wanted(
        row,
        column,
        direction,
        conviction,
        buyers,
        sum(bit for bit, vote in behind if vote.exposure is not None),
        sum(1 << number for number, _ in cast) - buyers,
        exposure,
        shared_exit(votes, sign),
        lasting(votes, short=opens),
        shorts,
        opens,
        covers,
    )


def _is_asked(context: Context, symbol: str) -> bool:
    return context.symbols is None or symbol in context.symbols


def _cast(context: Context, words: Iterable[tuple[int, Ballot | Abstained]]) -> dict[int, BareVote]:
    ballots = [(row, ballot) for row, ballot in words if ballot is not NOTHING]
    return {
        row: BareVote(
            direction_of(ballot),
            float(ballot.confidence),
            context.weight,
            ballot.exposure,
            ballot.exit_price,
            context.horizon_of(ballot),
            context.goes_short(ballot),
        )
        for row, ballot in ballots
        if not isinstance(ballot, Abstained) and ballot.direction is not Direction.NONE
    }
