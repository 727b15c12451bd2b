"""Counts of all events of a run, and the few values that are kept whole.

Every hearing is counted. Up to `HEARINGS_KEPT` hearings are kept; if there are more, those that the court did not
reject are kept, and the latest rejected ones. Nothing is judged here: the counts repeat the decisions of the court
and the gate.
"""

from collections import Counter, deque
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from agents.court.hearing import Hearing
from agents.court.ruling import RulingOutcome
from agents.llm.attempt import Attempt
from execution.account.lots import Trade
from ops.story.freezes import Freezes
from ops.story.policy.counts import PolicyCount
from risk.limits.catalogue import told_once
from risk.proposal import Direction
from risk.verdict import Outcome, Reaction, RuleCode, Verdict

HEARINGS_KEPT = 2000


class Fate(StrEnum):
    """The result of a case: an order was signed, the gate refused it after the court had approved it, or the court
    rejected it.
    """

    TRADED = "traded"
    REFUSED = "refused"
    REJECTED = "rejected"


class RoundTrip(NamedTuple):
    """A closed trade, the decision that opened it and the decision whose order closed it."""

    decision_id: str
    closed_by: str
    trade: Trade


class KeptHearing(NamedTuple):
    """A hearing: a head for selection, and its canonical JSON for display."""

    decision_id: str
    symbol: str
    fate: Fate
    body: bytes
    attempts: tuple[bytes, ...] = ()
    """The requests to models and their replies, as canonical JSON."""
    fast: bytes | None = None
    """What the rules mind let be entered of it before the ruling, as canonical JSON; None for nothing."""

    def entered(self) -> Hearing | None:
        """Return what was entered before the ruling."""
        return None if self.fast is None else Hearing.model_validate_json(self.fast)

    def read(self) -> Hearing:
        """Return the whole hearing."""
        return Hearing.model_validate_json(self.body)

    def transcripts(self) -> tuple[Attempt, ...]:
        """Return the whole attempts, by role and number."""
        return tuple(Attempt.model_validate_json(raw) for raw in self.attempts)


class RuleCount:
    """The actions of one rule of the gate, in proposals; `cut` and `taken` count signed orders only.

    `taken` is the notional that only this rule removed [quote]: see `StoryTally.hear`.
    """

    __slots__ = ("bound", "cut", "refused", "taken")

    def __init__(self) -> None:
        self.bound = self.refused = self.cut = 0
        self.taken = Decimal(0)


class StoryTally:
    """The counts of one run."""

    def __init__(self) -> None:
        self.hearings = 0
        self.fates: Counter[Fate] = Counter()
        self.rulings: Counter[RulingOutcome] = Counter()
        self.signed = 0
        self.rules: dict[RuleCode, RuleCount] = {}
        self.context_bound: Counter[str] = Counter()
        """Proposals whose binding rule was a context's own limit, by context."""
        self.unheard: Counter[str] = Counter()
        """Proposals that were no case, by the rule that leaves nothing; one that is repeated counts once."""
        self.dropped: Counter[str] = Counter()
        """Purchases of whose ruling nothing followed, because it came when they were not wanted any more, by what had changed."""
        self.at_once: Counter[bool] = Counter()
        """Purchases of which a share was to be entered before the models had ruled, by whether the gate signed it."""
        self._last_unheard: dict[str, str] = {}
        self.struck: Counter[str] = Counter()
        self.minds: Counter[str] = Counter()
        self.adjusters: Counter[str] = Counter()
        self.votes: Counter[tuple[str, Direction]] = Counter()
        """Votes by voter and direction: one a market and bar."""
        self.policy = PolicyCount()
        self.findings: Counter[str] = Counter()
        self.frozen: Counter[str] = Counter()
        """Bars by symbol at whose close nothing new could be opened in it."""
        self.frozen_at_end: Mapping[str, str] = {}
        """Why each symbol was frozen at the last bar."""
        self.freezes = Freezes()
        self._kept: dict[int, KeptHearing] = {}
        self._rejected: deque[tuple[int, KeptHearing]] = deque(maxlen=HEARINGS_KEPT)

    def hear(self, hearing: Hearing, attempts: tuple[Attempt, ...] = (), fast: Hearing | None = None) -> None:
        """Count a hearing, and keep it with its attempts while there is room. `fast`: what was entered of it before the ruling,
        so that it is a trade even where the gate adds nothing.

        The notional that a cap removed from a signed order is the distance to the second tightest cap, times the
        scale of the ruling: the additional purchase if only that rule did not exist. For a refused proposal it is
        zero.
        """
        fate = fate_of(hearing, entered=fast is not None)
        self._last_unheard.pop(hearing.case.symbol, None)
        self.hearings += 1
        self.fates[fate] += 1
        self.rulings[hearing.ruling.outcome] += 1
        self.minds[hearing.mind] += 1
        self.adjusters[hearing.adjustment.adjuster] += 1
        self.policy.hear(hearing.adjustment)
        self.struck.update({struck.role: len(struck.evidence) for struck in hearing.struck})
        share = hearing.case.proposal.exposure
        left = hearing.ruling.scale * hearing.adjustment.scale
        if fate is not Fate.TRADED or hearing.verdict.order is not None:
            self._judged(hearing.verdict, left if share is None else left * share)
        made = tuple(attempt.canonical() for attempt in attempts)
        before = None if fast is None else fast.canonical()
        kept = KeptHearing(hearing.case.decision_id, hearing.case.symbol, fate, hearing.canonical(), made, before)
        if fate is Fate.REJECTED:
            self._rejected.append((self.hearings, kept))
        else:
            self._kept[self.hearings] = kept

    def enter_at_once(self, hearing: Hearing) -> None:
        """Count a share of a purchase that the rules mind let be entered before the models' ruling."""
        self.at_once[hearing.verdict.order is not None] += 1
        self.adjusters[hearing.adjustment.adjuster] += 1
        self.policy.hear(hearing.adjustment)

    def pass_over(self, symbol: str, rule: str) -> None:
        """Count a proposal that was no case, unless the last one of this market was none for the same reason."""
        if self._last_unheard.get(symbol) != rule:
            self.unheard[rule] += 1
        self._last_unheard[symbol] = rule

    def kept(self) -> tuple[KeptHearing, ...]:
        """Return the kept hearings, oldest first."""
        room = max(0, HEARINGS_KEPT - len(self._kept))
        latest = tuple(self._rejected)[-room:] if room else ()
        return tuple(kept for _, kept in sorted((*self._kept.items(), *latest)))

    def _judged(self, verdict: Verdict, scale: float) -> None:
        self.signed += verdict.outcome is Outcome.SIGNED
        decided = verdict.decided_by
        self._rule(decided).bound += 1
        if verdict.bound_by is not None:
            self.context_bound[verdict.bound_by] += 1
        refusing = (Reaction.REFUSE, Reaction.CLOSE_ONLY, Reaction.HALT)
        for code in dict.fromkeys(report.code for report in verdict.rules if report.reaction in refusing):
            self._rule(decided if code == verdict.binding_rule else code).refused += 1
        for report in verdict.rules:
            if report.reaction is Reaction.CUT and verdict.outcome is Outcome.SIGNED:
                rule = self._rule(report.code)
                rule.cut += 1
                rule.taken += _taken(verdict, report.code, scale)

    def _rule(self, code: RuleCode) -> RuleCount:
        return self.rules.setdefault(code, RuleCount())


def fate_of(hearing: Hearing, *, entered: bool = False) -> Fate:
    """Return the result of a case. `entered`: a share of it was bought before the ruling."""
    if hearing.verdict.outcome is Outcome.SIGNED:
        return Fate.TRADED
    if hearing.ruling.outcome is RulingOutcome.REJECTED:
        return Fate.REJECTED
    return Fate.TRADED if entered else Fate.REFUSED


def _taken(verdict: Verdict, code: RuleCode, scale: float) -> Decimal:
    """Return the notional that the binding rule alone removed [quote].

    A rule that repeats another counts with it. Rules that do not bind report the position limit, and tail measures are not
    evaluated further; neither counts as the second tightest cap. `scale` is not a cap either, although it is reported with the
    notional that it leaves.
    """
    caps: dict[RuleCode, Decimal] = {
        report.code: report.notional_cap
        for report in told_once(verdict.rules)
        if report.notional_cap is not None and report.code != "scale"
    }
    top, own = caps.get("position"), caps.pop(code)
    others = [cap for cap in caps.values() if code != "position" or cap != top]
    return max(min(others) - own, Decimal(0)) * Decimal(repr(scale)) if others else Decimal(0)
