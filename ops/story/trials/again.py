"""One decision that was recomputed out of its journal: whether it is the same, and what other limits would have made of it."""

from decimal import Decimal

from pydantic import Field

from config.frozen import Frozen, UtcTime
from risk.verdict import RuleReport, Verdict


class Deviation(Frozen):
    """The first event that came out otherwise."""

    event: int | None = Field(description="its number in the journal; null where the journal holds none")
    kind: str = Field(description="kind of the event")
    decision_id: str | None = Field(description="the decision that it belongs to, if it names one")
    lines: tuple[str, ...] = Field(description="its fields, recorded (-) and recomputed (+)")


class LimitChange(Frozen):
    """A limit that was asked about otherwise than it stood."""

    name: str = Field(description="its name in `limits`")
    then: str = Field(description="as the session had it")
    asked: str = Field(description="as it was asked about")


class GateWord(Frozen):
    """What the gate says in a line."""

    outcome: str = Field(description="signed or refused")
    notional: Decimal = Field(description="size of the order; 0 where it is refused [quote]")
    rule: str = Field(description="the rule that bound it")

    @classmethod
    def of(cls, verdict: Verdict) -> "GateWord":
        """The word of a verdict."""
        return cls(outcome=verdict.outcome, notional=verdict.notional, rule=verdict.binding_rule)


class RuleChange(Frozen):
    """A rule of the gate that reports otherwise under other limits."""

    then: RuleReport | None = Field(description="its report then; null where the verdict had no such rule")
    asked: RuleReport = Field(description="its report under the other limits")


class JudgedAgain(Frozen):
    """The gate's word of then, and what would have been its word under other limits, on the same book and ruling."""

    at_once: bool = Field(description="whether it is about the part that was entered before the ruling")
    then: GateWord
    asked: GateWord
    rules: tuple[RuleChange, ...] = Field(description="rules that report otherwise")


class DecidedAgain(Frozen):
    """What recomputing one decision has shown. Nothing of it is written anywhere."""

    run: str = Field(description="name of the run's folder")
    decision_id: str = Field(description="the decision")
    symbol: str = Field(description="its market")
    as_of_utc: UtcTime = Field(description="the bar close at which it was heard")
    quote: str = Field(description="currency of the account")
    identical: bool = Field(description="whether it, and all that it follows from, came out the same")
    bars: int = Field(description="bars that were recomputed")
    events: int = Field(description="events that were compared")
    by_value: dict[str, int] = Field(
        description="of them, those of older versions, which were compared by value, by kind and version"
    )
    policy_not_recomputed: str | None = Field(
        description="the policy whose answers were taken from the journal, because its model was not found"
    )
    deviation: Deviation | None = Field(description="the first event that differs; null where nothing does")
    limits: tuple[LimitChange, ...] = Field(description="limits that were asked about otherwise; empty for none")
    judged: tuple[JudgedAgain, ...] = Field(
        description="what would have been under these limits; empty where none were asked about, and for a review, which no gate "
        "judges"
    )
