"""`court:`: the roles in the court, when it is called, and who approves a large position."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.frozen import Frozen, absent
from config.sections.clashes import contradiction
from config.sections.kinds import Fraction, Money

MindName = Literal["rules", "models"]


COST_EDGE = "cost_edge"
"""How the record names what was not heard because it does not pay for itself."""
ApprovalMode = Literal["auto", "ask", "never"]


class TrustSettings(Frozen):
    """The weight of a model's argument before it has a record: the part of a size that it may take away."""

    analyst: Fraction = Field(description="of a model as analyst, who expects no move in the trade's direction [0..1]")
    devils_advocate: Fraction = Field(
        description="of a model as devil's advocate, at a strength of `advocate_reject` or more [0..1]"
    )


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
    composition: Literal["supervisor", "composed"] = Field(
        description="what bounds a ruling: the scales of supervisor and risk agent alone, or also what the arguments of models "
        "weigh by their record"
    )
    trust: TrustSettings = Field(description="weight of models' arguments before they have a record")
    rebuttal: tuple[Fraction, Fraction] | None = Field(
        description="strengths of the devil's advocate, from and to, at which a model as analyst is asked to answer the heaviest "
        "attack; null for never [0..1]"
    )
    conditions: Literal["words", "typed"] = Field(
        description="how the analyst says what would change his mind: in words, or as a condition that can be watched"
    )
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
    shadow: str | None = Field(
        default=None,
        exclude_if=absent,
        description="profile, or YAML file of one, whose court: and minds: hear the same cases aside: journaled and compared, "
        "never traded; null for none",
    )
    sides: Literal["long", "both"] = Field(
        description="what memory, watchlist, calibration and the share at once know of short sales on perpetuals: each side "
        "apart (both), or what versions before 0.8 did, which knew purchases (long); on spot they are the same"
    )
    resize_band: Annotated[float, Field(ge=0, le=1)] | None = Field(
        description="difference between the share that position voters want and the one that is held, above which the position "
        "is enlarged or trimmed; null for never [fraction of the wanted share]"
    )
    review_every: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        description="time after which a position that is held is heard again: the court may keep, shrink or close it; null for "
        "never [bars]"
    )
    review_watched: bool = Field(
        description="whether a position is heard again when what would change the analyst's mind has come true"
    )
    wait: bool = Field(
        description="whether bars wait for the ruling of a court of models; without it the court sits beside the bars of a live "
        "feed, and what it rules is judged by the gate when it comes"
    )
    latency_s: Annotated[float, Field(ge=0, le=86_400)] | None = Field(
        description="time that a ruling of a court of models takes on bars that are there already: it is used at the first bar "
        "close at or after that; null for none [seconds]"
    )
    fast_share: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        description="share of what the rules mind leaves of a purchase above minds.fast_path_conviction that is entered at "
        "once, where a ruling of models comes later and settles the rest; null for none [0..1]"
    )
    approval_above: Money | None = Field(
        description="signed position above which an order needs approval before it is sent; null for never [quote]"
    )
    approval: ApprovalMode = Field(
        description="who approves: a human, on the terminal, the page or in the chat (ask); all pass (auto); none pass (never)"
    )
    approval_deadline_s: Annotated[float, Field(gt=0, le=3600)] = Field(
        description="time after which a missing answer counts as no [seconds]"
    )

    @model_validator(mode="after")
    def _band_is_ordered(self) -> Self:
        if self.rebuttal is not None and self.rebuttal[0] > self.rebuttal[1]:
            raise contradiction([(("rebuttal",), "must not begin above its end: give the lower strength first")])
        return self
