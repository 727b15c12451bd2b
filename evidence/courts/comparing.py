"""Several courts on one docket: what their rulings were worth, what they cost, and whether they follow the evidence.

What a ruling is worth is the part of the gate's notional that it took away, times the return that it took away with it: more
than zero where a purchase that lost was shrunk or rejected. The court that approves everything is worth zero. Courts are
compared by the difference to the first, case by case, so that what the market did to both cancels; its interval comes from
blocks of cases as long as a horizon. Lots, the minimum notional and a changed book are not followed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.court.hearing import Hearing
from agents.court.ruling import RulingOutcome
from agents.llm.asking import Asker
from config.frozen import Frozen, empty
from config.progress import Telling
from config.seeds import generator
from config.settings import Settings
from config.silence import Abstained
from evidence.courts.docket import Docket
from evidence.courts.sitting import Sitting, Used, spoken_in, used_in
from evidence.rulings.flips import ALL, BlindTally, FlipTally, Side, blinded, by_side, flipped
from evidence.rulings.mirror import Turned
from evidence.statistics.totals import Interval, total_interval


class CourtOnSide(Frozen):
    """What a court ruled on the cases of one side: their number, the mean of its rulings [fraction], and what these were worth
    [quote], as `CourtFigures` has them for all."""

    side: Side
    cases: int
    scale: float
    worth: Interval
    against_first: Interval | None
    flips: FlipTally | None
    blinded: BlindTally | None


class CourtFigures(Frozen):
    """One court. `worth` and `against_first` [quote] are sums over the cases; the first court has no `against_first`.

    `scale`: mean of its rulings [fraction]. `silent`: cases in which a role abstained. Words are of one role on one case. Tokens,
    `usd` [USD] and latencies [ms] are of calls that were sent now, also for the cases that were heard again.
    """

    name: str
    mind: str
    approved: int
    shrunk: int
    rejected: int
    scale: float
    worth: Interval
    against_first: Interval | None
    silent: int
    struck: int
    words_of_models: int
    words_of_rules: int
    calls: int
    recorded: int
    input_tokens: int
    output_tokens: int
    usd: float
    latency_p50_ms: int | None
    latency_p90_ms: int | None
    flips: FlipTally | None
    blinded: BlindTally | None
    sides: tuple[CourtOnSide, ...] = Field(default=(), exclude_if=empty)
    """Both sides apart, where short sales were among the cases. `flips` and `blinded` are then those of both together."""


class Comparison(Frozen):
    """Courts on the same cases. `found` were proposed, `settled` have an outcome, `heard` were heard, `again` of them with their
    evidence mirrored and with hidden names."""

    label: str
    quote: str
    found: int
    settled: int
    heard: int
    again: int
    horizon_bars: int
    courts: tuple[CourtFigures, ...]


class Heard(NamedTuple):
    """One court's rulings on a docket, and what it used for them."""

    name: str
    hearings: tuple[Hearing, ...]
    used: Used
    flips: tuple[FlipTally, ...]
    blinded: tuple[BlindTally, ...]
    """Of all cases that were heard again, or of each side of them."""


async def heard_by(
    name: str, settings: Settings, asker: Asker | None, docket: Docket, again: int, telling: Telling
) -> Heard:
    """Let one court hear the docket, and the first `again` of its cases twice more. Raises TribunalError."""
    sitting = Sitting(settings, asker)
    cases = [each.hearing.case for each in docket.cases]
    with telling(len(cases) + 2 * min(again, len(cases)), f"cases of {name}") as shown:
        hearings = await sitting.hear(cases, shown)
        sample = _spread(hearings, again)
        apart = by_side(sample) if sample else ()
        flips = [await flipped(ALL, part, sitting.again, Turned.BOTH, shown, side) for side, part in apart]
        hidden = [await blinded(ALL, part, sitting.again, shown, side) for side, part in apart]
    return Heard(name, tuple(hearings), used_in(sitting.attempts), tuple(flips), tuple(hidden))


def compared(label: str, docket: Docket, courts: Sequence[Heard], again: int, seed: int) -> Comparison:
    """The figures of all courts; each after the first is paired with it, case by case."""
    return Comparison(
        label=label,
        quote=docket.quote,
        found=docket.found,
        settled=docket.settled,
        heard=len(docket.cases),
        again=min(again, len(docket.cases)),
        horizon_bars=docket.horizon_bars,
        courts=tuple(_figures(court, courts[0], docket, seed) for court in courts),
    )


def _figures(court: Heard, first: Heard, docket: Docket, seed: int) -> CourtFigures:
    scales, others = _scales(court), _scales(first)
    stake = np.array([each.notional * each.net_return for each in docket.cases])
    outcomes = [hearing.ruling.outcome for hearing in court.hearings]
    spoken, used = spoken_in(court.hearings), court.used
    p50, p90 = (_quantile(used.latency_ms, share) for share in (0.5, 0.9))
    return CourtFigures(
        name=court.name,
        mind=court.hearings[0].mind,
        approved=outcomes.count(RulingOutcome.APPROVED),
        shrunk=outcomes.count(RulingOutcome.SHRUNK),
        rejected=outcomes.count(RulingOutcome.REJECTED),
        scale=float(scales.mean()),
        worth=total_interval((scales - 1.0) * stake, docket.block, generator(seed, "compare", "worth")),
        against_first=None
        if court is first
        else total_interval((scales - others) * stake, docket.block, generator(seed, "compare", "paired")),
        silent=sum(any(isinstance(word, Abstained) for word in _words(hearing)) for hearing in court.hearings),
        struck=sum(len(struck.evidence) for hearing in court.hearings for struck in hearing.struck),
        words_of_models=spoken.models,
        words_of_rules=spoken.rules,
        calls=used.calls,
        recorded=used.recorded,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        usd=float(used.usd),
        latency_p50_ms=p50,
        latency_p90_ms=p90,
        flips=_flips_together(court.flips),
        blinded=_blinded_together(court.blinded),
        sides=_sides(court, first, docket, seed),
    )


def _sides(court: Heard, first: Heard, docket: Docket, seed: int) -> tuple[CourtOnSide, ...]:
    """The same by side, where there are two."""
    short = np.array([each.hearing.case.proposal.is_short for each in docket.cases])
    if not short.any():
        return ()
    scales, others = _scales(court), _scales(first)
    stake = np.array([each.notional * each.net_return for each in docket.cases])
    sides: tuple[tuple[Side, NDArray[np.bool_]], ...] = (("long", ~short), ("short", short))

    def summed(taken: NDArray[np.float64], side: Side, what: str) -> Interval:
        return total_interval(taken, docket.block, generator(seed, "compare", what, side))

    return tuple(
        CourtOnSide(
            side=side,
            cases=int(of.sum()),
            scale=float(scales[of].mean()),
            worth=summed(((scales - 1.0) * stake)[of], side, "worth"),
            against_first=None if court is first else summed(((scales - others) * stake)[of], side, "paired"),
            flips=next((each for each in court.flips if each.side == side), None),
            blinded=next((each for each in court.blinded if each.side == side), None),
        )
        for side, of in sides
        if of.any()
    )


def _flips_together(found: Sequence[FlipTally]) -> FlipTally | None:
    """The tallies of both sides as one; None without one."""
    if not found:
        return None
    counted = ("cases", "turned", "followed", "stood", "against", "no_room")
    total = {name: sum(getattr(each, name) for each in found) for name in counted}
    return found[0].model_copy(update=total | {"side": None})


def _blinded_together(found: Sequence[BlindTally]) -> BlindTally | None:
    """The same of the hearings with hidden names."""
    if not found:
        return None
    cases = sum(each.cases for each in found)
    mean = sum(each.mean_change * each.cases for each in found) / cases if cases else 0.0
    changed = {"cases": cases, "same": sum(each.same for each in found), "mean_change": mean, "side": None}
    return found[0] if len(found) == 1 and found[0].side is None else found[0].model_copy(update=changed)


def _scales(court: Heard) -> NDArray[np.float64]:
    """The scale of each ruling, shape (n_cases,), float64 [fraction]."""
    return np.array([hearing.ruling.scale for hearing in court.hearings])


def _words(hearing: Hearing) -> tuple[object, ...]:
    return hearing.analyst, hearing.risk_agent, hearing.advocate, hearing.supervisor


def _spread(hearings: Sequence[Hearing], most: int) -> list[Hearing]:
    """At most `most` of them, at even distances."""
    if most < 1:
        return []
    if len(hearings) <= most:
        return list(hearings)
    return [hearings[place * len(hearings) // most] for place in range(most)]


def _quantile(values: Sequence[int], share: float) -> int | None:
    return round(float(np.quantile(values, share))) if values else None
