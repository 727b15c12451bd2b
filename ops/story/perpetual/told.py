"""What single events of a run on perpetuals are called: the side of a payment, a liquidation, and how far one is away."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from execution.reports import Fill, Funding

Side = Literal["long", "short"]


def funded_side(paid: Funding) -> Side:
    """The side that a funding payment was for."""
    return "short" if paid.quantity < 0 else "long"


def liquidation_told(fill: Fill, until: datetime) -> str:
    """What an alert says of a liquidation. `until`: the close of the bar in which it was told."""
    was = "short" if fill.side == "buy" else "long"
    return (
        f"{fill.symbol}: the exchange liquidated the {was} position of {fill.quantity.normalize():f} at "
        f"{fill.price.normalize():f} (fee {fill.fee.normalize():f}), in the bar that closed at {until:%Y-%m-%d %H:%M} UTC. Its "
        "margin is lost, and no more than that; its other orders were withdrawn. Look at its stop, and at the leverage."
    )


def distance(mark: Decimal, liquidation: Decimal | None) -> float | None:
    """How far a mark price is from a liquidation price [fraction of the mark]; None where no price liquidates."""
    return None if liquidation is None else float(abs(mark - liquidation) / mark)
