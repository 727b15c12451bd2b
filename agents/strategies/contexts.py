"""The contexts of a run (strategy × symbols × parameters), and the netting of their votes into one proposal a symbol.

Netting: the sum of weight × confidence × direction over the votes with a direction, divided by the sum of their
weights, is the net, in [-1, 1]. Below the threshold there is no proposal. Voters without a vote do not change the
net; opposing votes reduce it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

from pydantic import ValidationError

from agents.strategies.own import OwnVoter, own_voter
from agents.strategies.vote import NetVote, Vote
from agents.strategies.voter import NOTHING, Strategy
from agents.strategies.windows import Windowed, windowed
from config.errors import UsageFault
from config.frozen import Frozen
from config.reading.schema import spot_of
from config.sections.rows import named
from config.sections.strategies import OWN, STRATEGIES, StrategyContext
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


_SILENCE = NetVote(direction=Direction.NONE, conviction=0.0, against=0.0, votes=())
"""The result without votes, which is the case on most bars."""


@dataclass(frozen=True, slots=True)
class Context:
    """One voter with its parameters and the symbols on which it votes (None: all)."""

    name: str
    strategy: Strategy
    symbols: frozenset[str] | None
    weight: float

    @property
    def history(self) -> int:
        """Bars that must have closed before it votes; 0 for a voter without a window of bars."""
        return self.strategy.history if isinstance(self.strategy, OwnVoter | Windowed) else 0

    def remember(self, past: Iterable[Bar]) -> None:
        """Show it bars of the warm-up, oldest first: those of its markets fill its window, if it has one."""
        if isinstance(self.strategy, OwnVoter | Windowed) and self.strategy.history:
            self.strategy.remember(bar for bar in past if self.symbols is None or bar.symbol in self.symbols)


def build_contexts(
    settings: tuple[StrategyContext, ...], symbols: Sequence[str], own: Mapping[str, str] = MappingProxyType({})
) -> tuple[Context, ...]:
    """Return the voters of a profile for a session on these symbols (BASE/QUOTE); `own` holds the texts of the user's
    strategy files.

    Raises UsageFault for an unknown parameter, for a parameter that is out of its range, and for a symbol that is not
    one of the session's.
    """
    return tuple(_context(index, entry, settings, symbols, own) for index, entry in enumerate(settings))


def votes_on(symbol: str, now: TechnicalSignals, contexts: tuple[Context, ...]) -> tuple[Vote, ...]:
    """Return the votes on this symbol at this bar, without abstentions."""
    cast = []
    for context in contexts:
        if context.symbols is not None and symbol not in context.symbols:
            continue
        ballot = context.strategy.vote(now)
        if ballot is NOTHING or isinstance(ballot, Abstained) or ballot.direction is Direction.NONE:
            continue
        cast.append(
            Vote(
                voter=context.name,
                symbol=symbol,
                direction=ballot.direction,
                confidence=ballot.confidence,
                weight=context.weight,
                reasons=ballot.reasons,
                exposure=ballot.exposure,
                exit_price=ballot.exit_price,
                horizon_bars=ballot.horizon_bars,
            )
        )
    return tuple(cast)


def depth_read(contexts: Iterable[Context], most: Depth) -> Depth:
    """The depth of the signals that these voters have to be given, of at most `most`."""
    reads_all = any(getattr(context.strategy, "reads", "full") == "full" for context in contexts)
    return most if reads_all else "core"


def young_voters(contexts: tuple[Context, ...], warmup_bars: int) -> tuple[str, ...]:
    """A sentence about each voter whose window of bars the warm-up cannot fill."""
    return tuple(
        f"{context.name} reads {context.history} bars and the warm-up has {warmup_bars}: it abstains at the first "
        f"{context.history - warmup_bars - 1} bars. Raise market.warmup_bars to have it vote from the first bar on."
        for context in contexts
        if context.history > warmup_bars + 1
    )


def net(votes: tuple[Vote, ...], threshold: float) -> NetVote:
    """Return one direction and one conviction from many votes."""
    if not votes:
        return _SILENCE
    direction, conviction, against = netted(votes, threshold)
    return NetVote(direction=direction, conviction=conviction, against=against, votes=votes)


def netted(votes: Sequence[Weighed], threshold: float) -> tuple[Direction, float, float]:
    """Return the direction, the conviction and the overruled weight of at least one vote."""
    up, down = _sides(votes)
    strength = abs(up - down)
    if strength < threshold:
        return Direction.NONE, strength, min(up, down)
    return Direction.LONG if up > down else Direction.SHORT, strength, min(up, down)


def lean(votes: tuple[Vote, ...]) -> float:
    """Return the net of the votes in [-1, 1], below 0 for a sale; 0 without votes."""
    up, down = _sides(votes)
    return up - down


def _sides(votes: Sequence[Weighed]) -> tuple[float, float]:
    """Return the shares for a purchase and for a sale, each in [0, 1]."""
    total = sum(vote.weight for vote in votes)
    if total <= 0:
        return 0.0, 0.0
    up = sum(vote.weight * vote.confidence for vote in votes if vote.direction is Direction.LONG) / total
    down = sum(vote.weight * vote.confidence for vote in votes if vote.direction is Direction.SHORT) / total
    return up, down


def _context(
    index: int,
    entry: StrategyContext,
    all_of_them: tuple[StrategyContext, ...],
    symbols: Sequence[str],
    own: Mapping[str, str],
) -> Context:
    name = entry.name or entry.strategy
    twins = sum((other.name or other.strategy) == name for other in all_of_them)
    return Context(
        name=f"{name}#{index}" if twins > 1 else name,
        strategy=own_voter(entry, own) if entry.strategy == OWN else _strategy(f"strategies[{index}]", entry),
        symbols=_symbols(f"strategies[{index}].symbols", entry, symbols),
        weight=entry.weight,
    )


def strategy_class(name: str) -> type[Frozen]:
    """The class of a built-in strategy (`STRATEGIES`); its fields are its parameters. It keeps the `Strategy`
    or the `WindowStrategy` protocol."""
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
