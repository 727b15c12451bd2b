"""The proposal: all that the gate reads of a decision. It has no quantity, because only the gate sets sizes."""

from decimal import Decimal
from enum import StrEnum

from config.frozen import Frozen, UtcTime
from risk.record import NO_RECORD, VotersRecord


class Direction(StrEnum):
    """The proposed direction for a symbol. On spot markets, SHORT means: close the held position."""

    LONG = "long"
    SHORT = "short"
    NONE = "none"


class Argument(Frozen):
    """Who argued the case in court ("rules/analyst", "provider/model/analyst"), and the analyst's belief in the purchase.

    `belief` lies in [0, 1]: 0 is certainly against the purchase, 1 certainly for it.
    """

    speaker: str
    belief: float


class Proposal(Frozen):
    """A proposed trade.

    `conviction` in [0, 1] comes from the netted strategies. `ruling_scale` and `adjust_scale` are the fractions of the size
    that the court and the policy allow, each at most 1. `atr_quote` is the ATR in quote units, if known. `argument` is None
    when the analyst abstained; it can only lower the size that Kelly's rule gives. `docket` names the symbols for which a
    purchase is proposed in the same session, this one included. `record`: how the purchases of its voters have ended so far.

    `exposure`: the share in [0, 1] of a full position that position voters want; None for a purchase by single events, which
    wants all of it. `exit_price`: their own exit [quote]. `held_share`, of a proposal to enlarge: the share for which the
    position that is held stands; None for a new position.
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
    ruling_scale: float = 0.0
    adjust_scale: float = 1.0
    record: VotersRecord = NO_RECORD
    exposure: float | None = None
    exit_price: float | None = None
    held_share: float | None = None

    @property
    def enlarges(self) -> bool:
        """Whether it asks for more of a position that is held."""
        return self.exposure is not None and self.held_share is not None
