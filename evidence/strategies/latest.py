"""What every voter says at the latest bar of a tape: the built-in ones with their defaults, and those of the profile.

The voters are asked at each bar of the session, so that one with a memory has seen what it would have seen. A voter of days is
shown with what it said at its last day. No court, no gate: a vote is not a decision.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from agents.desk.world import World
from agents.strategies.contexts import Context, build_contexts
from agents.strategies.facts import ContextReader, Known, SentimentReader
from agents.strategies.own import read_own
from agents.strategies.voter import Ballot
from config.frozen import Frozen, UtcTime
from config.sections.strategies import STRATEGIES, StrategyContext
from config.silence import Abstained
from market.indicators.engine import SignalEngine
from market.tape import Tape
from risk.proposal import Direction


class LatestVote(Frozen):
    """One voter on one market: what it last said, and when. `why` holds its reasons, or why it abstained."""

    voter: str
    symbol: str
    at_utc: UtcTime
    says: str
    confidence: float | None = None
    exposure: float | None = None
    exit_price: float | None = None
    horizon_bars: int | None = None
    why: str


def voters_of(
    entries: Sequence[StrategyContext], own: Mapping[str, str], symbols: Sequence[str]
) -> tuple[Context, ...]:
    """All built-in voters with their defaults, then those of the profile that differ from them."""
    plain = tuple(StrategyContext(strategy=name) for name in STRATEGIES)
    return build_contexts((*plain, *(entry for entry in entries if entry not in plain)), symbols, own)


def latest_votes(
    world: World, tape: Tape, sentiment: SentimentReader | None = None, context: ContextReader | None = None
) -> tuple[LatestVote, ...]:
    """The words of all voters at the last bar of each market. `sentiment` and `context` tell what voters may read of them; None
    for nothing. Raises UsageFault and StrategyFault of the voters."""
    entries = world.settings.strategies
    voters = voters_of(entries, read_own(entries), tape.symbols)
    engines = {symbol: SignalEngine(symbol, tape.timeframe, year_bars=tape.year_bars) for symbol in tape.symbols}
    for _, days in tape.days():
        for symbol, day in days.items():
            engines[symbol].remember(day)
        for voter in voters:
            voter.remember_days(days.values())
    for past in tape.warmup_slices():
        for symbol, bar in past.bars.items():
            engines[symbol].push(bar)
        for voter in voters:
            voter.remember(past.bars.values())
    found: dict[tuple[str, str], LatestVote] = {}
    for shown in tape.slices():
        for symbol, bar in shown.bars.items():
            engines[symbol].push(bar)
        known = Known(shown.close_utc, tape.timeframe, engines, shown.bars, sentiment, context)
        for symbol in shown.bars:
            _ask(voters, symbol, known, shown.close_utc, found)
    return tuple(
        found[voter.name, symbol] for voter in voters for symbol in tape.symbols if (voter.name, symbol) in found
    )


def _ask(
    voters: Sequence[Context], symbol: str, known: Known, at: datetime, found: dict[tuple[str, str], LatestVote]
) -> None:
    now = known.base(symbol)
    if now is None:
        return
    for voter in voters:
        if voter.symbols is None or symbol in voter.symbols:
            word = voter.ask(now, known)
            if voter.minded is None or isinstance(word, Abstained) or voter.minded.speaks_at(now):
                found[voter.name, symbol] = _told(voter.name, symbol, at, word)


def _told(voter: str, symbol: str, at: datetime, word: Ballot | Abstained) -> LatestVote:
    if isinstance(word, Abstained):
        return LatestVote(voter=voter, symbol=symbol, at_utc=at, says="abstains", why=word.why)
    if word.direction is Direction.NONE:
        return LatestVote(voter=voter, symbol=symbol, at_utc=at, says="nothing", why="")
    return LatestVote(
        voter=voter,
        symbol=symbol,
        at_utc=at,
        says="long" if word.direction is Direction.LONG else "out",
        confidence=float(word.confidence),
        exposure=word.exposure,
        exit_price=word.exit_price,
        horizon_bars=word.horizon_bars,
        why="; ".join(word.reasons),
    )
