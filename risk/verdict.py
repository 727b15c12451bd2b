"""The verdict of the gate: the report of every rule, and the signed order if there is one."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from config.frozen import Frozen, UtcTime, Word, absent
from risk.order import Order

RuleCode = Literal[
    "well_formed", "kill_switch", "data_quality", "reference_price", "stale_proposal", "breaker", "direction", "one_position",
    "min_conviction", "ruling", "tick_size", "risk_history", "correlation", "day_volume", "order_rate", "trading_hours", "spread",
    "error_rate", "risk_per_trade", "position", "deployed", "kelly", "cash", "var_1d", "es_1d", "drawdown_half", "liquidity",
    "sector", "stressed_loss", "volatility", "gross_leverage", "net_leverage", "expected_slippage", "equal_risk", "scale",
    "tail_check", "min_notional", "gate_error", "approval", "record", "cluster", "share",
    "macro_event", "max_positions", "ramp", "route", "liquidation", "funding", "leverage",
]  # fmt: skip
"""The names of rules in verdicts, as journals hold them: those of `risk.limits.catalogue`, and no others. A name that is once
here stays, so that journals of earlier versions can be read."""

WrittenCode = Annotated[RuleCode, WithJsonSchema({"type": "string"})]
"""The name of a rule in a journal, where it is a text like another: one more limit is no other form of a verdict."""


class Reaction(Word):
    """What a rule did. `CUT` lowers the notional, `REFUSE` refuses the proposal, the others also trip a breaker."""

    PASS = "pass"
    CUT = "cut"
    REFUSE = "refuse"
    CLOSE_ONLY = "close_only"
    HALT = "halt"


class Outcome(Word):
    SIGNED = "signed"
    REFUSED = "refused"


class RuleReport(Frozen):
    """The report of one rule: `number` and `limit`, both in `unit`, and `notional_cap` [quote] if the rule is a cap."""

    code: WrittenCode
    number: float | None
    limit: float | None
    unit: str
    reaction: Reaction
    notional_cap: Decimal | None = None
    note: str = ""
    context: str | None = Field(default=None, exclude_if=absent)
    """The context whose own limit the rule has applied; None if it was the profile's."""


class Verdict(Frozen):
    """The final decision on one proposal. `order` is not None if, and only if, the outcome is SIGNED. `notional` is that of the
    order, never negative: its side says whether it is a short [quote]."""

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    outcome: Outcome
    binding_rule: WrittenCode
    rules: tuple[RuleReport, ...]
    notional: Decimal = Decimal(0)
    stop_fraction: float | None = None
    """Distance of the protective stop below the fill, or above that of a short, as a fraction of the fill price."""
    order: Order | None = None

    @property
    def held(self) -> float:
        """What is held already of the position that the order enlarges [quote, never negative]; 0 for a new position."""
        return next((report.number or 0.0 for report in self.rules if report.code == "share"), 0.0)

    @property
    def bound_by(self) -> str | None:
        """The context whose own limit was the binding rule; None if it was the profile's."""
        acted = (report for report in self.rules if report.reaction is not Reaction.PASS)
        return next((report.context for report in acted if report.code == self.binding_rule), None)

    @property
    def decided_by(self) -> RuleCode:
        """The rule behind the binding one: where what is left is too small, or is held already, the cap that leaves no more than
        that of a full position. Voters, court and policy have no part in it, nor has the venue's minimum. A cap of an order alone
        is the binding rule's business."""
        cut = next((report for report in self.rules if report.reaction is Reaction.CUT), None)
        bound = next((report for report in self.rules if report.code == self.binding_rule), None)
        if cut is None or bound is None or cut.notional_cap is None or self.outcome is Outcome.SIGNED:
            return self.binding_rule
        enough = {"min_notional": bound.limit, "share": bound.number}.get(self.binding_rule)
        return cut.code if enough is not None and float(cut.notional_cap) < enough else self.binding_rule

    def with_rule(self, report: RuleReport) -> "Verdict":
        """The same verdict with one more rule. If that rule does not pass, the order is removed."""
        rules = (*self.rules, report)
        if report.reaction in (Reaction.PASS, Reaction.CUT):
            return self.model_copy(update={"rules": rules})
        return Verdict(
            decision_id=self.decision_id,
            symbol=self.symbol,
            as_of_utc=self.as_of_utc,
            outcome=Outcome.REFUSED,
            binding_rule=report.code,
            rules=rules,
        )
