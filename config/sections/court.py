"""`court:`: the roles in the court, when it is called, and who approves a large position."""

from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen, absent
from config.sections.kinds import Fraction, Money

MindName = Literal["rules", "models"]


COST_EDGE = "cost_edge"
"""How the record names what was not heard because it does not pay for itself."""
ApprovalMode = Literal["auto", "ask", "never"]


class CourtSettings(Frozen):
    """The roles in the court, when it is called, and who approves a large position."""

    mind: MindName = Field(default="rules", description="who argues: the rules mind, or the models of `minds`")
    call: Literal["on_proposal", "every_bar"] = Field(description="when the court is called")
    hears: Literal["all", "signable"] = Field(
        description="which proposals it hears: all, or only those of which the gate would sign something if they were left whole"
    )
    role_deadline_s: Annotated[float, Field(gt=0, le=600)] = Field(
        description="time after which a role that has not answered abstains [seconds]"
    )
    net_threshold: Fraction = Field(description="netted vote below which nothing is proposed [0..1]")
    without_record: Literal["veto", "shrink"] = Field(
        description="what the arguments of the rules analyst and advocate may do before they have a record on the voters: reject "
        "a case, or at most halve it"
    )
    extreme_rsi: Literal["momentum", "reversal"] = Field(
        description="what an RSI beyond 82 or below 18 says to the rules analyst: that the move goes on, or that it ends"
    )
    advocate_reject: Fraction = Field(description="strength of counter-evidence at which the case is rejected [0..1]")
    seats: tuple[Literal["analyst", "risk_agent", "devils_advocate", "supervisor"], ...] = Field(
        default=("analyst", "risk_agent", "devils_advocate", "supervisor"),
        description="roles that are active; the others answer neutrally, to measure what each role contributes",
    )
    cost_edge: Annotated[float, Field(gt=0, le=100)] | None = Field(
        description="least move to the first target, in units of what the purchase and its sale cost; a purchase with a nearer "
        "target is not heard; null: all are [multiple]"
    )
    memory: str | None = Field(
        default=None,
        exclude_if=absent,
        description="file of earlier runs' cases (tribunal calibrate --record), of which models are shown the near ones; null: "
        "only those of the session",
    )
    resize_band: Annotated[float, Field(ge=0, le=1)] | None = Field(
        description="difference between the share that position voters want and the one that is held, above which the position "
        "is enlarged or trimmed; null for never [fraction of the wanted share]"
    )
    approval_above: Money | None = Field(
        description="signed position above which an order needs approval before it is sent; null for never [quote]"
    )
    approval: ApprovalMode = Field(
        description="who approves: a human on the terminal (ask); all pass (auto); none pass (never)"
    )
    approval_deadline_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        description="time after which a missing answer counts as no [seconds]"
    )
