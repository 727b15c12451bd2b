"""The proposal: all that the gate reads of a decision. It has no quantity, because only the gate sets sizes."""

from decimal import Decimal

from pydantic import Field

from config.frozen import Frozen, UtcTime, Word, absent
from config.sections.exits import ExitSettings
from config.sections.limits import TradingHours
from risk.record import NO_RECORD, VotersRecord

MOST_ADJUSTED = 1.25
"""The largest factor that a policy may apply to the size that the court left (decision 31)."""


class Direction(Word):
    """The proposed direction for a symbol. SHORT opens a short on a perpetual; on spot it means: close the held position."""

    LONG = "long"
    SHORT = "short"
    NONE = "none"


class Argument(Frozen):
    """Who argued the case in court ("rules/analyst", "provider/model/analyst"), and the analyst's belief in the purchase.

    `belief` lies in [0, 1]: 0 is certainly against the purchase, 1 certainly for it.
    """

    speaker: str
    belief: float


class TightLimit(Frozen):
    """A limit that a context has tightened: its name in `limits:`, its value, and the name of the context."""

    name: str
    value: int | float
    context: str


class OwnHours(Frozen):
    """The hours [UTC] in which a context allows its purchases: from the first on, and before the last."""

    context: str
    hours: TradingHours


class OwnPositions(Frozen):
    """The most positions and entries under way, at one time, for which a context may have voted [positions]."""

    context: str
    most: int = Field(ge=1)


class Terms(Frozen):
    """The conditions that the contexts behind a purchase add to those of the profile.

    `limits`: each limit once, with the tightest value that any of them asks for. `hours` and `positions`: those of each context.
    `exits`: the nearest exits that any of them asks for; None for those of the profile.
    """

    limits: tuple[TightLimit, ...] = ()
    hours: tuple[OwnHours, ...] = ()
    positions: tuple[OwnPositions, ...] = ()
    exits: ExitSettings | None = Field(default=None, exclude_if=absent)


class Proposal(Frozen):
    """A proposed trade.

    `conviction` in [0, 1] comes from the netted strategies. `ruling_scale` in [0, 1] is the fraction of the size that the court
    allows, and `adjust_scale` in [0, MOST_ADJUSTED] the factor of the policy: above 1 it gives back what the court took away, and
    never more (see `scale`). `atr_quote` is the ATR in quote units, if known. `argument` is None
    when the analyst abstained; it can only lower the size that Kelly's rule gives. `docket` names the symbols for which an
    entry is proposed in the same session, this one included, and `shorts` those of them that would be sold short. `record`: how
    the purchases of its voters have ended so far.

    `exposure`: the share in [0, 1] of a full position that position voters want; None for a purchase by single events, which
    wants all of it. `exit_price`: their own exit [quote], which lies above the price for a short. `held_share`, of a proposal to
    enlarge: the share for which the position that is held stands; None for a new position. One by single events stands for all
    of it, and is enlarged only where a share of it was entered at once.
    `terms`: what their contexts ask beyond the profile, if anything.
    """

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    direction: Direction
    conviction: float
    reference_price: Decimal
    atr_quote: float | None = None
    argument: Argument | None = None
    docket: tuple[str, ...] = ()
    shorts: tuple[str, ...] = ()
    ruling_scale: float = 0.0
    adjust_scale: float = 1.0
    record: VotersRecord = NO_RECORD
    terms: Terms | None = None
    exposure: float | None = None
    exit_price: float | None = None
    held_share: float | None = None

    @property
    def scale(self) -> Decimal:
        """What court and policy leave of the size that the voters ask for, in [0, 1]: never more than all of it."""
        return min(Decimal(1), Decimal(repr(self.ruling_scale)) * Decimal(repr(self.adjust_scale)))

    @property
    def enlarges(self) -> bool:
        """Whether it asks for more of a position that is held."""
        return self.held_share is not None
