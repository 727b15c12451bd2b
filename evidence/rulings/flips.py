"""The audit of a court: does the ruling follow the evidence, and does it change when the name is hidden?

A sample of recorded cases is tried again, by the same mind, on mirrored evidence and on blinded cases. A ruling follows when
evidence for the purchase, turned against it, lowers the scale, or the other way round. What already stood at the end of the
scale has no room to follow and is counted apart. A mind that rules by the name or by habit stands still, or moves at random.

The gate is not asked, nothing is traded, and hearings of a mind that cannot be asked here are left out and counted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from agents.court.case import Case
from agents.court.grounding import AnyOpinion, ground
from agents.court.hearing import Hearing
from agents.court.mind import Mind
from agents.court.opinion import AnalystOpinion
from agents.court.prompts.blind import blind
from agents.court.ruling import Ruling, rule
from agents.llm.attempt import ROLES
from config.frozen import Frozen
from config.seeds import generator
from config.silence import Abstained
from evidence.rulings.mirror import Turned, mirrored
from risk.proposal import Direction

ALL = "all"
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


class FlipTally(Frozen):
    """What mirroring did: of `cases` with evidence on a side, the analyst `turned` round, and the ruling `followed`, `stood`
    still, went `against` the evidence, or had `no_room`."""

    window: str
    what: Turned
    cases: int
    turned: int
    followed: int
    stood: int
    against: int
    no_room: int

    @property
    def follow_rate(self) -> float | None:
        """Share of those that could follow and did; None where none could."""
        free = self.followed + self.stood + self.against
        return self.followed / free if free else None


class BlindTally(Frozen):
    """Named against blinded: `same` of `cases` were ruled alike; `mean_change` is the mean absolute change of the scale."""

    window: str
    cases: int
    same: int
    mean_change: float


class Audit(Frozen):
    """One run's audit. `not_asked` hearings were of minds that cannot be asked again here."""

    run: str
    mind: str
    hearings: int
    not_asked: int
    sampled: int
    flips: tuple[FlipTally, ...]
    blinded: tuple[BlindTally, ...]


class _Retrial(NamedTuple):
    analyst: AnalystOpinion | Abstained
    ruling: Ruling


class _Flip(NamedTuple):
    """`side` is +1 where the evidence was for the purchase; `change` that of the ruling's scale; `room` in the wanted
    direction."""

    side: int
    turned: bool
    change: float
    room: bool


async def audit(
    run: str, hearings: Sequence[Hearing], mind: Mind, *, seed: int, most: int, cutoff: datetime | None
) -> Audit:
    """Audit up to `most` hearings of this mind, drawn with `seed`; with `cutoff`, those before and after it apart."""
    own = [hearing for hearing in hearings if all(hearing.speaker(role) == mind.name for role in ROLES)]
    sample = _sample(own, seed, most)
    flips: list[FlipTally] = []
    blinded: list[BlindTally] = []
    for window, inside in _windows(sample, cutoff):
        flips += [await _flipped(window, inside, mind, what) for what in Turned]
        blinded.append(await _blinded(window, inside, mind))
    return Audit(
        run=run,
        mind=mind.name,
        hearings=len(hearings),
        not_asked=len(hearings) - len(own),
        sampled=len(sample),
        flips=tuple(flips),
        blinded=tuple(blinded),
    )


async def _flipped(window: str, hearings: Sequence[Hearing], mind: Mind, what: Turned) -> FlipTally:
    found = [flip for hearing in hearings if (flip := await _flip(hearing, mind, what)) is not None]
    free = [flip for flip in found if flip.room or flip.change]
    return FlipTally(
        window=window,
        what=what,
        cases=len(found),
        turned=sum(flip.turned for flip in found),
        followed=sum(flip.change * flip.side < 0 for flip in free),
        stood=sum(not flip.change for flip in free),
        against=sum(flip.change * flip.side > 0 for flip in free),
        no_room=len(found) - len(free),
    )


async def _flip(hearing: Hearing, mind: Mind, what: Turned) -> _Flip | None:
    """One case on mirrored evidence; None where the evidence was on no side."""
    before, scale = hearing.analyst, hearing.ruling.scale
    side = _side(hearing, what)
    if not side or isinstance(before, Abstained):
        return None
    again = await _try_again(mind, mirrored(hearing.case, what))
    after = 0 if isinstance(again.analyst, Abstained) else _SIGN[again.analyst.direction]
    return _Flip(
        side=side,
        turned=after == -_SIGN[before.direction] != 0,
        change=again.ruling.scale - scale,
        room=scale > 0.0 if side > 0 else scale < 1.0,
    )


def _side(hearing: Hearing, what: Turned) -> int:
    """On which side the evidence was that is turned: sentiment by its score, signals as the analyst read them."""
    if isinstance(hearing.analyst, Abstained):
        return 0
    score = hearing.case.sentiment.score
    if what is Turned.SENTIMENT:
        return 0 if isinstance(score, Abstained) else (score > 0) - (score < 0)
    return _SIGN[hearing.analyst.direction]


async def _blinded(window: str, hearings: Sequence[Hearing], mind: Mind) -> BlindTally:
    changes = []
    for hearing in hearings:
        again = await _try_again(mind, blind(hearing.case).case)
        changes.append(abs(again.ruling.scale - hearing.ruling.scale))
    mean = sum(changes) / len(changes) if changes else 0.0
    return BlindTally(window=window, cases=len(changes), same=changes.count(0.0), mean_change=mean)


async def _try_again(mind: Mind, case: Case) -> _Retrial:
    """The four roles and the ruling, as the court hears them: only evidence that stands in the case counts."""
    analyst, risk = _grounded(case, await mind.analyst(case)), _grounded(case, await mind.risk_agent(case))
    advocate = _grounded(case, await mind.devils_advocate(case, analyst, risk))
    supervisor = _grounded(case, await mind.supervisor(case, analyst, risk, advocate))
    return _Retrial(analyst, rule(case.proposal.direction, analyst, risk, advocate, supervisor))


def _grounded(case: Case, word: AnyOpinion | Abstained) -> AnyOpinion | Abstained:
    return word if isinstance(word, Abstained) else ground(case, word)[0]


def _sample(hearings: Sequence[Hearing], seed: int, most: int) -> list[Hearing]:
    """At most `most` of them, drawn without replacement, in their order."""
    if len(hearings) <= most:
        return list(hearings)
    drawn = generator(seed, "audit").choice(len(hearings), size=most, replace=False)
    return [hearings[int(place)] for place in sorted(drawn)]


def _windows(hearings: list[Hearing], cutoff: datetime | None) -> list[tuple[str, list[Hearing]]]:
    if cutoff is None:
        return [(ALL, hearings)]
    return [
        ("before", [hearing for hearing in hearings if hearing.case.as_of_utc < cutoff]),
        ("after", [hearing for hearing in hearings if hearing.case.as_of_utc >= cutoff]),
    ]
