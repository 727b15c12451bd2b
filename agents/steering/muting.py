"""Strategies that an operator has switched off: they open nothing, and nothing is opened because they are silent.

A vote for an entry of theirs is not heard; what they say against one still is, and so is their word to be out of what is held. So
a position is opened or enlarged only where it would be with all votes and also without those of the strategies that are off, on
the same side, and with the smaller of both shares and convictions. What is held is held and closed as all votes want it.
"""

from collections.abc import Mapping

from agents.court.hearing import Hearing
from agents.desk.desk import Desk
from agents.strategies.netting import net
from agents.strategies.vote import NetVote, Vote
from execution.steering.words import Word
from risk.limits.trade import kill_switch_report
from risk.proposal import Direction
from risk.verdict import RuleReport


def muted(desk: Desk, symbol: str, whole: NetVote) -> NetVote:
    """What is left of the net of all votes on a market where strategies are switched off."""
    off = desk.steers.off
    if not off or not whole.opens or not any(vote.voter in off for vote in whole.votes):
        return whole
    left = _left(desk, whole.votes)
    same = left.opens and left.is_short == whole.is_short
    position = desk.trader.ledger.position(symbol)
    if position is not None and position.is_short == whole.is_short:
        return _kept(desk, symbol, whole, left if same else None)
    if not same:
        return _shut(whole)
    conviction, shares = min(whole.conviction, left.conviction), (whole.exposure, left.exposure)
    share = min(
        (each for each in shares if each is not None), default=None
    )  # a voter of single events wants a full one
    return left.model_copy(update={"conviction": conviction, "exposure": share})


def refused(desk: Desk, hearing: Hearing) -> RuleReport | None:
    """Why what was heard before a strategy was switched off is not sent now; None where it may be."""
    off, wanted = desk.steers.off, hearing.case.proposal
    if not off or not any(vote.voter in off for vote in wanted.votes):
        return None
    left = _left(desk, wanted.votes)
    if left.opens and left.is_short == wanted.is_short:
        return None
    return kill_switch_report("; ".join(_off(name, word) for name, word in off.items()))


def _off(name: str, word: Word) -> str:
    return f"{word.who} switched {name} off: {word.why}"


def _left(desk: Desk, votes: tuple[Vote, ...]) -> NetVote:
    """The net of the votes that are heard: all, but those for an entry of strategies that are off."""
    off, both = desk.steers.off, desk.settings.market.perpetuals is not None
    heard = tuple(vote for vote in votes if vote.voter not in off or not _enters(vote))
    return net(heard, desk.settings.court.net_threshold, both_sides=both)


def _enters(vote: Vote) -> bool:
    return vote.direction is Direction.LONG or vote.goes_short


def _kept(desk: Desk, symbol: str, whole: NetVote, left: NetVote | None) -> NetVote:
    """What is wanted of a position that is held: all that all votes want, but nothing more of it than it stands for."""
    if whole.exposure is None:
        return whole
    stands = desk.trader.share(symbol)
    most = max(stands or 0.0, 0.0 if left is None or left.exposure is None else left.exposure)
    return whole if stands is None else whole.model_copy(update={"exposure": min(whole.exposure, most)})


def _shut(whole: NetVote) -> NetVote:
    """The same net, which opens nothing: it closes what it would have closed."""
    if whole.is_short:
        return whole.model_copy(
            update={"opens_short": False, "exposure": None, "exit_price": None, "horizon_bars": None}
        )
    return NetVote(
        direction=Direction.NONE,
        conviction=whole.conviction,
        against=whole.against,
        votes=whole.votes,
        closes_short=True,
    )


def again(desk: Desk, proposals: Mapping[str, NetVote]) -> dict[str, NetVote]:
    """What the voters said at the last bar, after a strategy was switched off."""
    return {symbol: muted(desk, symbol, whole) for symbol, whole in proposals.items()}
