"""The contexts of a run (strategy × symbols × parameters), and the netting of their votes into one proposal a symbol.

Netting: the sum of weight × confidence × direction over the votes with a direction, divided by the sum of their
weights, is the net, in [-1, 1]. Below the threshold there is no proposal. Voters without a vote do not change the
net; opposing votes reduce it.

A vote with an exposure is that of a position voter, which wants to hold a share of a full position. Those votes speak as
one: they want the mean of their exposures, weighted (one that says short wants none). If that is above 0, each of them
counts for a purchase with the confidence of those that want to hold; if it is 0, for a sale (decision 23).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

from pydantic import ValidationError

from agents.strategies.facts import Knowing, facts_of
from agents.strategies.own import OwnVoter, own_voter
from agents.strategies.vote import NetVote, Vote
from agents.strategies.voter import NOTHING, Ballot, Strategy, clamp
from agents.strategies.windows import Minded, Windowed, windowed
from config.errors import UsageFault
from config.frozen import Frozen
from config.reading.schema import spot_of
from config.sections.rows import named
from config.sections.strategies import OWN, STRATEGIES, StrategyContext, names_of
from config.silence import Abstained
from market.bar import Bar
from market.signals import Depth, TechnicalSignals
from market.symbols import normalise_symbol
from risk.proposal import Direction


class Weighed(Protocol):
    """The parts of a vote that netting reads."""

    @property
    def direction(self) -> Direction: ...
    @property
    def confidence(self) -> float: ...
    @property
    def weight(self) -> float: ...
    @property
    def exposure(self) -> float | None: ...
    @property
    def exit_price(self) -> float | None: ...
    @property
    def horizon_bars(self) -> int | None: ...


MOST_BARS = 1_000_000
"""A longer horizon is none."""
_SILENCE = NetVote(direction=Direction.NONE, conviction=0.0, against=0.0, votes=())
"""The result without votes, which is the case on most bars."""


@dataclass(frozen=True, slots=True)
class Context:
    """One voter with its parameters and the symbols on which it votes (None: all)."""

    name: str
    strategy: Strategy
    symbols: frozenset[str] | None
    weight: float
    reads_facts: bool = False

    @property
    def minded(self) -> Minded | None:
        """What it keeps of each market; None for a voter that reads nothing but the signals."""
        return self.strategy.minded if isinstance(self.strategy, OwnVoter | Windowed) else None

    entry: StrategyContext | None = None
    """What the profile says of it; None for a voter that no profile names."""

    def horizon_of(self, ballot: Ballot) -> int | None:
        """How long what this ballot buys is meant to be held [bars]: as the profile says, or else as the voter does."""
        own = None if self.entry is None or ballot.direction is not Direction.LONG else self.entry.horizon_bars
        return ballot.horizon_bars if own is None else own

    @property
    def history(self) -> int:
        """Bars of its window that must have closed before it votes; 0 for a voter without a window of bars."""
        return self.minded.history if self.minded else 0

    def remember(self, past: Iterable[Bar]) -> None:
        """Show it bars of the warm-up, oldest first: those of its markets fill its window, if it has one."""
        if isinstance(self.strategy, OwnVoter | Windowed) and self.strategy.history:
            self.strategy.remember(bar for bar in past if self._reads(bar.symbol))

    def remember_days(self, days: Iterable[Bar]) -> None:
        """Show it the days before the warm-up, oldest first: they fill a window of days or weeks."""
        if isinstance(self.strategy, OwnVoter | Windowed) and self.strategy.history:
            self.strategy.remember_days(day for day in days if self._reads(day.symbol))

    def ask(self, now: TechnicalSignals, known: Knowing | None) -> Ballot | Abstained:
        """Its vote. `known` is what it may read beside the signals; None for these alone."""
        if self.reads_facts and isinstance(self.strategy, OwnVoter | Windowed):
            return self.strategy.vote(now, facts_of(now, known))
        return self.strategy.vote(now)

    def _reads(self, symbol: str) -> bool:
        """Whether it keeps bars of this market: a voter of facts may compare its markets with all others."""
        return self.reads_facts or self.symbols is None or symbol in self.symbols


def build_contexts(
    settings: tuple[StrategyContext, ...], symbols: Sequence[str], own: Mapping[str, str] = MappingProxyType({})
) -> tuple[Context, ...]:
    """Return the voters of a profile for a session on these symbols (BASE/QUOTE), without those that are switched off;
    `own` holds the texts of the user's strategy files.

    Raises UsageFault for an unknown parameter, for a parameter that is out of its range, and for a symbol that is not
    one of the session's.
    """
    named = enumerate(zip(settings, names_of(settings), strict=True))
    return tuple(_context(index, entry, name, symbols, own) for index, (entry, name) in named if entry.is_on)


def votes_on(
    symbol: str, now: TechnicalSignals, contexts: tuple[Context, ...], known: Knowing | None = None
) -> tuple[Vote, ...]:
    """Return the votes on this symbol at this bar, without abstentions. `known`: what voters may read beside the signals."""
    cast = []
    for context in contexts:
        if context.symbols is not None and symbol not in context.symbols:
            continue
        ballot = context.ask(now, known)
        if ballot is NOTHING or isinstance(ballot, Abstained) or ballot.direction is Direction.NONE:
            continue
        cast.append(
            Vote(
                voter=context.name,
                symbol=symbol,
                direction=direction_of(ballot),
                confidence=ballot.confidence,
                weight=context.weight,
                reasons=ballot.reasons,
                exposure=ballot.exposure,
                exit_price=ballot.exit_price,
                horizon_bars=context.horizon_of(ballot),
            )
        )
    return tuple(cast)


def depth_read(contexts: Iterable[Context], most: Depth) -> Depth:
    """The depth of the signals that these voters have to be given, of at most `most`."""
    reads_all = any(getattr(context.strategy, "reads", "full") == "full" for context in contexts)
    return most if reads_all else "core"


def direction_of(ballot: Ballot) -> Direction:
    """Return the direction of a ballot: who wants to hold no share wants to be out."""
    return Direction.SHORT if ballot.exposure == 0.0 else ballot.direction


def net(votes: tuple[Vote, ...], threshold: float) -> NetVote:
    """Return one direction and one conviction from many votes, and for position voters the share and the exit."""
    if not votes:
        return _SILENCE
    direction, conviction, against = netted(votes, threshold)
    told = NetVote(direction=direction, conviction=conviction, against=against, votes=votes)
    exposure = shared(votes)
    if exposure is None:
        return told
    horizons = (vote.horizon_bars for vote in votes if vote.exposure is not None and share_of(vote) > 0.0)
    longest = max((bars for bars in horizons if bars is not None), default=None)
    return told.model_copy(update={"exposure": exposure, "exit_price": shared_exit(votes), "horizon_bars": longest})


def netted(votes: Sequence[Weighed], threshold: float) -> tuple[Direction, float, float]:
    """Return the direction, the conviction and the overruled weight of at least one vote."""
    up, down = _sides(votes)
    strength = abs(up - down)
    if strength < threshold:
        return Direction.NONE, strength, min(up, down)
    return Direction.LONG if up > down else Direction.SHORT, strength, min(up, down)


def shared(votes: Sequence[Weighed]) -> float | None:
    """Return the share of a full position that the position voters want, in (0, 1]; None if none of them wants any."""
    holding = _holding(votes)
    total = sum(vote.weight for vote in holding)
    if total <= 0 or not any(share_of(vote) > 0.0 for vote in holding):
        return None
    return clamp(float(sum(vote.weight * share_of(vote) for vote in holding) / total))


def share_of(vote: Weighed) -> float:
    """Return the share of a full position that a position voter wants: none, if it votes for a sale."""
    return (vote.exposure or 0.0) if vote.direction is Direction.LONG else 0.0


def shared_exit(votes: Sequence[Weighed]) -> float | None:
    """Return the exit of the position voters that want to hold [quote]: the lowest, and none if one of them has none."""
    prices = [vote.exit_price for vote in _holding(votes) if share_of(vote) > 0.0]
    known = [price for price in prices if price is not None]
    return float(min(known)) if known and len(known) == len(prices) else None


def lasting(votes: Sequence[Weighed]) -> int | None:
    """Return the longest time for which one of those that want to hold means to [bars]; None if one of them states none."""
    holding = [vote for vote in votes if vote.direction is Direction.LONG and vote.exposure != 0.0]
    stated = [vote.horizon_bars for vote in holding if vote.horizon_bars is not None and vote.horizon_bars <= MOST_BARS]
    return max(stated) if stated and len(stated) == len(holding) else None


def lean(votes: tuple[Vote, ...]) -> float:
    """Return the net of the votes in [-1, 1], below 0 for a sale; 0 without votes."""
    up, down = _sides(votes)
    return up - down


def _sides(votes: Sequence[Weighed]) -> tuple[float, float]:
    """Return the shares for a purchase and for a sale, each in [0, 1]."""
    total = sum(vote.weight for vote in votes)
    if total <= 0:
        return 0.0, 0.0
    events = [vote for vote in votes if vote.exposure is None]
    up = sum(vote.weight * vote.confidence for vote in events if vote.direction is Direction.LONG)
    down = sum(vote.weight * vote.confidence for vote in events if vote.direction is Direction.SHORT)
    if len(events) < len(votes):
        held_up, held_down = _one_voice(votes)
        up, down = min(up + held_up, total), min(down + held_down, total)
    return up / total, down / total


def _one_voice(votes: Sequence[Weighed]) -> tuple[float, float]:
    """Return the weight for a purchase and for a sale of all position voters together."""
    holding, wanted = _holding(votes), shared(votes) or 0.0
    agreed = [vote for vote in holding if (share_of(vote) > 0.0) == (wanted > 0.0)]
    weight = sum(vote.weight for vote in agreed)
    confidence = sum(vote.weight * vote.confidence for vote in agreed) / weight if weight > 0.0 else 0.0
    strength = confidence * sum(vote.weight for vote in holding)
    return (strength, 0.0) if wanted > 0.0 else (0.0, strength)


def _holding(votes: Sequence[Weighed]) -> list[Weighed]:
    return [vote for vote in votes if vote.exposure is not None]


def _context(
    index: int,
    entry: StrategyContext,
    name: str,
    symbols: Sequence[str],
    own: Mapping[str, str],
) -> Context:
    strategy = own_voter(entry, own) if entry.strategy == OWN else _strategy(f"strategies[{index}]", entry)
    return Context(
        name=name,
        strategy=strategy,
        symbols=_symbols(f"strategies[{index}].symbols", entry, symbols),
        weight=entry.weight,
        reads_facts=isinstance(strategy, OwnVoter | Windowed) and strategy.minded.reads.facts,
        entry=entry,
    )


def strategy_class(name: str) -> type[Frozen]:
    """The class of a built-in strategy (`STRATEGIES`); its fields are its parameters. It keeps the `Strategy`
    or the `MindedStrategy` protocol."""
    return cast(type[Frozen], named(STRATEGIES[name]))


def _strategy(place: str, entry: StrategyContext) -> Strategy:
    kind = strategy_class(entry.strategy)
    spots = {name: spot for name in kind.model_fields if (spot := spot_of(kind).child(name))}
    for name in entry.params:
        if name not in spots:
            raise UsageFault(
                f"{place}: {entry.strategy} has no parameter {name!r}. It has: {', '.join(spots)}. Nothing was started."
            )
    try:
        strategy = kind.model_validate(entry.params)
    except ValidationError as fault:
        name = str(fault.errors()[0]["loc"][0])
        raise UsageFault(
            f"{place}.params.{name}: {entry.params[name]:g} is not allowed; it must be {spots[name].wanted()}. "
            "Nothing was started."
        ) from None
    return windowed(strategy) or cast(Strategy, strategy)


def _symbols(place: str, entry: StrategyContext, known: Sequence[str]) -> frozenset[str] | None:
    if "*" in entry.symbols:
        return None
    wanted = {spelled: normalise_symbol(spelled) or spelled for spelled in entry.symbols}
    for spelled, symbol in wanted.items():
        if symbol not in known:
            raise UsageFault(
                f"{place}: {spelled!r} is not a market of this session, which has {', '.join(known)}. Nothing was started; "
                "choose one of these, or '*' for all."
            )
    return frozenset(wanted.values())
