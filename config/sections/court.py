"""`court:`: who sits in the court, when it is called, and who approves a large position."""

from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen
from config.sections.kinds import Fraction, Money

MindName = Literal["rules", "models"]


ApprovalMode = Literal["auto", "ask", "never"]


class CourtSettings(Frozen):
    """Who sits in the court, and when it is called."""

    mind: MindName = Field(default="rules", description="who argues: the rules mind, or the models of `minds`")
    call: Literal["on_proposal", "every_bar"] = Field(description="when the court is called")
    role_deadline_s: Annotated[float, Field(gt=0, le=600)] = Field(
        description="silence that counts as abstaining [seconds]"
    )
    net_threshold: Fraction = Field(description="netted vote below which nothing is proposed [0..1]")
    advocate_reject: Fraction = Field(description="strength of counter-evidence at which the case is lost [0..1]")
    seats: tuple[Literal["analyst", "risk_agent", "devils_advocate", "supervisor"], ...] = Field(
        default=("analyst", "risk_agent", "devils_advocate", "supervisor"),
        description="roles that sit; the others give a neutral word, to learn what they are worth",
    )
    approval_above: Money | None = Field(
        description="signed position above which a yes is needed before its order leaves; null for never [quote]"
    )
    approval: ApprovalMode = Field(
        description="who is asked: a human on the terminal, or all (auto) or none (never) pass"
    )
    approval_deadline_s: Annotated[float, Field(gt=0, le=3600)] = Field(description="silence that is a no [seconds]")
