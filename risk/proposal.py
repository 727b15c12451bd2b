"""The only thing the gate reads of a decision. It carries no quantity: nobody above the gate sizes anything."""

from decimal import Decimal
from enum import StrEnum

from config.frozen import Frozen, UtcTime


class Direction(StrEnum):
    """What is proposed for a symbol. On spot, SHORT means: close what is held."""

    LONG = "long"
    SHORT = "short"
    NONE = "none"


class Argument(Frozen):
    """Who argued the case in court ("rules/analyst", "provider/model/analyst"), and what he believed of the purchase.

    `belief` in [0, 1]: 0 surely against it, 1 surely for it.
    """

    speaker: str
    belief: float


class Proposal(Frozen):
    """A trade that somebody argues for.

    `conviction` in [0, 1] comes from the netted strategies; `ruling_scale` and `adjust_scale` are what the court and
    the policy left of the size, each at most 1. `atr_quote` is the ATR in quote units, if known. `argument` is None where the
    analyst was silent; all that it can do is lower what Kelly's rule gives. `docket` names the symbols whose purchase is proposed
    in the same session, this one among them.
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
