"""What each throttle took from each voter: the court, each breaker, each rule of the gate, and the adjuster.

A throttle keeps or rejects a case; the outcomes of the kept cases are held against those of the rejected ones. Where it has
skill, the kept ones do better. `growth` is what the account would have gained in addition (or lost, below zero) if that throttle
alone had not been there: each purchase at the size that it would have had, as a share of equity, times its outcome. The row of an
advisory policy compares the run with one in which it were active: above 0, it would have cost that much. A market that
is still held is not bought again, so a purchase that was rejected may stand in the way of a later one.

The outcome of a case is the triple-barrier result of a purchase (`agents.memory.outcomes`), and not the real trade. A removed
size is that of the tightest cap which the gate reported, or where it reported none, of the caps that need no other position. That
a larger position leaves less room for other markets is not followed. A case with several voters counts for each of them; short
sales are counted for the voter apart ("trend (short)").
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.court.hearing import Hearing
from agents.memory.outcomes import Barriers
from agents.strategies.vote import is_behind, record_of
from config.frozen import Frozen
from config.seeds import generator
from evidence.rulings.barriers import Prices, Result, results
from evidence.rulings.worth import full_notional
from evidence.statistics.differences import mean_difference
from evidence.statistics.reliability import wilson
from evidence.statistics.totals import Interval
from execution.exact import ZERO
from risk.verdict import Outcome, Reaction, Verdict

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COURT, ADJUSTER, BREAKER = "court", "adjuster", "breaker"
ADVISED = "adjuster, if it were active"
"""An advisory policy: what its factor would have taken, or given back."""
ALL = "all voters"
LEAST = 10
"""Cases on each side below which no interval of the difference is given: it would say nothing."""

_OF_COURT = "ruling"
"""The rule of the gate that repeats what court and adjuster did."""
_HELD_ALREADY = frozenset({"share", "one_position"})
"""Rules that refuse more of what was entered before a ruling. They take nothing of it."""


class ThrottledCase(NamedTuple):
    """One proposed purchase, or `short` sale, and what became of it. `row` is its bar; `stop`, `target` and `fee` as fractions of
    the price.

    `bought` is the share of equity that was signed, `taken` the share that one throttle alone removed, by throttle; below 0 for
    an adjuster that gave back what the court took. `asked` are the throttles that could have rejected it, `rejected` those that
    did.
    """

    row: int
    symbol: str
    voters: tuple[str, ...]
    stop: float
    target: float
    fee: float
    bought: float
    asked: frozenset[str]
    rejected: frozenset[str]
    taken: Mapping[str, float]
    short: bool = False


class Side(Frozen):
    """Cases that a throttle kept, or rejected. Of the `settled` ones: the share that `won`, with its 95 % interval, and the mean
    outcome [bps]; None where nothing is settled."""

    cases: int
    settled: int
    won: Interval | None
    mean_bps: float | None


class Taken(Frozen):
    """What one throttle did to one voter. `difference_bps`: mean outcome of the kept cases less that of the rejected ones;
    None for too few cases. `growth`: what it would have added to the account not to have it [fraction of equity]."""

    by: str
    voter: str
    kept: Side
    rejected: Side
    difference_bps: Interval | None
    growth: float


class TakenReport(Frozen):
    """All throttles that took anything, with all voters together first; the court first, then those that rejected most."""

    horizon_bars: int
    cases: int
    settled: int
    rows: tuple[Taken, ...]


def throttled(row: int, hearing: Hearing, barriers: Barriers, entered: Decimal = ZERO) -> ThrottledCase | None:
    """The case of a hearing at bar `row`; None when it proposes to open nothing. `entered`: what was signed of it before its
    ruling [quote]."""
    case, verdict = hearing.case, hearing.verdict
    if not case.proposal.opens:
        return None
    short = case.proposal.is_short
    behind = (vote.voter for vote in case.proposal.votes if is_behind(vote, short=short))
    before = float(entered) / case.book.equity
    refused = _refused(verdict) - (_HELD_ALREADY if entered else frozenset())
    named = {_named(code, case.book.breaker) for code in refused}
    rejected, asked = named, {rule.code for rule in verdict.rules} - {_OF_COURT} | {COURT}
    if hearing.ruling.scale <= 0:
        rejected = rejected | {COURT}
    else:
        asked.add(ADJUSTER)
        if hearing.adjustment.scale <= 0:
            rejected = rejected | {ADJUSTER}
        if hearing.adjustment.mode == "advisory":
            asked.add(ADVISED)
    return ThrottledCase(
        row=row,
        symbol=case.symbol,
        voters=tuple(dict.fromkeys(record_of(voter, short=short) for voter in behind)),
        stop=barriers.stop_of(case),
        target=barriers.target_of(case),
        fee=barriers.fee_bps[case.symbol] / 1e4,
        bought=before + _bought(hearing),
        asked=frozenset(asked),
        rejected=frozenset(rejected),
        taken={
            _named(name, case.book.breaker): share
            for name, share in _taken(hearing, refused, barriers, before)
            if share > 0 or (name in (ADJUSTER, ADVISED) and share < 0)
        },
        short=short,
    )


def taken_from(
    cases: Sequence[ThrottledCase], bars: Mapping[str, Prices], *, n_bars: int, horizon_bars: int, seed: int
) -> TakenReport:
    """What each throttle took from each voter, over the cases of one run of `n_bars` bars, in order of time."""
    overlap = max(1, ceil(len(cases) * horizon_bars / max(1, n_bars)))
    outcomes = _Outcomes(cases, results(cases, bars, horizon_bars), overlap, seed)
    voters = dict.fromkeys(name for case in cases for name in case.voters)
    groups = {voter: np.array([voter in case.voters for case in cases]) for voter in voters}
    if len(groups) > 1:
        groups = {ALL: np.ones(len(cases), dtype=np.bool_), **groups}
    throttles = sorted({*(name for case in cases for name in (*case.rejected, *case.taken))})
    found: list[Taken] = []
    for by in throttles:
        did = _Throttle.of(by, cases)
        found += [outcomes.row(by, voter, of_voter, did) for voter, of_voter in groups.items()]
    rejections = {by: sum(by in case.rejected for case in cases) for by in throttles}
    return TakenReport(
        horizon_bars=horizon_bars,
        cases=len(cases),
        settled=int(outcomes.settled.sum()),
        rows=tuple(
            sorted(
                (row for row in found if row.rejected.cases or row.growth),
                key=lambda row: (row.by != COURT, -rejections[row.by], row.by),
            )
        ),
    )


def _refused(verdict: Verdict) -> AbstractSet[str]:
    """The rules of the gate that refused; where a cap left too little for the venue, that cap (`Verdict.decided_by`)."""
    codes = {rule.code for rule in verdict.rules if rule.reaction not in (Reaction.PASS, Reaction.CUT)}
    return {verdict.decided_by if code == verdict.binding_rule else code for code in codes} - {_OF_COURT}


def _taken(
    hearing: Hearing, refused: AbstractSet[str], barriers: Barriers, before: float
) -> Iterator[tuple[str, float]]:
    """What each throttle alone removed, as a share of equity. Nothing where another one would have refused too. `before`: the
    share that was entered before the ruling."""
    verdict, equity = hearing.verdict, hearing.case.book.equity
    court = hearing.ruling.scale
    adjust = hearing.adjustment.scale if court > 0 else 1.0
    left = min(1.0, court * adjust)
    full = full_notional(hearing, barriers) / equity
    held, bought = max(before, verdict.held / equity), _bought(hearing)
    if not refused - {"min_notional"}:
        if court < 1:
            yield COURT, full * min(1.0, adjust) - held - bought
        if adjust != 1:
            yield ADJUSTER, full * court - held - bought
    if hearing.adjustment.mode == "advisory" and bought > 0:
        advised = 1.0 if hearing.adjustment.advised is None else hearing.adjustment.advised
        yield ADVISED, (held + bought) * (1.0 - min(advised, 1.0 / court))
    if len(refused) == 1:
        yield from ((code, full * left - held) for code in refused)
    if verdict.outcome is Outcome.SIGNED:
        share = hearing.case.proposal.exposure
        yield verdict.binding_rule, _next_cap(verdict) * left * (1.0 if share is None else share) / equity


def _bought(hearing: Hearing) -> float:
    """The share of equity that the gate signed."""
    signed = hearing.verdict.outcome is Outcome.SIGNED
    return float(hearing.verdict.notional) / hearing.case.book.equity if signed else 0.0


def _next_cap(verdict: Verdict) -> float:
    """The distance from the binding cap to the second tightest one [quote]. Rules that do not bind report the position limit."""
    caps = {rule.code: float(rule.notional_cap) for rule in verdict.rules if rule.notional_cap is not None}
    own = caps.pop(verdict.binding_rule, None)
    others = [cap for cap in caps.values() if verdict.binding_rule != "position" or cap != own]
    return 0.0 if own is None or not others else max(0.0, min(others) - own)


def _named(code: str, breaker: str | None) -> str:
    """A throttle's name: each breaker is one of its own."""
    return f"{BREAKER} {breaker}" if code == BREAKER and breaker else code


class _Throttle(NamedTuple):
    """What one throttle did to each case, each shape (n_cases,): whether it was asked, whether it rejected, what it took."""

    asked: Mask
    rejected: Mask
    taken: Floats

    @classmethod
    def of(cls, by: str, cases: Sequence[ThrottledCase]) -> "_Throttle":
        breaker = by.startswith(BREAKER)
        rule = BREAKER if breaker else by
        return cls(
            np.array([rule in case.asked and not (breaker and _broken(case)) for case in cases]),
            np.array([by in case.rejected for case in cases]),
            np.array([case.taken.get(by, 0.0) for case in cases]),
        )


def _broken(case: ThrottledCase) -> bool:
    """Whether some breaker rejected it: then no other breaker kept it."""
    return any(name.startswith(BREAKER) for name in case.rejected)


class _Outcomes:
    """The outcomes of all cases as columns, each shape (n_cases,)."""

    def __init__(self, cases: Sequence[ThrottledCase], found: Sequence[Result | None], overlap: int, seed: int) -> None:
        self.settled: Mask = np.array([result is not None for result in found], dtype=np.bool_)
        self._won: Mask = np.array([result is not None and result.won for result in found], dtype=np.bool_)
        self._bps: Floats = np.array([0.0 if result is None else result.return_bps for result in found])
        self._bought: Floats = np.array([case.bought for case in cases])
        self._spans = [
            (case.symbol, case.row, None if result is None else result.row)
            for case, result in zip(cases, found, strict=True)
        ]
        self._overlap, self._seed = overlap, seed
        self._growth = self._grown(self._bought)

    def row(self, by: str, voter: str, of_voter: Mask, did: _Throttle) -> Taken:
        asked = of_voter & (did.asked | did.rejected)
        return Taken(
            by=by,
            voter=voter,
            kept=self._side(asked & ~did.rejected),
            rejected=self._side(asked & did.rejected),
            difference_bps=self._difference(asked & self.settled, did.rejected, f"{by} {voter}"),
            growth=self._growth_without(by, np.where(asked, did.taken, 0.0)),
        )

    def _growth_without(self, by: str, taken: Floats) -> float:
        """What the account would have gained more without a throttle; of one that is only advisory, than with it."""
        if by == ADVISED:
            return self._growth - self._grown(self._bought - taken)
        return self._grown(self._bought + taken) - self._growth

    def _grown(self, sizes: Floats) -> float:
        """The sum of size times outcome over purchases of these sizes [fraction of equity]. What is held is not bought again."""
        held_until: dict[str, int | None] = {}
        total = 0.0
        for place in np.flatnonzero(sizes > 0).tolist():
            symbol, row, ended = self._spans[place]
            until = held_until.get(symbol, -1)
            if until is None or row < until:
                continue
            held_until[symbol] = ended
            total += float(sizes[place]) * float(self._bps[place]) / 1e4
        return total

    def _side(self, cases: Mask) -> Side:
        settled = cases & self.settled
        count = int(settled.sum())
        if not count:
            return Side(cases=int(cases.sum()), settled=0, won=None, mean_bps=None)
        hits = int(self._won[settled].sum())
        low, high = wilson(hits, count)
        return Side(
            cases=int(cases.sum()),
            settled=count,
            won=Interval(value=hits / count, low=low, high=high),
            mean_bps=float(self._bps[settled].mean()),
        )

    def _difference(self, settled: Mask, rejected: Mask, what: str) -> Interval | None:
        kept = ~rejected[settled]
        if min(kept.sum(), (~kept).sum()) < LEAST:
            return None
        return mean_difference(self._bps[settled], kept, self._overlap, generator(self._seed, "taken", what))
