"""The netting of votes into one proposal a symbol.

The sum of weight × confidence × direction over the votes with a direction, divided by the sum of their weights, is the net, in
[-1, 1]. Below the threshold there is no proposal. Voters without a vote do not change the net; opposing votes reduce it.

A vote with an exposure is that of a position voter, which wants to hold a share of a full position. Those votes speak as
one: they want the mean of their exposures, weighted (one that says short wants none). If that is above 0, each of them
counts for a purchase with the confidence of those that want to hold; if it is 0, for a sale (decision 23).

On perpetuals a voter that may be short wants a share below 0 when it says short with an exposure. If the mean is below 0, each
counts for a short sale. A sale is a short sale only if those that want to be short outweigh purchases by the threshold: votes to
be out dilute them. Position voters that want nothing close a short as they close a long.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from agents.strategies.vote import NetVote, Vote
from agents.strategies.voter import Ballot, clamp
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
    @property
    def goes_short(self) -> bool: ...


class Sides(NamedTuple):
    """What speaks for what, each as a share of all weight in [0, 1]: a purchase (`up`), a sale (`down`), and of the sale what
    wants to be `short`, and position voters that want nothing (`flat`)."""

    up: float
    down: float
    short: float
    flat: float


class BothWays(NamedTuple):
    """What votes want of a market that may be sold short: whether they open a short, with which `pull` in [-1, 1], and whether
    those that want out of a short close one."""

    opens: bool
    closes: bool
    pull: float


MOST_BARS = 1_000_000
"""A longer horizon is none."""
_SILENCE = NetVote(direction=Direction.NONE, conviction=0.0, against=0.0, votes=())
"""The result without votes, which is the case on most bars."""


def direction_of(ballot: Ballot) -> Direction:
    """Return the direction of a ballot: who wants to hold no share wants to be out."""
    return Direction.SHORT if ballot.exposure == 0.0 else ballot.direction


def net(votes: tuple[Vote, ...], threshold: float, *, both_sides: bool = False) -> NetVote:
    """Return one direction and one conviction from many votes, and for position voters the share and the exit.

    `both_sides`: whether the market may be sold short.
    """
    if not votes:
        return _SILENCE
    direction, conviction, against = netted(votes, threshold)
    told = NetVote(direction=direction, conviction=conviction, against=against, votes=votes)
    if both_sides:
        told = _both(told, both_ways(votes, threshold))
    exposure, sign = shared(votes), -1.0 if told.is_short else 1.0
    if exposure is None or (both_sides and not (told.opens and exposure * sign > 0.0)):
        return told
    horizons = (vote.horizon_bars for vote in votes if vote.exposure is not None and share_of(vote) * sign > 0.0)
    longest = max((bars for bars in horizons if bars is not None), default=None)
    return told.model_copy(
        update={"exposure": abs(exposure), "exit_price": shared_exit(votes, sign), "horizon_bars": longest}
    )


def _both(told: NetVote, ways: BothWays) -> NetVote:
    """The same net where the market may be sold short: whether it opens a short, and whether it closes one."""
    if told.direction is Direction.LONG:
        return told
    changed: dict[str, object] = {"closes_short": ways.closes}
    if told.direction is Direction.SHORT:
        changed |= {"opens_short": ways.opens} | ({"conviction": ways.pull} if ways.opens else {})
    return told.model_copy(update=changed)


def both_ways(votes: Sequence[Weighed], threshold: float) -> BothWays:
    """Return what votes want of a market that may be sold short. Of a net that is long neither counts, and of one that is no sale
    only that a short is closed."""
    sides = _sides(votes)
    out, pull = (sides.up + sides.flat) - (sides.down - sides.flat), sides.short - sides.up
    return BothWays(sides.short > 0.0 and pull >= threshold, out > 0.0 and out >= threshold, pull)


def netted(votes: Sequence[Weighed], threshold: float) -> tuple[Direction, float, float]:
    """Return the direction, the conviction and the overruled weight of at least one vote."""
    up, down, *_ = _sides(votes)
    strength = abs(up - down)
    if strength < threshold:
        return Direction.NONE, strength, min(up, down)
    return Direction.LONG if up > down else Direction.SHORT, strength, min(up, down)


def shared(votes: Sequence[Weighed]) -> float | None:
    """Return the share of a full position that the position voters want, in [-1, 1], below 0 for a short; None if none of them
    wants any."""
    holding = _holding(votes)
    total = sum(vote.weight for vote in holding)
    if total <= 0 or not any(share_of(vote) != 0.0 for vote in holding):
        return None
    return clamp(float(sum(vote.weight * share_of(vote) for vote in holding) / total), -1.0)


def share_of(vote: Weighed) -> float:
    """Return the share of a full position that a position voter wants, below 0 for a short: none, if it votes to be out."""
    if vote.direction is Direction.LONG:
        return vote.exposure or 0.0
    return -(vote.exposure or 0.0) if vote.goes_short else 0.0


def shared_exit(votes: Sequence[Weighed], sign: float = 1.0) -> float | None:
    """Return the exit of the position voters that want to hold [quote]: the farthest, and none if one of them has none.

    `sign`: 1 for those that want to be long, whose farthest exit is the lowest; -1 for those that want to be short.
    """
    prices = [vote.exit_price for vote in _holding(votes) if share_of(vote) * sign > 0.0]
    known = [price for price in prices if price is not None]
    if not known or len(known) != len(prices):
        return None
    return float(min(known) if sign > 0.0 else max(known))


def lasting(votes: Sequence[Weighed], *, short: bool = False) -> int | None:
    """Return the longest time for which one of those that want to hold means to [bars]; None if one of them states none.

    `short`: of those that want to be short.
    """
    side = [vote for vote in votes if (vote.goes_short if short else vote.direction is Direction.LONG)]
    holding = [vote for vote in side if vote.exposure != 0.0]
    stated = [vote.horizon_bars for vote in holding if vote.horizon_bars is not None and vote.horizon_bars <= MOST_BARS]
    return max(stated) if stated and len(stated) == len(holding) else None


def lean(votes: tuple[Vote, ...], *, short: bool = False) -> float:
    """Return the net of the votes in [-1, 1], below 0 for a sale; 0 without votes. `short`: for a short sale, below 0 against
    it."""
    up, down, to_be_short, _ = _sides(votes)
    return to_be_short - up if short else up - down


def as_entry(told: NetVote, *, short: bool) -> NetVote:
    """Return the votes as the purchase, or the `short` sale, that they would be: with the conviction of those that lean to it."""
    conviction = max(0.0, lean(told.votes, short=short))
    if not short:
        return told.model_copy(update={"direction": Direction.LONG, "conviction": conviction})
    changed = {"direction": Direction.SHORT, "conviction": conviction, "opens_short": True, "closes_short": False}
    return told.model_copy(update=changed)


def _sides(votes: Sequence[Weighed]) -> Sides:
    """Return what speaks for what."""
    total = sum(vote.weight for vote in votes)
    if total <= 0:
        return Sides(0.0, 0.0, 0.0, 0.0)
    events = [vote for vote in votes if vote.exposure is None]
    up = sum(vote.weight * vote.confidence for vote in events if vote.direction is Direction.LONG)
    down = sum(vote.weight * vote.confidence for vote in events if vote.direction is Direction.SHORT)
    short = sum(vote.weight * vote.confidence for vote in events if vote.goes_short)
    flat = 0.0
    if len(events) < len(votes):
        wanted, strength = _one_voice(votes)
        held_up, held_down = (strength, 0.0) if wanted > 0.0 else (0.0, strength)
        up, down = min(up + held_up, total), min(down + held_down, total)
        short = min(short + held_down, total) if wanted < 0.0 else short
        flat = held_down if wanted == 0.0 else 0.0
    return Sides(up / total, down / total, short / total, flat / total)


def _one_voice(votes: Sequence[Weighed]) -> tuple[float, float]:
    """Return the share that all position voters together want, and their weight for it."""
    holding, wanted = _holding(votes), shared(votes) or 0.0
    agreed = [vote for vote in holding if _side(share_of(vote)) == _side(wanted)]
    weight = sum(vote.weight for vote in agreed)
    confidence = sum(vote.weight * vote.confidence for vote in agreed) / weight if weight > 0.0 else 0.0
    return wanted, confidence * sum(vote.weight for vote in holding)


def _side(share: float) -> int:
    return (share > 0.0) - (share < 0.0)


def _holding(votes: Sequence[Weighed]) -> list[Weighed]:
    return [vote for vote in votes if vote.exposure is not None]
