"""The contexts of a run: strategy × symbols × parameters. They are asked at each bar, and their votes are netted (`netting`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from pydantic import ValidationError

from agents.strategies.facts import Knowing, facts_of
from agents.strategies.netting import direction_of
from agents.strategies.own import OwnVoter, own_voter
from agents.strategies.vote import Vote
from agents.strategies.voter import NOTHING, Ballot, Strategy
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

    @property
    def may_be_short(self) -> bool:
        """Whether its votes for short open positions, where the market may be sold short."""
        return self.entry is not None and self.entry.sides == "both"

    def horizon_of(self, ballot: Ballot) -> int | None:
        """How long what this ballot buys is meant to be held [bars]: as the profile says, or else as the voter does."""
        holds = ballot.direction is Direction.LONG or self.goes_short(ballot)
        own = self.entry.horizon_bars if self.entry is not None and holds else None
        return ballot.horizon_bars if own is None else own

    def goes_short(self, ballot: Ballot) -> bool:
        """Whether a ballot is one to be short: who wants to hold no share only wants to be out."""
        return self.may_be_short and ballot.direction is Direction.SHORT and ballot.exposure != 0.0

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
                goes_short=context.goes_short(ballot),
            )
        )
    return tuple(cast)


def depth_read(contexts: Iterable[Context], most: Depth) -> Depth:
    """The depth of the signals that these voters have to be given, of at most `most`."""
    reads_all = any(getattr(context.strategy, "reads", "full") == "full" for context in contexts)
    return most if reads_all else "core"


def _context(
    index: int,
    entry: StrategyContext,
    name: str,
    symbols: Sequence[str],
    own: Mapping[str, str],
) -> Context:
    strategy = own_voter(entry, own) if entry.strategy == OWN else _strategy(f"strategies[{index}]", entry)
    if entry.sides == "both" and sides_of(strategy) != "both":
        raise UsageFault(
            f"strategies[{index}].sides: {entry.voter} may not be short: its vote for short only closes what is held. Nothing "
            "was started; leave `sides` out, or choose a voter that may (`tribunal strategies` lists them)."
        )
    return Context(
        name=name,
        strategy=strategy,
        symbols=_symbols(f"strategies[{index}].symbols", entry, symbols),
        weight=entry.weight,
        reads_facts=isinstance(strategy, OwnVoter | Windowed) and strategy.minded.reads.facts,
        entry=entry,
    )


def sides_of(strategy: object) -> str:
    """The sides on which a strategy, or its class, can be: `long`, or `both` if it says so."""
    return "both" if getattr(strategy, "sides", "long") == "both" else "long"


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
        first = fault.errors()[0]
        name = str(first["loc"][0])
        if first["type"] == "value_error":  # the strategy's own words
            raise UsageFault(f"{place}.params.{name}: {first['ctx']['error']}. Nothing was started.") from None
        raise UsageFault(
            f"{place}.params.{name}: {entry.params[name]:g} is not allowed; it must be {spots[name].wanted()}. "
            "Nothing was started."
        ) from None
    if entry.sides == "both" and callable(begin := getattr(strategy, "take_both_sides", None)):
        begin()
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
