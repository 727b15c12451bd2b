"""Proposals from outside: what an operator, or a model that somebody else runs, wants the session to try.

A proposal is a vote of the strategy `outside` at the next bars, and nothing else: it has no size, no stop and no words in the
case. It is taken only where the profile lists that strategy, and counts only while nothing is held or under way in its market, so
it never closes anything. It is forgotten after the bars of the voter. Court, gate, sizing and approval judge it as every vote.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import cast

from agents.desk.desk import Desk
from agents.desk.steered.state import Stands
from agents.records.steered import Steered
from agents.strategies.contexts import Context, strategy_class
from agents.strategies.facts import Proposed
from agents.strategies.informed.outside import Outside
from config.sections.strategies import OUTSIDE
from execution.steering.words import Word
from risk.proposal import Direction

_DAY = timedelta(hours=24)


def propose(desk: Desk, asked: Steered) -> str:
    """Take a proposal. Returns what is so now, in words. Raises Refused for one that is not taken; nothing was done then."""
    word, voters = asked.word, _voters(desk, asked.word.target)
    if not voters:
        raise Refused(
            f"No strategy `{OUTSIDE}` votes in {word.target} here. Add `- strategy: {OUTSIDE}` to `strategies:` of the profile "
            "and start a new run"
        )
    voter = voters[0]
    if (why := _shut(desk, word, voters) or _taken(desk, word)) is not None:
        raise Refused(why)
    own = _parameters(voter)
    since = [at for at in desk.steers.proposed_at if asked.at_utc - at < _DAY]
    if len(since) >= own.most_a_day:
        raise Refused(f"{len(since)} proposals were taken in 24 hours, and {voter.name} takes {own.most_a_day}")
    desk.steers.proposed_at = [*since, asked.at_utc]
    direction = Direction.SHORT if word.direction == "short" else Direction.LONG
    desk.steers.proposed[word.target] = Stands(Proposed(direction, word.via), own.bars)
    bars = "the next bar" if own.bars == 1 else f"the next {own.bars} bars"
    return (
        f"The strategy {voter.name} votes {word.direction} in {word.target} at {bars}, while nothing is held or under way there. "
        "Court and gate judge it as every vote; what became of it stands in the decision of the bar."
    )


class Refused(Exception):
    """A proposal is not taken: why, as words without a full stop."""


def heard_at_bar(desk: Desk, symbols: Collection[str]) -> Mapping[str, Proposed]:
    """What is voted for at a bar of these markets, by symbol. Each of their proposals has used up one of its bars."""
    standing, heard = desk.steers.proposed, dict[str, Proposed]()
    for symbol in symbols:
        if (stands := standing.get(symbol)) is None:
            continue
        stands.bars_left -= 1
        if stands.bars_left == 0:
            del standing[symbol]
        if _busy(desk, symbol) is None:
            heard[symbol] = stands.proposed
    return heard


def _voters(desk: Desk, symbol: str) -> list[Context]:
    """The voters that say what is proposed of a market."""
    ours = (context for context in desk.contexts if context.entry is not None and context.entry.strategy == OUTSIDE)
    return [context for context in ours if context.symbols is None or symbol in context.symbols]


def _parameters(voter: Context) -> Outside:
    assert voter.entry is not None
    return cast(Outside, strategy_class(OUTSIDE).model_validate(voter.entry.params))


def _shut(desk: Desk, word: Word, voters: list[Context]) -> str | None:
    """Why no proposal of this side is taken now; None where one may be."""
    trader, off = desk.trader, desk.steers.off
    if trader.paused is not None:
        return f"Entries are paused by {trader.paused.who}: {trader.paused.why}. `resume` ends the pause"
    if trader.halts:
        halt = trader.halts[0]
        return f"The kill switch is down: {halt.who} halted {halt.scope}: {halt.why}. `tribunal unhalt` lifts it"
    if all(voter.name in off for voter in voters):
        return f"{voters[0].name} is switched off by {off[voters[0].name].who}. `strategy-on` hears it again"
    if word.direction == "short" and desk.settings.market.perpetuals is None:
        return "Only perpetuals can be sold short, and this session trades spot"
    if word.direction == "short" and not all(voter.may_be_short for voter in voters):
        return f"{voters[0].name} may not be short here: its entry in the profile does not say `sides: both`"
    return None


def _taken(desk: Desk, word: Word) -> str | None:
    """Why there is no room in the market; None where there is."""
    if (busy := _busy(desk, word.target)) is not None:
        return busy
    return f"A proposal about {word.target} counts already" if word.target in desk.steers.proposed else None


def _busy(desk: Desk, symbol: str) -> str | None:
    if desk.trader.ledger.holds(symbol):
        return f"A position in {symbol} is held, and a proposal neither adds to one nor closes it"
    if symbol in desk.trader.entries:
        return f"An entry in {symbol} is under way"
    is_before_court = desk.reserved is not None and symbol in desk.reserved.symbols
    return f"A case of {symbol} is before the court, and its ruling is awaited" if is_before_court else None
