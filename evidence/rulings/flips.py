"""The audit of a court: whether its ruling follows the evidence, and whether it changes when the name is hidden.

The same mind hears a sample of recorded cases again, with mirrored evidence and with hidden names. A ruling follows the evidence
when evidence for the trade, reversed, lowers the scale, or the other way round: of a short sale, evidence of a fall is for it.
Where a run has short sales, both sides are counted apart. A ruling that is already at the end of the
scale cannot follow and is counted separately. The ruling of a mind that decides by the name or by habit does not move, or moves
randomly.

The gate is not asked and nothing is traded. Hearings of a mind that cannot be asked here are left out and counted.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from pydantic import Field

from agents.court.case import Case
from agents.court.grounding import AnyOpinion, ground
from agents.court.hearing import Hearing
from agents.court.mind import Mind
from agents.court.opinion import AnalystOpinion
from agents.court.prompts.blind import blind
from agents.court.ruling import Ruling, rule
from agents.llm.attempt import ROLES
from config.frozen import Frozen, absent
from config.progress import Progress, Telling, silent
from config.seeds import generator
from config.silence import Abstained
from evidence.rulings.mirror import Turned, mirrored
from risk.proposal import Direction

ALL = "all"
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


Side = Literal["long", "short"]


class FlipTally(Frozen):
    """The effect of mirroring on `cases` with evidence on one side: how often the analyst changed sides (`turned`), and how
    often the ruling `followed`, did not move (`stood`), went `against` the evidence, or had `no_room`."""

    window: str
    what: Turned
    cases: int
    turned: int
    followed: int
    stood: int
    against: int
    no_room: int
    side: Side | None = Field(default=None, exclude_if=absent)
    """Of which cases, where there are short sales among them."""

    @property
    def follow_rate(self) -> float | None:
        """Share of the rulings that followed, of those that could; None when none could."""
        free = self.followed + self.stood + self.against
        return self.followed / free if free else None


class BlindTally(Frozen):
    """Cases with and without names: `same` of `cases` have equal rulings; `mean_change` is the mean absolute change of the
    scale."""

    window: str
    cases: int
    same: int
    mean_change: float
    side: Side | None = Field(default=None, exclude_if=absent)


class Audit(Frozen):
    """The audit of one run. `not_asked`: hearings of minds that cannot be asked again here."""

    run: str
    mind: str
    hearings: int
    not_asked: int
    sampled: int
    flips: tuple[FlipTally, ...]
    blinded: tuple[BlindTally, ...]


class Retrial(NamedTuple):
    """What was said and ruled when a case was heard again."""

    analyst: AnalystOpinion | Abstained
    ruling: Ruling


Again = Callable[[Case], Awaitable[Retrial]]
"""Hears a case again."""


class _Flip(NamedTuple):
    """`side` is +1 when the evidence was for the trade. `change`: change of the ruling's scale. `room`: possible change in
    the expected direction."""

    side: int
    turned: bool
    change: float
    room: bool


async def audit(
    run: str,
    hearings: Sequence[Hearing],
    mind: Mind,
    *,
    seed: int,
    most: int,
    cutoff: datetime | None,
    telling: Telling = silent,
) -> Audit:
    """Audit up to `most` hearings of this mind, drawn with `seed`. With `cutoff`, those before and after it separately."""
    own = [hearing for hearing in hearings if all(hearing.speaker(role) == mind.name for role in ROLES)]
    sample, again = _sample(own, seed, most), partial(_try_again, mind)
    flips: list[FlipTally] = []
    hidden: list[BlindTally] = []
    with telling((len(Turned) + 1) * len(sample), "hearings again") as shown:
        for window, those in _windows(sample, cutoff):
            for side, inside in by_side(those):
                flips += [await flipped(window, inside, again, what, shown, side) for what in Turned]
                hidden.append(await blinded(window, inside, again, shown, side))
    return Audit(
        run=run,
        mind=mind.name,
        hearings=len(hearings),
        not_asked=len(hearings) - len(own),
        sampled=len(sample),
        flips=tuple(flips),
        blinded=tuple(hidden),
    )


def by_side(hearings: Sequence[Hearing]) -> tuple[tuple[Side | None, Sequence[Hearing]], ...]:
    """The hearings, and where there are short sales among them those of each side apart."""
    shorts = [hearing for hearing in hearings if hearing.case.proposal.is_short]
    if not shorts:
        return ((None, hearings),)
    longs = [hearing for hearing in hearings if not hearing.case.proposal.is_short]
    return (*((("long", longs),) if longs else ()), ("short", shorts))


async def flipped(
    window: str,
    hearings: Sequence[Hearing],
    again: Again,
    what: Turned,
    shown: Progress,
    side: Side | None = None,
) -> FlipTally:
    """What becomes of these rulings when the evidence is mirrored. `side`: of which cases."""
    found = []
    for hearing in hearings:
        if (flip := await _flip(hearing, again, what)) is not None:
            found.append(flip)
        shown.advance()
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
        side=side,
    )


async def _flip(hearing: Hearing, again: Again, what: Turned) -> _Flip | None:
    """One case with mirrored evidence; None when the evidence was on neither side."""
    before, scale = hearing.analyst, hearing.ruling.scale
    side = _side(hearing, what)
    if not side or isinstance(before, Abstained):
        return None
    then = await again(mirrored(hearing.case, what))
    after = 0 if isinstance(then.analyst, Abstained) else _SIGN[then.analyst.direction]
    return _Flip(
        side=side,
        turned=after == -_SIGN[before.direction] != 0,
        change=then.ruling.scale - scale,
        room=scale > 0.0 if side > 0 else scale < 1.0,
    )


def _side(hearing: Hearing, what: Turned) -> int:
    """Whether the evidence that is reversed is for the trade (1) or against it (-1): sentiment by its score, signals as the
    analyst read them. What speaks of a fall is for a short sale."""
    if isinstance(hearing.analyst, Abstained):
        return 0
    score, trade = hearing.case.sentiment.score, -1 if hearing.case.proposal.is_short else 1
    if what is Turned.SENTIMENT:
        return 0 if isinstance(score, Abstained) else trade * ((score > 0) - (score < 0))
    return trade * _SIGN[hearing.analyst.direction]


async def blinded(
    window: str, hearings: Sequence[Hearing], again: Again, shown: Progress, side: Side | None = None
) -> BlindTally:
    """What becomes of these rulings when the names are hidden. `side`: of which cases."""
    changes = []
    for hearing in hearings:
        then = await again(blind(hearing.case).case)
        changes.append(abs(then.ruling.scale - hearing.ruling.scale))
        shown.advance()
    mean = sum(changes) / len(changes) if changes else 0.0
    return BlindTally(window=window, cases=len(changes), same=changes.count(0.0), mean_change=mean, side=side)


async def _try_again(mind: Mind, case: Case) -> Retrial:
    """The four roles and the ruling, as in the court: only evidence that is in the case counts."""
    analyst, risk = _grounded(case, await mind.analyst(case)), _grounded(case, await mind.risk_agent(case))
    advocate = _grounded(case, await mind.devils_advocate(case, analyst, risk))
    supervisor = _grounded(case, await mind.supervisor(case, analyst, risk, advocate))
    proposed = case.proposal
    ruling = rule(proposed.direction, analyst, risk, advocate, supervisor, short=proposed.is_short)
    return Retrial(analyst, ruling)


def _grounded(case: Case, word: AnyOpinion | Abstained) -> AnyOpinion | Abstained:
    return word if isinstance(word, Abstained) else ground(case, word)[0]


def _sample(hearings: Sequence[Hearing], seed: int, most: int) -> list[Hearing]:
    """At most `most` hearings, drawn without replacement, in their order."""
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
