"""One trial with all that belongs to it: the hearing, what models were asked, and what followed.

It is what `tribunal ask` hears and what `tribunal show RUN DECISION` finds in a journal. It decides nothing.
"""

from decimal import Decimal

from pydantic import Field

from agents.approval.petition import Approval
from agents.court.hearing import Hearing, Review
from agents.llm.attempt import Attempt
from agents.memory.outcomes import CaseOutcome
from agents.shadow.heard import ShadowWord
from config.frozen import Frozen, UtcTime, absent, empty


class TrialFill(Frozen):
    """The fills of one order of the trade that a trial opened. Quantity [base], average price and fee [quote]."""

    order_id: str
    purpose: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    at_utc: UtcTime


class TrialCost(Frozen):
    """What the order of a trial would cost at the profile's exchange [quote]: the fee of the entry, half the spread that it
    crosses, and both again for the exit."""

    entry_fee: Decimal
    entry_spread: Decimal
    round_trip: Decimal


class Trial(Frozen):
    """One trial, also of a review. `source`: where its bars come from; `quote`: the account's currency."""

    source: str
    quote: str
    hearing: Hearing | Review
    """What was heard: a case, or a position that was held."""
    fast: Hearing | None = Field(default=None, exclude_if=absent)
    """What the rules mind let be entered at once of it, before the models had ruled."""
    unruled: str = ""
    """Why nothing followed from a ruling of the models, so that `hearing` is that of the rules mind; empty where it did."""
    unproposed: str = ""
    """Why it was heard though no voter proposed it; empty if one did."""
    traded: bool
    """Whether it was heard to be traded, in a run; False where it was only asked for."""
    attempts: tuple[Attempt, ...] = ()
    approval: Approval | None = Field(default=None, exclude_if=absent)
    asks_above: Decimal | None = Field(default=None, exclude_if=absent)
    """The position above which a human would be asked [quote], where this one is above it."""
    costs: TrialCost | None = Field(default=None, exclude_if=absent)
    fills: tuple[TrialFill, ...] = ()
    shadow: ShadowWord | None = Field(default=None, exclude_if=absent)
    """What the shadow court said of the case; None where none sat, or it said nothing."""
    shadow_name: str = Field(default="", exclude_if=empty)
    """The name of that court."""
    pnl: Decimal | None = Field(default=None, exclude_if=absent)
    """Net result of the closed trade that it led to [quote]."""
    outcome: CaseOutcome | None = Field(default=None, exclude_if=absent)
    """How a purchase of this case ended, bought or not; None while that is not known."""
    latest_proposal_utc: UtcTime | None = Field(default=None, exclude_if=absent)
    """When the voters last proposed this market, where they do not now."""
    day_budget_usd: Decimal | None = Field(default=None, exclude_if=absent)
    """What models may cost in a day [USD]; None if none sits."""
