"""Whether a position is enlarged, trimmed or kept, by the share that its voters want and the one for which it stands.

Pure functions. A change within the band is none, so that a position is not traded to and fro.
"""

from decimal import Decimal
from enum import StrEnum

from execution.account.stops import size_of
from risk.portfolio import Position


class Change(StrEnum):
    """What becomes of a position."""

    KEEP = "keep"
    ENLARGE = "enlarge"
    TRIM = "trim"


def change_of(held: float, wanted: float, band: float | None) -> Change:
    """What becomes of a position that stands for the share `held`, of which the share `wanted` is wanted, both in [0, 1].

    `band` [fraction of the wanted share]: a difference up to it changes nothing; None for no change at all.
    """
    if band is None:
        return Change.KEEP
    if wanted - held > band * wanted:
        return Change.ENLARGE
    return Change.TRIM if held - wanted > band * wanted else Change.KEEP


def kept_of(position: Position, held: float, wanted: float, most: Decimal, band: float | None) -> Decimal | None:
    """What is kept of a position that is to be trimmed, without a sign [base]; None for one that stays as it is.

    It is trimmed in proportion to the share that is wanted, or, where its price has risen, to that share of the largest position
    allowed, `most` [quote].
    """
    if band is None or change_of(held, wanted, band) is Change.ENLARGE:
        return None
    wish, room = Decimal(repr(wanted)), Decimal(repr(1.0 + band))
    size = size_of(position)
    in_proportion = size * wish / Decimal(repr(held)) if held > 0.0 else Decimal(0)
    allowed = most * wish / position.mark_price
    keep = in_proportion if change_of(held, wanted, band) is Change.TRIM else size
    return min(keep, allowed) if size > allowed * room else keep if keep < size else None
